import { isOnDisk } from '../core/keep/is-on-disk.ts';
import type { KeepReason } from '../core/keep/keep-entry.ts';
import type { PruneBlock } from '../core/prune-blocks.ts';
import type { JudgedSeries } from './judge-retention.ts';
import type { PlannedRemovals } from './planned-removals.ts';

/** What pruning found about one series; without the archives that are kept, which may be a hundred thousand. */
export interface SeriesOutcome {
  readonly series: string;
  readonly vault: string;
  readonly hasRules: boolean;
  /** On the disk before anything was removed. */
  readonly stored: number;
  readonly storedBytes: number;
  /** On the disk and not planned to be removed. */
  readonly kept: number;
  /** How many of them each reason keeps; many have several reasons. */
  readonly keptBy: ReadonlyMap<string, number>;
  /** Oldest first. */
  readonly planned: PlannedRemovals;
  readonly withdrawn: number;
  /** Kept by nothing but a freeze, and by nothing but a pin, be it on another part of the set. */
  readonly heldByFreeze: number;
  readonly heldByPin: number;
  /** Why nothing of it is removed now, or null; of what may not even be planned nothing is counted here. */
  readonly block: PruneBlock | null;
}

export function summariseSeries(judged: JudgedSeries, blockOfVault: PruneBlock | null): SeriesOutcome {
  const { series, entries, plan, planned, withdrawn } = judged;
  const keptBy = new Map<string, number>();
  const pinnedSets = new Set<string>();
  let [stored, storedBytes, heldByFreeze, heldByPin] = [0, 0, 0, 0];
  let position = -1;
  for (const entry of entries) {
    position += 1;
    if (!isOnDisk(entry)) continue;
    stored += 1;
    storedBytes += entry.sizeBytes;
    if (planned.has(position)) continue;
    const words = new Set(plan.reasonsAt(position)?.map(reasonWord));
    for (const word of words) keptBy.set(word, (keptBy.get(word) ?? 0) + 1);
    if (words.size === 1 && words.has('frozen')) heldByFreeze += 1;
    if (words.size !== 1 || !words.has('pinned')) continue;
    heldByPin += 1;
    if (entry.set !== null) pinnedSets.add(entry.set);
  }
  if (pinnedSets.size > 0) heldByPin += partsBeside(judged, pinnedSets);
  const { tooMany } = judged;
  const block = tooMany === 0 ? blockOfVault : { why: tooManyWords(tooMany), problem: null, isLasting: true };
  return {
    series: series.name,
    vault: series.vault,
    hasRules: series.keep !== null,
    stored,
    storedBytes,
    kept: stored - planned.length,
    keptBy,
    planned,
    withdrawn: withdrawn.length,
    heldByFreeze,
    heldByPin,
    block,
  };
}

/** How many archives here are kept by nothing but another part of one of these sets. */
function partsBeside({ entries, plan, planned }: JudgedSeries, sets: ReadonlySet<string>): number {
  let parts = 0;
  let position = -1;
  for (const entry of entries) {
    position += 1;
    if (entry.set === null || !sets.has(entry.set) || !isOnDisk(entry) || planned.has(position)) continue;
    if (plan.reasonsAt(position)?.every(({ kind }) => kind === 'set')) parts += 1;
  }
  return parts;
}

function tooManyWords(count: number): string {
  return `it has ${count} archives, more than can be planned at once: find out who uploads them, and split the series by \`match\` if they are meant`;
}

/** What an archive is kept by, as one word for counting. */
function reasonWord(reason: KeepReason): string {
  return reason.kind === 'rule' ? reason.rule : reason.kind;
}
