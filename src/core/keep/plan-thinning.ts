import type { KeepEntries, PlanQuestion } from './keep-entry.ts';
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

/** An archive, or the parts of a set, which stand from `begin` to before `end` in the `remove` of the plan of their series. */
interface Candidate {
  readonly of: Removable;
  readonly timeMs: number;
  readonly firstId: number;
  readonly begin: number;
  readonly end: number;
}

/** What of one series could be removed. */
interface Removable {
  readonly grownBytes: number;
  readonly entries: KeepEntries;
  readonly remove: Uint32Array;
}

/**
 * The oldest archives whose removal makes room on a full disk (`whenFull: thin`): only what a rule `last: floor` would not keep either, its
 * protection against floods and everything else that holds archives included. Who fills the disk pays first: what somebody uploads to one series is
 * to cost the others nothing as long as that one has anything to give.
 */
export function planThinning({ series, floor, neededBytes }: ThinningQuestion): ThinningPlan {
  const keep = { last: Math.max(1, floor), hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0, withinMs: null };
  const candidates = series
    .flatMap(({ grownBytes, ...one }) => {
      const { remove } = planSeries({ ...one, keep });
      return [...candidatesOf({ grownBytes, entries: one.entries, remove })];
    })
    .sort((a, b) => b.of.grownBytes - a.of.grownBytes || a.timeMs - b.timeMs || a.firstId - b.firstId);

  const remove: number[] = [];
  let bytes = 0;
  for (const { of, begin, end } of candidates) {
    if (bytes >= neededBytes) break;
    for (let index = begin; index < end; index += 1) {
      const entry = entryAt(of, index);
      if (entry === undefined) continue;
      remove.push(entry.id);
      bytes += entry.sizeBytes;
    }
  }
  return { remove, bytes, isEnough: bytes >= neededBytes };
}

/** Sets as one, of the time of their newest part. `remove` has their parts next to each other. */
function* candidatesOf(of: Removable): Generator<Candidate> {
  const { length } = of.remove;
  for (let begin = 0; begin < length; ) {
    const first = entryAt(of, begin);
    let timeMs = first?.timeMs ?? 0;
    let end = begin + 1;
    if (first !== undefined && first.set !== null) {
      for (; end < length; end += 1) {
        const part = entryAt(of, end);
        if (part?.set !== first.set) break;
        timeMs = Math.max(timeMs, part.timeMs);
      }
    }
    yield { of, timeMs, firstId: first?.id ?? 0, begin, end };
    begin = end;
  }
}

function entryAt({ entries, remove }: Removable, index: number) {
  const position = remove[index];
  return position === undefined ? undefined : entries.at(position);
}
