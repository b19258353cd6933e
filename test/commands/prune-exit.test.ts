import t from 'tap';
import { pruneExit } from '../../src/commands/prune-exit.ts';
import type { SkippedRemoval } from '../../src/store/remove-archives.ts';

const NOTHING = { stopped: null, afterwards: null, skipped: [], series: [] };

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

t.test('nothing to tell is 0', async (t) => {
  t.equal(pruneExit(NOTHING, []), 0);
});
