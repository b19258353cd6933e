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

/** What would only be thinned from the full disk again if it came. */
export type Backfill = readonly (Waiting & {
  readonly vault: string;
  readonly series: string | null;
  readonly state: 'wanted' | 'held';
})[];

/** What waits besides the backfill. */
export function withoutBackfill(waiting: Waiting, backfill: Backfill): Waiting {
  return backfill.reduce<Waiting>(
    (rest, { archives, bytes }) => ({
      archives: Math.max(0, rest.archives - archives),
      bytes: Math.max(0, rest.bytes - bytes),
    }),
    waiting,
  );
}

/** The next step where the disk is thinned already. */
export const THINNED_HINT =
  'Let `pullmirror prune` run: it makes room for the newest. If that is not enough: a smaller `store.floor` or `store.minFree`, fewer archives by your keep rules, or a larger disk.';

/** Below this nothing is said of how much: the catalog takes and gives back as much while it works. */
const NEXT_TO_NOTHING_BYTES = 1_000_000;

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
  const left = args.leftBytes < NEXT_TO_NOTHING_BYTES ? 'less than 1 MB' : formatBytes(args.leftBytes);
  const why = isKept
    ? `what is left above minFree (${left}) is kept for the next archives`
    : `${left} is left above minFree`;
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
  readonly backfill?: Backfill;
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
export function findFullDisk(facts: FullDiskFacts): FullDisk | null {
  const { config, disk, counts, heldForRoom, freezes, state, backfill = [] } = facts;
  if (disk === null || counts === null) return null;
  // A flood that has to leave room is told by its freeze.
  const isFlooded = (one: { vault: string; series: string | null }) =>
    freezes.some(({ vault, series, cause }) => vault === one.vault && series === one.series && cause === 'bulk');
  const nothing: Waiting = { archives: 0, bytes: 0 };
  const heldGroups = (heldForRoom?.groups ?? []).filter((group) => !isFlooded(group));
  const held = withoutBackfill(
    heldGroups.reduce<Waiting>(addWaiting, nothing),
    backfill.filter((one) => one.state === 'held' && !isFlooded(one)),
  );
  const isQueued = ({ vault }: { vault: string }) =>
    isFullFor(state, vault) && config.vaults.some(({ name }) => name === vault);
  const queued = counts
    .filter(isQueued)
    .map(({ wanted, wantedBytes }) => ({ archives: wanted, bytes: wantedBytes }))
    .reduce<Waiting>(addWaiting, nothing);
  const waiting = addWaiting(
    held,
    withoutBackfill(
      queued,
      backfill.filter((one) => one.state === 'wanted' && isQueued(one)),
    ),
  );
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
