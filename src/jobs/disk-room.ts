import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import type { SeriesConfig } from '../core/config/config.ts';
import { AppError } from '../core/errors.ts';
import { addWaiting, type HeldForRoom, type Waiting } from '../core/full-disk.ts';
import { type HoldReason, holdReason, NO_ROOM, type RoomClaim } from '../core/hold-decision.ts';
import { formatBytes, type SizeLimit, sizeLimitBytes } from '../core/size.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { partialPaths } from '../store/partial-file.ts';
import { translateFsError } from '../store/translate-fs-error.ts';
import type { PassProgress } from './pass-progress.ts';
import { RoomShares } from './room-shares.ts';
import { UsualSizes } from './usual-sizes.ts';

/** st_blocks counts in these, whatever the filesystem's own blocks are. inode(7) */
const BLOCK_BYTES = 512;
/** Begins the reason of archives that were held because the disk is too small, or `minFree` too large: both may change. */
const TOO_LARGE = 'too large: ';
const PAGE = 500;
/** Kept with the room for the next archives: by so much ten thousand unwelcome rows and their history make the catalog grow, … */
const CATALOG_BYTES = 16 * 1024 * 1024;
/** … but of a small disk no more than this. */
const CATALOG_SHARE = 0.02;

/** Why an archive is held, with words for a person. */
export type Hold = HoldReason & { readonly reason: string };

/** Which archives the disk has room for, with those under way counted in. */
export class DiskRoom {
  readonly #store: AttachedStore;
  readonly #catalog: Catalog;
  readonly #minFree: SizeLimit;
  readonly #series: readonly SeriesConfig[];
  readonly #capacityBytes: number;
  readonly #usual: UsualSizes;
  readonly #shares: RoomShares;
  /** Bytes that each archive under way will still write, by row. */
  readonly #unwritten = new Map<number, number>();
  /** Rows that were begun and are not stored: under way, or failed. */
  readonly #begun = new Set<number>();
  #smallest: { readonly id: number; readonly sizeBytes: number } | null = null;
  /** The largest that an earlier process left, whichever archive it belongs to. */
  #largestPartialBytes: number | null = null;

  constructor(args: {
    readonly store: AttachedStore;
    readonly catalog: Catalog;
    readonly minFree: SizeLimit;
    /** Outside of these no size is too much. */
    readonly series: readonly SeriesConfig[];
    readonly clock: Pick<Clock, 'now'>;
  }) {
    this.#store = args.store;
    this.#catalog = args.catalog;
    this.#minFree = args.minFree;
    this.#series = args.series;
    this.#usual = new UsualSizes(args.catalog, args.series);
    this.#shares = new RoomShares(args);
    const { totalBytes } = args.store.space();
    this.#capacityBytes = totalBytes - sizeLimitBytes(args.minFree, totalBytes);
  }

  /** Now: not when somebody first asks, by when much of a flood may be stored. */
  lookForFloods(): void {
    this.#shares.lookForFloods();
  }

  /**
   * null: it may be downloaded now. 'full': it does not fit; a smaller archive may. Otherwise why it has to wait. What the owner accepted is not
   * held again.
   */
  judge(row: ArchiveRow): Hold | 'full' | null {
    this.#largestPartialBytes ??= largestPartialBytes(this.#store.partialDir);
    const roomBytes = this.#roomFor(row);
    const held = row.acceptedAtMs === null ? this.#holdReason(row, roomBytes) : null;
    if (held !== null) return { ...held, reason: wordsFor(held, row) };
    return row.sizeBytes <= roomBytes ? null : 'full';
  }

  /** Could another one of the vault fit that is wanted and was not begun in this pass? Not so: to look at each is a waste of time. */
  mayFitAnother(vault: string): boolean {
    if (this.#smallest === null || this.#begun.has(this.#smallest.id)) {
      this.#smallest = this.#catalog.room.smallestWanted(vault, this.#begun);
    }
    if (this.#smallest === null) return false;
    const roomBytes = this.#store.roomBytes(this.#minFree) - this.#unwrittenBytes;
    return this.#smallest.sizeBytes <= roomBytes + (this.#largestPartialBytes ?? 0);
  }

  /** Bytes above `minFree`, without what is under way. */
  get leftBytes(): number {
    return Math.max(0, this.#store.roomBytes(this.#minFree) - this.#unwrittenBytes);
  }

  /** What is held only for want of room; without what floods of their own, of which the freeze tells. */
  heldForRoom(vault: string): Waiting {
    return this.#catalog.room
      .heldGroups(NO_ROOM)
      .filter((group) => group.vault === vault && !this.#shares.isFlooded(group))
      .reduce<Waiting>(addWaiting, { archives: 0, bytes: 0 });
  }

  /** For what has been here already and comes again, whatever its size. Throws STORE_FULL when it does not fit. */
  requireFor(row: ArchiveRow): void {
    this.#requireRoom(row, this.#roomFor(row));
  }

  begin(row: ArchiveRow): void {
    this.#shares.take(row);
    this.#begun.add(row.id);
    this.#unwritten.set(row.id, row.sizeBytes);
  }

  /** All of it comes once more, and what came before may stay on the disk (quarantine). Throws STORE_FULL when it does not fit. */
  beginAgain(row: ArchiveRow): void {
    this.end(row);
    this.#requireRoom(row, this.#store.roomBytes(this.#minFree) - this.#unwrittenBytes);
    this.begin(row);
  }

  end(row: ArchiveRow): void {
    this.#unwritten.delete(row.id);
  }

  stored(row: ArchiveRow): void {
    this.#begun.delete(row.id);
    if (this.#smallest?.id === row.id) this.#smallest = null;
    // What replaced another archive is the owner's to judge.
    if (row.series !== null && row.conflictAtMs === null)
      this.#usual.stored({ vault: row.vault, series: row.series }, row.sizeBytes);
  }

  /** What is written takes room on the disk already, and must not be counted as still to come. */
  countWritten(progress: PassProgress): PassProgress {
    return {
      ...progress,
      advanced: (archive, bytes, source) => {
        const unwritten = this.#unwritten.get(archive.id);
        if (unwritten !== undefined) this.#unwritten.set(archive.id, Math.max(0, unwritten - bytes));
        progress.advanced(archive, bytes, source);
      },
    };
  }

  /** What was held only for want of room goes back into the queue when there is room again: as much as there is room for, the newest first. */
  releaseHolds(vault: string): void {
    let roomBytes = this.#store.roomBytes(this.#minFree);
    for (const reason of [NO_ROOM, TOO_LARGE]) {
      let beforeId = Number.MAX_SAFE_INTEGER;
      for (;;) {
        const rows = this.#catalog.room.heldFor(vault, reason, beforeId, PAGE);
        for (const row of rows) {
          beforeId = row.id;
          if (row.sizeBytes > roomBytes || this.#holdReason(row, roomBytes) !== null) continue;
          this.#catalog.archives.markWanted(row.id, null);
          this.#shares.take(row);
          roomBytes -= row.sizeBytes;
        }
        if (rows.length < PAGE) break;
      }
    }
  }

  /** What an earlier process downloaded of it takes its room already. */
  #roomFor(row: ArchiveRow): number {
    return this.#store.roomBytes(this.#minFree) + this.#partialBytes(row) - this.#unwrittenBytes;
  }

  #requireRoom(row: ArchiveRow, roomBytes: number): void {
    if (row.sizeBytes <= roomBytes) return;
    const [size, left] = [formatBytes(row.sizeBytes), formatBytes(Math.max(0, roomBytes))];
    const message = `${this.#store.root} has no room for ${row.vault}/${row.key} (${size}): ${left} are left above minFree`;
    throw new AppError('STORE_FULL', message);
  }

  get #unwrittenBytes(): number {
    let sum = 0;
    for (const bytes of this.#unwritten.values()) sum += bytes;
    return sum;
  }

  /** Bytes of the disk that a partial download of the archive occupies; never more than the archive will. */
  #partialBytes(row: ArchiveRow): number {
    const { data } = partialPaths(this.#store.partialDir, row);
    try {
      const { blocks, nlink } = lstatSync(data, { throwIfNoEntry: false }) ?? { blocks: 0, nlink: 0 };
      // Under its final name as well it keeps its room, whatever becomes of the partial.
      return nlink > 1 ? 0 : Math.min(row.sizeBytes, blocks * BLOCK_BYTES);
    } catch (error) {
      throw translateFsError(error, `looking at ${data}`);
    }
  }

  #holdReason(row: ArchiveRow, roomBytes: number): HoldReason | null {
    const series = row.series === null ? null : { vault: row.vault, series: row.series };
    const usualBytes = series === null ? null : this.#usual.of(series);
    const othersBytes = this.#usual.sumOfOthers(series);
    const catalogBytes = Math.min(CATALOG_BYTES, Math.max(0, this.#capacityBytes) * CATALOG_SHARE);
    return holdReason({
      sizeBytes: row.sizeBytes,
      factor:
        this.#series.find(({ vault, name }) => vault === row.vault && name === row.series)?.sizeFactor ??
        Number.POSITIVE_INFINITY,
      usualBytes,
      capacityBytes: this.#capacityBytes,
      roomBytes,
      // With its own share, which a later archive may claim.
      othersNeedBytes: othersBytes === 0 ? 0 : othersBytes + (usualBytes ?? 0) + catalogBytes,
      floodReserveBytes: this.#shares.floodReserveBytes(row, (one) => this.#usual.of(one)),
      claimOf: (): RoomClaim => this.#shares.claimOf(row, usualBytes),
    });
  }
}

/** For `status`, which holds nothing itself. */
export function findHeldForRoom(catalog: Catalog, series: readonly SeriesConfig[]): HeldForRoom {
  const groups = catalog.room.heldGroups(NO_ROOM);
  const keptBytes = groups.length === 0 ? 0 : new UsualSizes(catalog, series).sumOfOthers(null);
  return { groups, keptBytes };
}

/** Bytes on the disk. */
function largestPartialBytes(partialDir: string): number {
  let largest = 0;
  try {
    for (const name of readdirSync(partialDir)) {
      const { blocks } = lstatSync(join(partialDir, name), { throwIfNoEntry: false }) ?? { blocks: 0 };
      largest = Math.max(largest, blocks * BLOCK_BYTES);
    }
  } catch (error) {
    throw translateFsError(error, `looking at ${partialDir}`);
  }
  return largest;
}

function wordsFor(held: HoldReason, row: ArchiveRow): string {
  const size = formatBytes(row.sizeBytes);
  if (held.kind === 'larger-than-disk') {
    return `${TOO_LARGE}${size}, and an empty disk of this size would take ${formatBytes(held.capacityBytes)}`;
  }
  if (held.kind === 'oversize') {
    return `oversize: ${size} is more than ${held.factor} times the usual ${formatBytes(held.usualBytes)} of its series (series[].sizeFactor)`;
  }
  return `${NO_ROOM}${size} would leave ${formatBytes(Math.max(0, held.leftBytes))} above minFree, and the next archives of the series need ${formatBytes(held.othersNeedBytes)}`;
}
