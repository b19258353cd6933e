import { DAY_MS } from '../duration.ts';
import { usualSize } from '../hold-decision.ts';

/** An archive, or a set of parts as one. */
export interface SizedArchive {
  /** The highest number of its parts. */
  readonly id: number;
  /** LastModified, milliseconds since 1970 UTC. */
  readonly timeMs: number;
  readonly sizeBytes: number;
}

/** So many archives before the newest say what is usual. */
export const SIZES_BEFORE = 15;
/** A size that so many of the newest archives in a row share is the new usual one … */
const LASTING_ARCHIVES = 7;
/** … if they span so many intervals: somebody who can upload can upload seven in a minute. */
const LASTING_INTERVALS = 6;

export interface OddSize {
  readonly newest: SizedArchive;
  readonly medianBytes: number;
  /** How many archives the median is of, and when they were made. */
  readonly before: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** True when one size is more than `factor` times the other. */
export function isFarOff(oneBytes: number, otherBytes: number, factor: number): boolean {
  return Math.max(oneBytes, otherBytes) > factor * Math.min(oneBytes, otherBytes);
}

/**
 * Is the newest verified archive of a series far larger or smaller than those before it? null: no, or too few to tell.
 *
 * @param newestFirst the series' verified archives, at least the newest SIZES_BEFORE + 1 if it has as many
 * @param factor `series[].sizeFactor`
 * @param releasedThroughId what the owner has taken note of: neither an archive up to this number is told of, nor a newer one of the size of the newest of those
 */
export function findOddSize(
  newestFirst: readonly SizedArchive[],
  { factor, releasedThroughId }: { readonly factor: number; readonly releasedThroughId: number },
): OddSize | null {
  const [newest, ...before] = newestFirst.slice(0, SIZES_BEFORE + 1);
  const medianBytes = usualSize(before.map(({ sizeBytes }) => sizeBytes));
  if (newest === undefined || medianBytes === null || newest.id <= releasedThroughId) return null;
  if (!isFarOff(newest.sizeBytes, medianBytes, factor)) return null;
  const released = before.find(({ id }) => id <= releasedThroughId);
  if (released !== undefined && !isFarOff(newest.sizeBytes, released.sizeBytes, factor)) return null;
  const [fromMs, toMs] = [before.at(-1)?.timeMs ?? newest.timeMs, before[0]?.timeMs ?? newest.timeMs];
  return { newest, medianBytes, before: before.length, fromMs, toMs };
}

/** How long, by the vault's clock, archives have to be of one size to make it the usual one. Milliseconds. */
export function lastingSpanMs(expectEveryMs: number | null): number {
  // At least a day: an owner has to see it, however often archives come.
  return Math.max(DAY_MS, LASTING_INTERVALS * (expectEveryMs ?? DAY_MS));
}

/** Have the newest archives been of one size, within `factor`, for so many and so long that it is the usual one? */
export function hasSizeLasted(
  newestFirst: readonly SizedArchive[],
  { factor, expectEveryMs }: { readonly factor: number; readonly expectEveryMs: number | null },
): boolean {
  const newestMs = newestFirst[0]?.timeMs ?? 0;
  let smallest = Number.POSITIVE_INFINITY;
  let largest = 0;
  let alike = 0;
  for (const { sizeBytes, timeMs } of newestFirst) {
    smallest = Math.min(smallest, sizeBytes);
    largest = Math.max(largest, sizeBytes);
    if (isFarOff(smallest, largest, factor)) return false;
    alike += 1;
    if (alike >= LASTING_ARCHIVES && newestMs - timeMs >= lastingSpanMs(expectEveryMs)) return true;
  }
  return false;
}
