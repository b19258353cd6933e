import t from 'tap';
import {
  type AttentionRow,
  attentionItems,
  EXPIRY_MARGIN_MS,
  isExplainedByExpiry,
  nextStep,
} from '../../src/core/attention.ts';
import { DAY_MS } from '../../src/core/duration.ts';
import { attentionRow } from '../support/attention-row.ts';

const NONE: ReadonlyMap<string, number> = new Map();

const cases: [name: string, change: Partial<AttentionRow>, causes: string[]][] = [
  ['a stored archive', {}, []],
  ['a wanted archive', { state: 'wanted' }, []],
  ['one on its way out', { state: 'removing' }, []],
  ['a held one', { state: 'held', reason: 'too large' }, ['held']],
  ['an unavailable one', { state: 'unavailable', reason: 'archived class' }, ['unavailable']],
  ['a damaged one', { damagedAtMs: 1 }, ['damaged']],
  ['a pruned one that was damaged', { state: 'pruned', damagedAtMs: 1, conflictAtMs: 1, suspect: 'x' }, []],
  ['a conflict', { conflictAtMs: 1 }, ['conflict']],
  ['a conflict not yet downloaded', { state: 'wanted', conflictAtMs: 1 }, ['conflict']],
  ['an acknowledged conflict', { conflictAtMs: 1, conflictAcknowledgedAtMs: 2 }, []],
  ['a suspect', { suspect: 'sha256 disagrees' }, ['suspect']],
  ['an orphan', { goneAtMs: 101 * DAY_MS }, ['orphan']],
  ['an acknowledged orphan', { goneAtMs: 101 * DAY_MS, goneAcknowledgedAtMs: 102 * DAY_MS }, []],
  ['gone before it was stored', { state: 'wanted', goneAtMs: 101 * DAY_MS }, []],
  [
    'everything at once',
    { damagedAtMs: 1, conflictAtMs: 1, suspect: 'x', goneAtMs: 1 },
    ['damaged', 'conflict', 'suspect', 'orphan'],
  ],
];

for (const [name, change, causes] of cases) {
  t.test(name, async (t) => {
    t.same(
      attentionItems([attentionRow(change)], NONE).map((item) => item.cause),
      causes,
    );
  });
}

t.test('an expiry explains an orphan only from its time on', async (t) => {
  const expiries = new Map([['web', 30 * DAY_MS]]);
  const due = 130 * DAY_MS - EXPIRY_MARGIN_MS;
  t.ok(isExplainedByExpiry(attentionRow({ goneAtMs: due }), expiries));
  t.notOk(isExplainedByExpiry(attentionRow({ goneAtMs: due - 1 }), expiries));
  t.notOk(isExplainedByExpiry(attentionRow({ goneAtMs: due, vault: 'other' }), expiries));
  t.notOk(isExplainedByExpiry(attentionRow({}), expiries));
  t.same(attentionItems([attentionRow({ goneAtMs: due })], expiries), []);
  t.equal(attentionItems([attentionRow({ goneAtMs: due - 1 })], expiries).length, 1);
});

t.test('urgent causes come first; rows keep their order within a cause', async (t) => {
  const items = attentionItems(
    [
      attentionRow({ id: 1, state: 'held' }),
      attentionRow({ id: 2, conflictAtMs: 1 }),
      attentionRow({ id: 3, damagedAtMs: 1 }),
      attentionRow({ id: 4, conflictAtMs: 1 }),
    ],
    NONE,
  );
  t.same(
    items.map((item) => item.archive.id),
    [3, 2, 4, 1],
  );
});

t.test('the reasons say what is known', async (t) => {
  t.equal(
    attentionItems([attentionRow({ state: 'held', reason: 'nine times the usual size' })], NONE)[0]?.why,
    'nine times the usual size',
  );
  t.match(
    attentionItems([attentionRow({ damagedAtMs: 1, goneAtMs: 1, goneAcknowledgedAtMs: 1 })], NONE)[0]?.why,
    /vault no longer has it/,
  );
  t.match(nextStep('held', [attentionRow({ id: 17 })]), '--archive 17 ');
  const gone = attentionRow({ id: 18, goneAtMs: 1 });
  t.match(nextStep('damaged', [attentionRow({ id: 17 }), gone]), '--archive 18 --drop');
  t.notMatch(nextStep('damaged', [attentionRow({ id: 17 })]), '--drop');
});
