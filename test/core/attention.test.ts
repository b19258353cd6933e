import t from 'tap';
import {
  type AttentionRow,
  attentionItems,
  EXPIRY_MARGIN_MS,
  isExplainedByExpiry,
  nextStep,
} from '../../src/core/attention.ts';

const DAY = 24 * 60 * 60 * 1000;
const NONE: ReadonlyMap<string, number> = new Map();

function row(change: Partial<AttentionRow>): AttentionRow {
  return {
    id: 1,
    vault: 'web',
    key: 'web1/a.gpg',
    series: 'files',
    state: 'stored',
    reason: null,
    lastModifiedMs: 100 * DAY,
    damagedAtMs: null,
    goneAtMs: null,
    goneAcknowledgedAtMs: null,
    conflictAtMs: null,
    conflictAcknowledgedAtMs: null,
    suspect: null,
    ...change,
  };
}

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
  ['an orphan', { goneAtMs: 101 * DAY }, ['orphan']],
  ['an acknowledged orphan', { goneAtMs: 101 * DAY, goneAcknowledgedAtMs: 102 * DAY }, []],
  ['gone before it was stored', { state: 'wanted', goneAtMs: 101 * DAY }, []],
  [
    'everything at once',
    { damagedAtMs: 1, conflictAtMs: 1, suspect: 'x', goneAtMs: 1 },
    ['damaged', 'conflict', 'suspect', 'orphan'],
  ],
];

for (const [name, change, causes] of cases) {
  t.test(name, async (t) => {
    t.same(
      attentionItems([row(change)], NONE).map((item) => item.cause),
      causes,
    );
  });
}

t.test('an expiry explains an orphan only from its time on', async (t) => {
  const expiries = new Map([['web', 30 * DAY]]);
  const due = 130 * DAY - EXPIRY_MARGIN_MS;
  t.ok(isExplainedByExpiry(row({ goneAtMs: due }), expiries));
  t.notOk(isExplainedByExpiry(row({ goneAtMs: due - 1 }), expiries));
  t.notOk(isExplainedByExpiry(row({ goneAtMs: due, vault: 'other' }), expiries));
  t.notOk(isExplainedByExpiry(row({}), expiries));
  t.same(attentionItems([row({ goneAtMs: due })], expiries), []);
  t.equal(attentionItems([row({ goneAtMs: due - 1 })], expiries).length, 1);
});

t.test('urgent causes come first; rows keep their order within a cause', async (t) => {
  const items = attentionItems(
    [
      row({ id: 1, state: 'held' }),
      row({ id: 2, conflictAtMs: 1 }),
      row({ id: 3, damagedAtMs: 1 }),
      row({ id: 4, conflictAtMs: 1 }),
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
    attentionItems([row({ state: 'held', reason: 'nine times the usual size' })], NONE)[0]?.why,
    'nine times the usual size',
  );
  t.match(
    attentionItems([row({ damagedAtMs: 1, goneAtMs: 1, goneAcknowledgedAtMs: 1 })], NONE)[0]?.why,
    /vault no longer has it/,
  );
  t.match(nextStep('held', [row({ id: 17 })]), '--archive 17 ');
  const gone = row({ id: 18, goneAtMs: 1 });
  t.match(nextStep('damaged', [row({ id: 17 }), gone]), '--archive 18 --drop');
  t.notMatch(nextStep('damaged', [row({ id: 17 })]), '--drop');
});
