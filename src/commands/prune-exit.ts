import { ERROR_KINDS, EXIT, type ExitStatus } from '../core/errors.ts';
import { worstExit } from '../core/exit-status.ts';
import type { Freeze } from '../core/keep/freeze.ts';
import type { PruneOutcome } from '../jobs/prune-once.ts';
import { hasDue } from './tell-prune.ts';

/**
 * The exit status of a prune.
 *
 * @param freezes those that hold now
 */
export function pruneExit(
  {
    stopped,
    unfinished,
    afterwards,
    skipped,
    series,
  }: Pick<PruneOutcome, 'stopped' | 'unfinished' | 'afterwards' | 'skipped' | 'series'>,
  freezes: readonly Pick<Freeze, 'vault' | 'series' | 'cause'>[],
): ExitStatus {
  const problems = [stopped, unfinished, afterwards].flatMap((problem) =>
    problem === null ? [] : [ERROR_KINDS[problem.code].exit],
  );
  // What the owner froze waits for nobody.
  const frozen = freezes.filter(({ cause }) => cause !== 'owner');
  const isHeld = series.some(
    (one) =>
      one.heldByFreeze > 0 && frozen.some(({ vault, series: name }) => vault === one.vault && name === one.series),
  );
  const blocked = series.flatMap((one) => {
    if (one.block?.isLasting === true) return [EXIT.needsOwner];
    if (one.block === null || !hasDue(one)) return [];
    const { problem } = one.block;
    return [problem === null ? EXIT.temporary : ERROR_KINDS[problem.code].exit];
  });
  const isDamaged = skipped.some(({ kind }) => kind === 'damaged');
  // It stays so with every prune until somebody looks at the disk.
  const refused = skipped.some(({ kind }) => kind === 'refused') ? [EXIT.failed] : [];
  return worstExit([...problems, ...blocked, ...refused, isHeld || isDamaged ? EXIT.needsOwner : EXIT.done]);
}
