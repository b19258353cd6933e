import t from 'tap';
import { pruneExit } from '../../src/commands/prune-exit.ts';
import { PlannedRemovals } from '../../src/jobs/planned-removals.ts';
import type { SkippedRemoval } from '../../src/store/remove-archives.ts';

const NOTHING = { stopped: null, unfinished: null, afterwards: null, skipped: [], series: [] };

const CASES: readonly [SkippedRemoval['kind'], number][] = [
  ['pinned', 0],
  ['frozen', 0],
  ['changed', 0],
  ['set', 0],
  ['damaged', 3],
  ['refused', 1],
];
for (const [kind, exit] of CASES) {
  t.test(`what stays because it is ${kind} ends a prune with ${exit}`, async (t) => {
    t.equal(pruneExit({ ...NOTHING, skipped: [{ archiveId: 1, kind, why: 'w' }] }, []), exit);
  });
}

t.test('a freeze is an alarm unless the owner made it himself', async (t) => {
  const own = { vault: 'web', series: 'files' };
  const one = { ...own, hasRules: true, stored: 1, storedBytes: 1, kept: 1, keptBy: new Map(), withdrawn: 0 };
  const held = { ...one, planned: new PlannedRemovals(0, 1), heldByFreeze: 1, heldByPin: 0, block: null };
  for (const [cause, exit] of [
    ['owner', 0],
    ['conflict', 3],
  ] as const) {
    t.equal(pruneExit({ ...NOTHING, series: [held] }, [{ ...own, cause }]), exit);
  }
});

t.test('nothing to tell is 0', async (t) => {
  t.equal(pruneExit(NOTHING, []), 0);
});
