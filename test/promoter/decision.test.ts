import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DECISION_LEVELS } from '../../src/promoter/decision.ts';

t.test('the documentation explains each kind of decision, and no other', async (t) => {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'promoter.md'), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| `') && !line.startsWith('| `kind`'));
  const explained = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, kind]) => kind),
  );
  t.same(explained.toSorted(), Object.keys(DECISION_LEVELS).toSorted());
});
