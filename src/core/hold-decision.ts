/** A series needs this many archives before its usual size means anything. */
const ENOUGH_SIZES = 3;

/** The median of the sizes of a series' stored archives, or null when there are too few. */
export function usualSize(sizes: readonly number[]): number | null {
  if (sizes.length < ENOUGH_SIZES) return null;
  const sorted = [...sizes].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

export type HoldReason =
  | { readonly kind: 'oversize'; readonly usualBytes: number; readonly factor: number }
  | { readonly kind: 'larger-than-disk'; readonly capacityBytes: number }
  | { readonly kind: 'no-room-for-others'; readonly leftBytes: number; readonly othersNeedBytes: number };

/**
 * Should a listed archive wait for the owner instead of being downloaded? An attacker who owns the web server can upload anything; one
 * upload must not fill the disk or crowd out the other series.
 *
 * @param factor    `series[].sizeFactor`: so many times its usual size is too much
 * @param usualBytes usual size of its own series, null when unknown
 * @param capacityBytes what an empty disk of this size could take
 * @param roomBytes  free space above `minFree` now
 * @param othersNeedBytes sum of the usual sizes of all other series
 */
export function holdReason(args: {
  readonly sizeBytes: number;
  readonly factor: number;
  readonly usualBytes: number | null;
  readonly capacityBytes: number;
  readonly roomBytes: number;
  readonly othersNeedBytes: number;
}): HoldReason | null {
  const { sizeBytes, factor, usualBytes, capacityBytes, roomBytes, othersNeedBytes } = args;
  if (usualBytes !== null && sizeBytes > factor * usualBytes) {
    return { kind: 'oversize', usualBytes, factor };
  }
  if (capacityBytes > 0 && sizeBytes > capacityBytes) return { kind: 'larger-than-disk', capacityBytes };
  const leftBytes = roomBytes - sizeBytes;
  if (leftBytes >= 0 && leftBytes < othersNeedBytes) return { kind: 'no-room-for-others', leftBytes, othersNeedBytes };
  return null;
}
