import type { DailySpan } from './daily-span.ts';
import { DAY_MS } from './duration.ts';

/** Archives that were last hashed at about the same time. */
export interface ScrubLoad {
  /** The longest ago among them, milliseconds since 1970 UTC; null: never. */
  readonly verifiedAtMs: number | null;
  readonly bytes: number;
}

/** Of the interval: nights that are missed because the machine was off must not make anything late. */
const USED_SHARE = 0.9;
/** The work of a night is done in half of its window, if nothing else needs the disk. */
const HASTE = 2;
/** Below this, reading takes the disk's attention for longer and helps nobody. */
const MIN_BYTES_PER_SECOND = 4 * 1024 * 1024;

/**
 * How many bytes to hash again tonight, the longest ago first: the smallest amount that, done every night from now on, hashes everything within
 * `scrubEveryMs` of its last time. So a store that was filled in one day is not all due in one night a month later.
 *
 * @param load sorted, the longest ago first
 */
export function scrubShareBytes(load: readonly ScrubLoad[], scrubEveryMs: number, night: DailySpan): number {
  let bytes = 0;
  let share = 0;
  for (const part of load) {
    bytes += part.bytes;
    // A time that has not come yet (the clock was wrong) says nothing.
    const isKnown = part.verifiedAtMs !== null && part.verifiedAtMs < night.endMs;
    const dueAtMs = isKnown ? (part.verifiedAtMs ?? 0) + scrubEveryMs * USED_SHARE : 0;
    const nightsAfter = Math.max(0, Math.floor((dueAtMs - night.endMs) / DAY_MS));
    share = Math.max(share, bytes / (nightsAfter + 1));
  }
  return Math.ceil(share);
}

/** As fast as the rest of tonight's share needs, and twice that: the machine stays usable, and the window suffices on a slow disk, too. */
export function scrubBytesPerSecond(leftBytes: number, night: DailySpan, nowMs: number): number {
  const seconds = Math.max(1, (night.endMs - nowMs) / 1000);
  return Math.max(MIN_BYTES_PER_SECOND, (HASTE * leftBytes) / seconds);
}
