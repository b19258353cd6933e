import { QUIET_MS } from './keep/bulk-check.ts';

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
/** While a series is flooded, its newest archive may be taken so often in an interval: its own is not told from what surrounds it. */
const FLOOD_SHARES_PER_INTERVAL = 4;

/**
 * For so many archives a flood has to leave room: those that are taken while it lasts for an interval, and those that come until its freeze ends.
 *
 * @param expectEveryMs milliseconds
 */
export function floodShares(expectEveryMs: number): number {
  return FLOOD_SHARES_PER_INTERVAL + Math.ceil(QUIET_MS / expectEveryMs);
}

/**
 * What an archive of a series may take where room is scarce. All in bytes and milliseconds.
 *
 * @param afterNewestMs from the newest archive that its series has to this one, by the vault's clock
 * @param sinceTakenMs  since that one was taken, by this machine's clock; below 0 when that was set back
 */
export function roomClaim(args: {
  readonly sizeBytes: number;
  readonly usualBytes: number | null;
  readonly afterNewestMs: number;
  readonly sinceTakenMs: number;
  readonly expectEveryMs: number;
  readonly isFlooded: boolean;
}): RoomClaim {
  const { sizeBytes, usualBytes, afterNewestMs, sinceTakenMs, expectEveryMs, isFlooded } = args;
  const isUsual = usualBytes !== null && sizeBytes <= SHARE_FACTOR * usualBytes;
  if (isFlooded) {
    const isTurn = sinceTakenMs < 0 || sinceTakenMs >= expectEveryMs / FLOOD_SHARES_PER_INTERVAL;
    return isUsual && afterNewestMs > 0 && isTurn ? 'flood-newest' : 'flood';
  }
  return isUsual && afterNewestMs >= DUE_AFTER * expectEveryMs ? 'due' : 'beyond';
}

export type HoldReason =
  | { readonly kind: 'oversize'; readonly usualBytes: number; readonly factor: number }
  | { readonly kind: 'larger-than-disk'; readonly capacityBytes: number }
  | { readonly kind: 'no-room-for-others'; readonly leftBytes: number; readonly othersNeedBytes: number };

/** Begins the reason of archives that were held only because the disk was too full: they go back into the queue when there is room. */
export const NO_ROOM = 'no room: ';

/** Is it held for nothing but want of room? */
export function waitsForRoom({ state, reason }: { readonly state: string; readonly reason: string | null }): boolean {
  return state === 'held' && reason?.startsWith(NO_ROOM) === true;
}

/**
 * What an archive may take of the room that is kept for the next archives of each series. due: that of its own, for it is newer than all that its series
 * has, by most of its interval. beyond: nothing, its series has had its own. flood: nothing, far more have come than expected, and that is told already.
 * flood-newest: what a flood has to leave for its own series, as long as the others keep theirs.
 */
export type RoomClaim = 'due' | 'beyond' | 'flood' | 'flood-newest';

/**
 * Should a listed archive wait for the owner instead of being downloaded? An attacker who owns the web server can upload anything; one
 * upload must not fill the disk or crowd out the other series.
 *
 * @param factor    `series[].sizeFactor`: so many times its usual size is too much
 * @param usualBytes usual size of its own series, null when unknown
 * @param capacityBytes what an empty disk of this size could take
 * @param roomBytes  free space above `minFree` now
 * @param othersNeedBytes what the next archives of the series need, its own among them; 0 when there is no other
 * @param floodReserveBytes what an archive of a flooded series has to leave besides, unless it is the newest
 * @param claimOf  asked only where room is scarce
 */
export function holdReason(args: {
  readonly sizeBytes: number;
  readonly factor: number;
  readonly usualBytes: number | null;
  readonly capacityBytes: number;
  readonly roomBytes: number;
  readonly othersNeedBytes: number;
  readonly floodReserveBytes: number;
  readonly claimOf: () => RoomClaim;
}): HoldReason | null {
  const { sizeBytes, factor, usualBytes, capacityBytes, roomBytes, othersNeedBytes, floodReserveBytes, claimOf } = args;
  if (usualBytes !== null && sizeBytes > factor * usualBytes) {
    return { kind: 'oversize', usualBytes, factor };
  }
  if (capacityBytes > 0 && sizeBytes > capacityBytes) return { kind: 'larger-than-disk', capacityBytes };
  const leftBytes = roomBytes - sizeBytes;
  const needBytes = othersNeedBytes + floodReserveBytes;
  if (leftBytes >= needBytes) return null;
  const held: HoldReason = { kind: 'no-room-for-others', leftBytes, othersNeedBytes: needBytes };
  switch (claimOf()) {
    case 'due':
      return null;
    case 'beyond':
      // Without any room at all the full disk is what has to be told.
      return leftBytes >= 0 ? held : null;
    case 'flood':
      return held;
    case 'flood-newest':
      return leftBytes >= Math.max(0, othersNeedBytes - (usualBytes ?? 0)) ? null : held;
  }
}
