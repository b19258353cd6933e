import type { KeepEntry, PlanQuestion } from './keep-entry.ts';
import { planSeries } from './plan-series.ts';

export interface ThinningSeries extends Omit<PlanQuestion, 'keep'> {
  /** How much more came lately than is usual for it, in bytes. */
  readonly grownBytes: number;
}

export interface ThinningQuestion {
  /** One for each series whose archives may make room, rules or not; archives of no series are never in here. */
  readonly series: readonly ThinningSeries[];
  /** So many of the newest archives of each series always stay. */
  readonly floor: number;
  readonly neededBytes: number;
}

export interface ThinningPlan {
  /** Of the series that grew most first; oldest first, also over all series that grew alike. Parts of a set follow each other. */
  readonly remove: readonly number[];
  readonly bytes: number;
  /** Whether that is as much as is needed. */
  readonly isEnough: boolean;
}

interface Candidate {
  readonly grownBytes: number;
  readonly timeMs: number;
  readonly entries: readonly KeepEntry[];
}

/**
 * The oldest archives whose removal makes room on a full disk (`whenFull: thin`): only what a rule `last: floor` would not keep either, its
 * protection against floods and everything else that holds archives included. Who fills the disk pays first: what somebody uploads to one series is
 * to cost the others nothing as long as that one has anything to give.
 */
export function planThinning({ series, floor, neededBytes }: ThinningQuestion): ThinningPlan {
  const keep = { last: Math.max(1, floor), hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0, withinMs: null };
  const candidates = series
    .flatMap((one) => candidatesOf(one, planSeries({ ...one, keep }).remove))
    .sort((a, b) => b.grownBytes - a.grownBytes || a.timeMs - b.timeMs || firstId(a) - firstId(b));

  const remove: number[] = [];
  let bytes = 0;
  for (const { entries } of candidates) {
    if (bytes >= neededBytes) break;
    for (const { id, sizeBytes } of entries) {
      remove.push(id);
      bytes += sizeBytes;
    }
  }
  return { remove, bytes, isEnough: bytes >= neededBytes };
}

/** Sets as one, of the time of their newest part. `remove` has their parts next to each other. */
function candidatesOf({ entries, grownBytes }: ThinningSeries, remove: readonly number[]): readonly Candidate[] {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const groups: KeepEntry[][] = [];
  for (const id of remove) {
    const entry = byId.get(id);
    if (entry === undefined) continue;
    const group = groups.at(-1);
    if (group !== undefined && entry.set !== null && group[0]?.set === entry.set) group.push(entry);
    else groups.push([entry]);
  }
  return groups.map((group) => ({
    grownBytes,
    timeMs: Math.max(...group.map(({ timeMs }) => timeMs)),
    entries: group,
  }));
}

function firstId({ entries }: Candidate): number {
  return entries[0]?.id ?? 0;
}
