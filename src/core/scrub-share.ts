import type { DailySpan } from './daily-span.ts';
import { DAY_MS } from './duration.ts';

/** What hashing a file costs besides its bytes: without it an empty file would weigh nothing, and its turn would never come. */
export const FILE_COST_BYTES = 1;

/** Archives that were last hashed at about the same time. */
export interface ScrubLoad {
  /** The longest ago among them, milliseconds since 1970 UTC; null: never. */
  readonly verifiedAtMs: number | null;
  /** With FILE_COST_BYTES for each. */
  readonly bytes: number;
}

/** Of the interval: nights that are missed because the machine was off must not make anything late. */
const USED_SHARE = 0.9;
/** The work of a night is done in half of its window, if nothing else needs the disk. */
const HASTE = 2;
/** Below this, reading takes the disk's attention for longer and helps nobody. */
const MIN_BYTES_PER_SECOND = 4 * 1024 * 1024;

export interface ScrubShare {
  /** The smallest amount that, done every night from now on, hashes everything in time. */
  readonly bytes: number;
  /** Of that, what has no other night left. */
  readonly urgentBytes: number;
}

/**
 * How much to hash again tonight, the longest ago first, so that everything is hashed within `scrubEveryMs` of its last time. A store that was
 * filled in one day is so spread over the month, instead of being due in one night at its end.
 *
 * @param load sorted, the longest ago first
 */
export function scrubShare(load: readonly ScrubLoad[], scrubEveryMs: number, night: DailySpan): ScrubShare {
  let sum = 0;
  let share = 0;
  let urgentBytes = 0;
  for (const part of load) {
    sum += part.bytes;
    // A time that has not come yet (the clock was wrong) says nothing.
    const isKnown = part.verifiedAtMs !== null && part.verifiedAtMs < night.endMs;
    const dueAtMs = isKnown ? (part.verifiedAtMs ?? 0) + scrubEveryMs * USED_SHARE : 0;
    const nightsAfter = Math.max(0, Math.floor((dueAtMs - night.endMs) / DAY_MS));
    if (nightsAfter === 0) urgentBytes += part.bytes;
    share = Math.max(share, sum / (nightsAfter + 1));
  }
  return { bytes: Math.ceil(share), urgentBytes };
}

/**
 * What of a share is left to do. Files are hashed whole, so a night may do more than its share: the next nights do less, and one large file is not
 * read every night.
 *
 * @param aheadBytes by how much the nights before have done more than their shares
 */
export function scrubTargetBytes({ bytes, urgentBytes }: ScrubShare, aheadBytes: number): number {
  return Math.max(urgentBytes, bytes - aheadBytes);
}

/** As fast as the rest of tonight's share needs, and twice that: the machine stays usable, and the window suffices on a slow disk, too. */
export function scrubBytesPerSecond(leftBytes: number, night: DailySpan, nowMs: number): number {
  const seconds = Math.max(1, (night.endMs - nowMs) / 1000);
  return Math.max(MIN_BYTES_PER_SECOND, (HASTE * leftBytes) / seconds);
}
