import { isOnDisk } from './is-on-disk.ts';
import type { KeepEntry } from './keep-entry.ts';
import type { KeepEntryTable } from './keep-entry-table.ts';

/** What is true of at least one part of a set, as bits. */
export const HAS_VERIFIED = 1;
const HAS_DOUBTFUL = 2;
const HAS_WANTED = 4;
const HAS_BLOCKED = 8;
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
export function groupSets(entries: KeepEntryTable): KeepSets {
  const setOf = new Uint32Array(entries.length);
  const traits = new Uint8Array(entries.length);
  /** By the table's number of a set, the one given here, counted from 1. */
  const numbers = new Uint32Array(entries.setCount + 1);
  let count = 0;
  let position = 0;
  for (const entry of entries) {
    const own = entries.sets[position] ?? 0;
    let number = own === 0 ? 0 : (numbers[own] ?? 0);
    if (number === 0) {
      count += 1;
      number = count;
      numbers[own] = number;
    }
    setOf[position] = number - 1;
    traits[number - 1] = (traits[number - 1] ?? 0) | traitsOf(entry);
    position += 1;
  }
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

function traitsOf(entry: KeepEntry): number {
  const { state, pinned, frozen, torn } = entry;
  return STATE_BITS[state] | (pinned || (frozen && isOnDisk(entry)) ? IS_HELD : 0) | (torn === true ? IS_TORN : 0);
}
