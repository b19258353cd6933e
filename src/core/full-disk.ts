import type { Config } from './config/config.ts';
import type { Freeze } from './keep/freeze.ts';
import type { MirrorState } from './mirror-state.ts';
import { formatBytes, sizeLimitBytes } from './size.ts';

/** Archives that a disk has no room for. */
export interface Waiting {
  readonly archives: number;
  readonly bytes: number;
}

/** Both together. */
export function addWaiting(a: Waiting, b: Waiting): Waiting {
  return { archives: a.archives + b.archives, bytes: a.bytes + b.bytes };
}

/**
 * What is told of a full disk, as part of a sentence.
 *
 * @param leftBytes above `minFree`
 * @param isKept what is left is there for the next archive of each series
 * @param vault of which the archives are; null: of all
 */
export function fullDiskWords(args: {
  readonly leftBytes: number;
  readonly isKept: boolean;
  readonly waiting: Waiting;
  readonly vault: string | null;
}): string {
  const { isKept, waiting, vault } = args;
  const left = formatBytes(Math.max(0, args.leftBytes));
  const why =
    isKept && args.leftBytes > 0
      ? `what is left above minFree (${left}) is kept for the next archives`
      : `${left} are left above minFree`;
  return `the disk is full: ${why}, and ${waitingWords(waiting, vault)} for room`;
}

/** '3 archives (1.2 MB) of web wait' */
export function waitingWords({ archives, bytes }: Waiting, vault: string | null): string {
  const of = vault === null ? '' : ` of ${vault}`;
  return archives === 1
    ? `1 archive (${formatBytes(bytes)})${of} waits`
    : `${archives} archives (${formatBytes(bytes)})${of} wait`;
}

/** What `status` knows of the room on the disk. */
export interface FullDiskFacts {
  readonly config: Pick<Config, 'store' | 'vaults'>;
  readonly disk: { readonly totalBytes: number; readonly freeBytes: number } | null;
  readonly counts: readonly { readonly vault: string; readonly wanted: number; readonly wantedBytes: number }[] | null;
  readonly heldForRoom?: HeldForRoom;
  readonly freezes: readonly Freeze[];
  readonly state: Pick<MirrorState, 'vaults'>;
}

/** What is held because it has to leave the room to the next archives of the series, which need `keptBytes`. */
export interface HeldForRoom {
  readonly groups: readonly (Waiting & { readonly vault: string; readonly series: string | null })[];
  readonly keptBytes: number;
}

export interface FullDisk {
  readonly waiting: Waiting;
  /** For the first sentence of `status`. */
  readonly words: string;
}

/** null: no archive waits for room, or it is not known. */
export function findFullDisk({ config, disk, counts, heldForRoom, freezes, state }: FullDiskFacts): FullDisk | null {
  if (disk === null || counts === null) return null;
  // A flood that has to leave room is told by its freeze.
  const isFlooded = (one: { vault: string; series: string | null }) =>
    freezes.some(({ vault, series, cause }) => vault === one.vault && series === one.series && cause === 'bulk');
  const held = (heldForRoom?.groups ?? [])
    .filter((group) => !isFlooded(group))
    .reduce<Waiting>(addWaiting, { archives: 0, bytes: 0 });
  const waiting = counts
    .filter(({ vault }) => isFullFor(state, vault) && config.vaults.some(({ name }) => name === vault))
    .map(({ wanted, wantedBytes }) => ({ archives: wanted, bytes: wantedBytes }))
    .reduce<Waiting>(addWaiting, held);
  if (waiting.archives === 0) return null;
  const leftBytes = disk.freeBytes - sizeLimitBytes(config.store.minFree, disk.totalBytes);
  const isKept = held.archives > 0;
  if (leftBytes - (isKept ? (heldForRoom?.keptBytes ?? 0) : 0) >= waiting.bytes) {
    return { waiting, words: `the disk was full at the last pass, and ${waitingWords(waiting, null)} for the next` };
  }
  return { waiting, words: fullDiskWords({ leftBytes, isKept, waiting, vault: null }) };
}

/** Did the last pass over this vault find the disk full? */
export function isFullFor({ vaults }: Pick<MirrorState, 'vaults'>, vault: string): boolean {
  return vaults[vault]?.lastError?.code === 'STORE_FULL';
}
