import { DAY_MS, WEEK_MS } from '../duration.ts';

/** Fewer than this are never a bulk. */
const ALWAYS_NORMAL = 20;
const BULK_FACTOR = 5;
/** A series with fewer archives than this is only being filled. */
const ENOUGH_BEFORE = 3;
/** So long must no more have come than is normal before a bulk is over. */
export const QUIET_MS = WEEK_MS;

/** How many archives (a set of parts counts once) came when, by `first_seen_at`. */
export interface Arrivals {
  /** Within the window before now, without what the owner has taken note of. */
  readonly recent: number;
  /** When the last one before the window came, milliseconds since 1970 UTC; null: none did. */
  readonly lastBeforeMs: number | null;
  /** Archives on the disk that came before the window; more than a few need not be counted. */
  readonly storedBefore: number;
  /** Of each of the last 30 days before the window that had arrivals. */
  readonly perDay: readonly number[];
  /** The most that came within any one window of the last QUIET_MS. */
  readonly mostLately: number;
}

export const NO_ARRIVALS: Arrivals = { recent: 0, lastBeforeMs: null, storedBefore: 0, perDay: [], mostLately: 0 };

export interface Bulk {
  readonly count: number;
  readonly windowMs: number;
  /** So many were to be expected; not always a whole number. */
  readonly expected: number;
}

/** The time over which arrivals are counted. Milliseconds. */
export function arrivalWindowMs(expectEveryMs: number | null): number {
  return Math.max(DAY_MS, expectEveryMs ?? 0);
}

/** True for a count that is no bulk, whatever was expected: nothing else needs to be looked up then. */
export function isAlwaysNormal(count: number): boolean {
  return count <= ALWAYS_NORMAL;
}

/**
 * Have far more archives arrived than expected? null: no, or the series is only being filled for the first time. What was held up (the mirror was
 * off, the vault away) may come all at once: as much is expected as the time since the last arrival gives.
 *
 * @param nowMs trusted, milliseconds since 1970 UTC
 */
export function findBulk(arrivals: Arrivals, expectEveryMs: number | null, nowMs: number): Bulk | null {
  const { recent, lastBeforeMs, storedBefore } = arrivals;
  if (storedBefore < ENOUGH_BEFORE || lastBeforeMs === null) return null;
  const windowMs = arrivalWindowMs(expectEveryMs);
  const expected = expectedWithin(Math.max(windowMs, nowMs - lastBeforeMs), arrivals, expectEveryMs);
  return recent > limitFor(expected) ? { count: recent, windowMs, expected } : null;
}

/** Is a bulk that was found at `beganAtMs` over? */
export function isBulkOver(
  arrivals: Arrivals,
  { beganAtMs, expectEveryMs, nowMs }: { beganAtMs: number; expectEveryMs: number | null; nowMs: number },
): boolean {
  const expected = expectedWithin(arrivalWindowMs(expectEveryMs), arrivals, expectEveryMs);
  return nowMs - beganAtMs >= QUIET_MS && arrivals.mostLately <= limitFor(expected);
}

function limitFor(expected: number): number {
  return Math.max(ALWAYS_NORMAL, BULK_FACTOR * expected);
}

function expectedWithin(spanMs: number, { perDay }: Arrivals, expectEveryMs: number | null): number {
  if (expectEveryMs !== null) return spanMs / expectEveryMs;
  const sorted = [...perDay].sort((a, b) => a - b);
  return (spanMs / DAY_MS) * (sorted[Math.floor(sorted.length / 2)] ?? 0);
}
