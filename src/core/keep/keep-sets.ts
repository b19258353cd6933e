import type { KeepEntry } from './keep-entry.ts';

/** What is true of at least one part of a set, as bits. */
export const HAS_VERIFIED = 1;
export const HAS_DOUBTFUL = 2;
export const HAS_WANTED = 4;
export const HAS_BLOCKED = 8;
/** A part is pinned, or held by a freeze. */
export const IS_HELD = 16;
/** Parts of it were removed. */
const IS_TORN = 32;

/** The sets of a series; an archive that stands alone is a set of its own. */
export interface KeepSets {
  /** By position of the archive, the number of its set. */
  readonly setOf: Uint32Array;
  readonly count: number;
  /** By number of the set. */
  readonly traits: Uint8Array;
}

const STATE_BITS: Readonly<Record<KeepEntry['state'], number>> = {
  verified: HAS_VERIFIED,
  doubtful: HAS_DOUBTFUL,
  wanted: HAS_WANTED,
  blocked: HAS_BLOCKED,
};

/** Puts the parts of sets together. */
export function groupSets(entries: readonly KeepEntry[]): KeepSets {
  const numbers = new Map<string, number>();
  const setOf = new Uint32Array(entries.length);
  const traits = new Uint8Array(entries.length);
  let count = 0;
  entries.forEach((entry, position) => {
    const known = entry.set === null ? undefined : numbers.get(entry.set);
    const number = known ?? count;
    if (known === undefined) {
      count += 1;
      if (entry.set !== null) numbers.set(entry.set, number);
    }
    setOf[position] = number;
    traits[number] = (traits[number] ?? 0) | traitsOf(entry);
  });
  return { setOf, count, traits };
}

/** Whether all parts that are left are verified: only then a set may be removed. */
export function isAllVerified(traits: number): boolean {
  return (traits & ~(IS_HELD | IS_TORN)) === HAS_VERIFIED;
}

/** Whether all its parts are verified: only then a set is counted. */
export function isWhole(traits: number): boolean {
  return isAllVerified(traits) && (traits & IS_TORN) === 0;
}

/** Whether all its parts are verified or may be had. */
export function couldBeWhole(traits: number): boolean {
  return (traits & (HAS_DOUBTFUL | HAS_BLOCKED | IS_TORN)) === 0;
}

function traitsOf({ state, pinned, frozen, torn }: KeepEntry): number {
  const onDisk = state === 'verified' || state === 'doubtful';
  return STATE_BITS[state] | (pinned || (frozen && onDisk) ? IS_HELD : 0) | (torn === true ? IS_TORN : 0);
}
