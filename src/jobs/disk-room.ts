import { lstatSync } from 'node:fs';
import type { Clock } from '../core/clock.ts';
import type { SeriesConfig } from '../core/config/config.ts';
import { AppError } from '../core/errors.ts';
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

  /**
   * null: it may be downloaded now. Otherwise why it has to wait for the owner. What the owner accepted is not held again.
   *
   * @throws AppError STORE_FULL when it does not fit; a smaller archive may.
   */
  judge(row: ArchiveRow): Hold | null {
    const roomBytes = this.#roomFor(row);
    const held = row.acceptedAtMs === null ? this.#holdReason(row, roomBytes) : null;
    if (held !== null) return { ...held, reason: wordsFor(held, row) };
    this.#requireRoom(row, roomBytes);
    return null;
  }

  /** For what has been here already and comes again, whatever its size. Throws STORE_FULL when it does not fit. */
  requireFor(row: ArchiveRow): void {
    this.#requireRoom(row, this.#roomFor(row));
  }

  begin(row: ArchiveRow): void {
    this.#shares.take(row);
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
        const rows = this.#catalog.archives.heldFor(vault, reason, beforeId, PAGE);
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
