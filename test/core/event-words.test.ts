import t from 'tap';
import { whyWords } from '../../src/core/event-words.ts';

const local = (detail: Record<string, unknown>) => whyWords(detail, 'Europe/Berlin');

t.test('times are told as in the column beside them, and no JSON', async (t) => {
  const before = { reason: 'exp', until: '2026-12-01T00:00:00Z' };
  t.equal(
    local({ reason: 'audit', until: '2027-01-01T11:30:00Z', before }),
    'audit; until 2027-01-01 12:30; before: exp, until 2026-12-01 01:00',
  );
  t.equal(local({ reason: 'audit', until: null, before: { reason: 'exp', until: null } }), 'audit; before: exp');
  t.equal(local({ because: 'x', failures: ['a', 'b'], bytes: 3 }), 'x; failures a, b; bytes 3');
  t.equal(local({ reason: 'at 2026-12-01T00:00:00Z', series: 's' }), 'at 2026-12-01T00:00:00Z', "the owner's words");
});
