/** A series needs this many archives before its usual size means anything. */
const ENOUGH_SIZES = 3;

/** The median of the sizes of a series' stored archives, or null when there are too few. */
export function usualSize(sizes: readonly number[]): number | null {
  if (sizes.length < ENOUGH_SIZES) return null;
  const sorted = [...sizes].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

/** An archive of up to so many times the usual size takes no more than what is kept for its series. */
const SHARE_FACTOR = 1.5;
/** Of its interval: backups come early. */
const DUE_AFTER = 0.75;

/** What an archive of a series that is not flooded may take. All in bytes and milliseconds. @param afterNewestMs from the newest archive that its series has to this one, by the vault's clock */
export function roomClaim(args: {
  readonly sizeBytes: number;
  readonly usualBytes: number | null;
  readonly afterNewestMs: number;
  readonly expectEveryMs: number;
}): RoomClaim {
  const { sizeBytes, usualBytes, afterNewestMs, expectEveryMs } = args;
  if (usualBytes === null || sizeBytes > SHARE_FACTOR * usualBytes) return 'beyond';
  return afterNewestMs >= DUE_AFTER * expectEveryMs ? 'due' : 'beyond';
}

export type HoldReason =
  | { readonly kind: 'oversize'; readonly usualBytes: number; readonly factor: number }
  | { readonly kind: 'larger-than-disk'; readonly capacityBytes: number }
  | { readonly kind: 'no-room-for-others'; readonly leftBytes: number; readonly othersNeedBytes: number };

/** Begins the reason of archives that were held only because the disk was too full: they go back into the queue when there is room. */
export const NO_ROOM = 'no room: ';

/**
 * What an archive may take of the room that is kept for the next archive of each series. due: that of its own, for it is newer than all that its series
 * has, by most of its interval. beyond: nothing, its series has had its own. flood: nothing, far more have come than expected, and that is told already.
 */
export type RoomClaim = 'due' | 'beyond' | 'flood';

/**
 * Should a listed archive wait for the owner instead of being downloaded? An attacker who owns the web server can upload anything; one
 * upload must not fill the disk or crowd out the other series.
 *
 * @param factor    `series[].sizeFactor`: so many times its usual size is too much
 * @param usualBytes usual size of its own series, null when unknown
 * @param capacityBytes what an empty disk of this size could take
 * @param roomBytes  free space above `minFree` now
 * @param othersNeedBytes sum of the usual sizes of all other series
 * @param claimOf  asked only where room is scarce
 */
export function holdReason(args: {
  readonly sizeBytes: number;
  readonly factor: number;
  readonly usualBytes: number | null;
  readonly capacityBytes: number;
  readonly roomBytes: number;
  readonly othersNeedBytes: number;
  readonly claimOf: () => RoomClaim;
}): HoldReason | null {
  const { sizeBytes, factor, usualBytes, capacityBytes, roomBytes, othersNeedBytes, claimOf } = args;
  if (usualBytes !== null && sizeBytes > factor * usualBytes) {
    return { kind: 'oversize', usualBytes, factor };
  }
  if (capacityBytes > 0 && sizeBytes > capacityBytes) return { kind: 'larger-than-disk', capacityBytes };
  const leftBytes = roomBytes - sizeBytes;
  if (leftBytes >= othersNeedBytes) return null;
  const claim = claimOf();
  // Without any room at all the full disk is what has to be told, unless it is known what fills it.
  const isHeld = claim === 'flood' || (claim === 'beyond' && leftBytes >= 0);
  return isHeld ? { kind: 'no-room-for-others', leftBytes, othersNeedBytes } : null;
}
