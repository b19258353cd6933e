import { createHash } from 'node:crypto';
import { lstatSync, type Stats } from 'node:fs';
import pLimit from 'p-limit';
import { AppError, type ErrorCode, isAppError } from '../core/errors.ts';
import { type HoldReason, holdReason } from '../core/hold-decision.ts';
import { assignPath, type Occupant } from '../core/key-path.ts';
import type { ArchiveProblem } from '../core/pass-report.ts';
import { formatBytes, type SizeLimit, sizeLimitBytes } from '../core/size.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { partialPaths } from '../store/partial-file.ts';
import type { Publisher } from '../store/publisher.ts';
import { translateFsError } from '../store/translate-fs-error.ts';
import { proveExistingFile } from './adopt-existing-file.ts';
import { type DownloadContext, downloadArchive } from './download-archive.ts';
import type { PassProgress } from './pass-progress.ts';
import { interruption } from './retry.ts';
import { UsualSizes } from './usual-sizes.ts';
import { wantedQueue } from './wanted-queue.ts';

/** st_blocks counts in these, whatever the filesystem's own blocks are. inode(7) */
const BLOCK_BYTES = 512;
/** Verified archives that may wait for their group's fsync while the next ones are being downloaded. */
const MAX_UNPUBLISHED = 64;
/** A vault that serves nothing right must not fill the memory with reports. */
const MAX_FAILURES = 1000;

export interface MirrorContext extends DownloadContext {
  readonly store: AttachedStore;
  readonly catalog: Catalog;
  readonly publisher: Publisher;
  readonly minFree: SizeLimit;
  /** Archives at a time. */
  readonly concurrency: number;
  /** Does its series expect other content under the same key (`series[].versions`)? */
  readonly mayHaveVersions: (row: ArchiveRow) => boolean;
}

export interface MirrorResult {
  readonly downloaded: number;
  readonly downloadedBytes: number;
  readonly adopted: number;
  /** At most MAX_FAILURES of them. */
  readonly failures: readonly ArchiveProblem[];
  /** What ended the work early (vault unreachable, disk away, interruption), or STORE_FULL when some archive found no room; or null. */
  readonly stopped: AppError | null;
}

/**
 * Downloads and publishes what is wanted of one vault, several archives at a time. One archive's failure is noted and the next one goes on;
 * what concerns all of them (vault unreachable or denied, disk away, interruption) ends the work and is returned as `stopped` when nothing
 * is under way any more. Throws defects only.
 */
export async function mirrorArchives(context: MirrorContext, vault: string): Promise<MirrorResult> {
  return new Mirroring(context, vault).run();
}

/** A file that could not be proven to be the archive, but may turn out to be equal to it. */
interface Twin {
  readonly path: string;
  readonly sha256: string | null;
}

/** A download that is over, and its publication, which goes on while the next download begins. */
interface Mirrored {
  readonly publication: Promise<void>;
}

class Mirroring {
  readonly #context: MirrorContext;
  readonly #vault: string;
  /** Paths promised to archives under way. */
  readonly #promised = new Map<string, string>();
  /** Bytes that each archive under way will still write, by row. */
  readonly #unwritten = new Map<number, number>();
  #stop: AppError | null = null;
  #defect: Error | null = null;
  readonly #usual: UsualSizes;
  readonly #capacityBytes: number;
  /** Archives, one after the other, for which the vault had nothing but an error of its own. */
  #refusalsInARow = 0;
  readonly #failures: ArchiveProblem[] = [];
  #full: AppError | null = null;
  #downloaded = 0;
  #downloadedBytes = 0;
  #adopted = 0;

  constructor(context: MirrorContext, vault: string) {
    this.#context = { ...context, progress: this.#countWritten(context.progress) };
    this.#vault = vault;
    this.#usual = new UsualSizes(context.catalog);
    const { totalBytes } = context.store.space();
    this.#capacityBytes = totalBytes - sizeLimitBytes(context.minFree, totalBytes);
  }

  async run(): Promise<MirrorResult> {
    const { catalog, concurrency, signal } = this.#context;
    this.#releaseRoomHolds();
    const limit = pLimit(concurrency);
    const downloading = new Set<Promise<void>>();
    const publishing = new Set<Promise<void>>();
    const groups = catalog.archives.queueGroups().filter((group) => group.vault === this.#vault);
    for (const row of wantedQueue(catalog, groups)) {
      if (this.#over) break;
      track(
        downloading,
        limit(async () => {
          const mirrored = await this.#attempt(row);
          if (mirrored !== null) track(publishing, mirrored.publication);
        }),
      );
      // One more than the limit may wait, so that a place is filled as soon as it is free.
      while (limit.pendingCount > 0) await Promise.race(downloading);
      while (publishing.size >= MAX_UNPUBLISHED) await Promise.race(publishing);
    }
    await Promise.all(downloading);
    await Promise.all(publishing);
    if (this.#defect !== null) throw this.#defect;
    return {
      downloaded: this.#downloaded,
      downloadedBytes: this.#downloadedBytes,
      adopted: this.#adopted,
      failures: this.#failures,
      stopped: this.#stop ?? interruption(signal) ?? this.#full,
    };
  }

  /** What is written takes room on the disk already, and must not be counted as still to come. */
  #countWritten(progress: PassProgress): PassProgress {
    return {
      ...progress,
      advanced: (archive, bytes, source) => {
        const unwritten = this.#unwritten.get(archive.id);
        if (unwritten !== undefined) this.#unwritten.set(archive.id, Math.max(0, unwritten - bytes));
        progress.advanced(archive, bytes, source);
      },
    };
  }

  get #unwrittenBytes(): number {
    let sum = 0;
    for (const bytes of this.#unwritten.values()) sum += bytes;
    return sum;
  }

  get #over(): boolean {
    return this.#stop !== null || this.#defect !== null || this.#context.signal.aborted;
  }

  /** Never rejects. Resolves when the download is over, with the publication that is still to be awaited, if any. */
  async #attempt(row: ArchiveRow): Promise<Mirrored | null> {
    if (this.#over) return null;
    try {
      return await this.#mirror(row);
    } catch (error) {
      this.#note(row, error);
      return null;
    }
  }

  async #mirror(row: ArchiveRow): Promise<Mirrored | null> {
    const place = this.#placeFor(row);
    let twin: Twin | null = null;
    if (place.existing !== null) {
      const { adopted, sha256 } = await this.#adopt(row, place.path, place.existing);
      if (adopted !== null) return adopted;
      twin = { path: place.path, sha256 };
    }
    if (!this.#fits(row)) return null;
    const path = place.free
      ? place.path
      : this.#choosePath(row, (candidate) => this.#occupantOnDisk(row.vault, candidate));
    return this.#download(row, path, twin);
  }

  /** The archive's readable path as far as the catalog is concerned, and what already lies there. */
  #placeFor(row: ArchiveRow): { path: string; free: boolean; existing: string | null } {
    const path = this.#choosePath(row, () => null);
    const file = this.#resolvable(row.vault, path);
    const found = file === null ? undefined : this.#lookAt(file);
    const isCandidate = found?.isFile() === true && found.size === row.sizeBytes;
    return { path, free: file !== null && found === undefined, existing: isCandidate ? file : null };
  }

  async #download(row: ArchiveRow, path: string, twin: Twin | null): Promise<Mirrored> {
    const { catalog, progress, publisher } = this.#context;
    this.#promised.set(path, row.key);
    this.#unwritten.set(row.id, row.sizeBytes);
    const settle = (): void => {
      this.#promised.delete(path);
      this.#unwritten.delete(row.id);
    };
    try {
      progress.started(row);
      const { partial, sha256, proof, suspect, remark } = await downloadArchive(this.#context, row);
      if (remark !== null) this.#history(row, 'archive.remark', { remark });
      if (suspect !== null) this.#history(row, 'archive.suspect', { suspect });
      this.#unwritten.delete(row.id);
      const common = { row, sha256, proof, suspect, mayHaveVersions: this.#context.mayHaveVersions(row) };
      const isTwin = twin !== null && twin.sha256 === sha256;
      if (isTwin) {
        await partial.close();
        await partial.remove();
      }
      const publication = publisher
        .publish(isTwin ? { ...common, path: twin.path, partial: null } : { ...common, path, partial })
        .finally(settle);
      return this.#published(row, publication, () => {
        this.#downloaded += 1;
        this.#downloadedBytes += row.sizeBytes;
      });
    } catch (error) {
      settle();
      if (isAppError(error, 'VERIFICATION_FAILED', 'OBJECT_ARCHIVED')) {
        catalog.archives.markUnavailable(row.id, error.message);
        this.#history(row, 'archive.unavailable', { code: error.code, reason: error.message });
      }
      throw error;
    }
  }

  /** A file at the archive's path without a row: what a crash before the row left, or a stranger. Proven, it needs no download. */
  async #adopt(
    row: ArchiveRow,
    path: string,
    file: string,
  ): Promise<{ adopted: Mirrored | null; sha256: string | null }> {
    this.#promised.set(path, row.key);
    try {
      const { proven, sha256 } = await proveExistingFile(this.#context, row, file);
      if (proven === null) {
        this.#promised.delete(path);
        this.#history(row, 'store.foreign-file', { path });
        return { adopted: null, sha256 };
      }
      const mayHaveVersions = this.#context.mayHaveVersions(row);
      const publication = this.#context.publisher
        .publish({ row, path, partial: null, ...proven, mayHaveVersions })
        .finally(() => this.#promised.delete(path));
      const adopted = this.#published(row, publication, () => {
        this.#adopted += 1;
      });
      return { adopted, sha256 };
    } catch (error) {
      this.#promised.delete(path);
      throw error;
    }
  }

  #published(row: ArchiveRow, publication: Promise<void>, count: () => void): Mirrored {
    const counted = publication.then(
      () => {
        count();
        this.#refusalsInARow = 0;
        if (row.series !== null) this.#usual.stored({ vault: row.vault, series: row.series }, row.sizeBytes);
        this.#context.progress.stored(row);
      },
      (error: unknown) => this.#note(row, error),
    );
    return { publication: counted };
  }

  /** Held archives stay in the catalog with their reason; a disk that is too small for one archive may still take others. */
  #fits(row: ArchiveRow): boolean {
    const { catalog, store, minFree } = this.#context;
    // What an earlier process downloaded of it takes its room already.
    const roomBytes = store.roomBytes(minFree) + this.#partialBytes(row) - this.#unwrittenBytes;
    if (row.acceptedAtMs === null) {
      const held = this.#holdReason(row, roomBytes);
      if (held !== null) {
        const reason = wordsFor(held, row);
        catalog.archives.markHeld(row.id, reason);
        this.#history(row, 'archive.held', { ...held, reason });
        this.#context.progress.failed(row, `held: ${reason}`);
        return false;
      }
    }
    if (row.sizeBytes > roomBytes) {
      const message = `${store.root} has no room for ${row.vault}/${row.key} (${formatBytes(row.sizeBytes)}): ${formatBytes(Math.max(0, roomBytes))} are left above minFree`;
      throw new AppError('STORE_FULL', message);
    }
    return true;
  }

  /** Bytes of the disk that a partial download of the archive occupies; never more than the archive will. */
  #partialBytes(row: ArchiveRow): number {
    const { data } = partialPaths(this.#context.partialDir, row);
    const found = this.#lookAt(data);
    return found === undefined ? 0 : Math.min(row.sizeBytes, found.blocks * BLOCK_BYTES);
  }

  #lookAt(path: string): Stats | undefined {
    try {
      return lstatSync(path, { throwIfNoEntry: false });
    } catch (error) {
      throw translateFsError(error, `looking at ${path}`);
    }
  }

  #holdReason(row: ArchiveRow, roomBytes: number): HoldReason | null {
    const series = row.series === null ? null : { vault: row.vault, series: row.series };
    return holdReason({
      sizeBytes: row.sizeBytes,
      usualBytes: series === null ? null : this.#usual.of(series),
      capacityBytes: this.#capacityBytes,
      roomBytes,
      othersNeedBytes: this.#usual.sumOfOthers(series),
    });
  }

  /** What was held only for want of room goes back into the queue when there is room again. */
  #releaseRoomHolds(): void {
    const { catalog, store, minFree } = this.#context;
    for (const row of catalog.archives.heldFor(this.#vault, NO_ROOM)) {
      if (this.#holdReason(row, store.roomBytes(minFree)) === null && row.sizeBytes <= store.roomBytes(minFree)) {
        catalog.archives.markWanted(row.id, null);
      }
    }
  }

  #choosePath(row: ArchiveRow, onDisk: (path: string) => Occupant): string {
    const { catalog } = this.#context;
    return assignPath({
      key: row.key,
      tag: versionTag(row),
      occupied: (path) => catalog.archives.occupant(row.vault, path) ?? this.#promisedAt(path) ?? onDisk(path),
    });
  }

  #promisedAt(path: string): Occupant {
    if (this.#promised.has(path)) return 'file';
    for (const promised of this.#promised.keys()) if (promised.startsWith(`${path}/`)) return 'folder';
    return null;
  }

  #occupantOnDisk(vault: string, path: string): Occupant {
    const file = this.#resolvable(vault, path);
    // A stranger's file or link stands where a folder is needed: no way through, and the name itself may be one that is taken.
    if (file === null) return 'file';
    const found = this.#lookAt(file);
    if (found === undefined) return null;
    return found.isDirectory() ? 'folder' : 'file';
  }

  /** The absolute path, or null where a file or a symbolic link stands in the way of its folders. */
  #resolvable(vault: string, path: string): string | null {
    try {
      return this.#context.store.resolve(vault, path);
    } catch (error) {
      if (!isAppError(error, 'STORE_SYMLINK', 'STORE_UNSUITABLE')) throw error;
      // In the way of the whole vault no other name would help.
      this.#context.store.requireVaultFolder(vault);
      return null;
    }
  }

  #note(row: ArchiveRow, error: unknown): void {
    if (!isAppError(error)) {
      this.#defect ??= error instanceof Error ? error : new Error(String(error));
      return;
    }
    this.#context.progress.failed(row, error.message);
    if (ONE_ARCHIVES_TROUBLE.has(error.code)) this.#refusalsInARow += 1;
    if (endsThePass(error) || this.#refusalsInARow >= REFUSALS_OF_A_VAULT) {
      this.#stop ??= error;
      return;
    }
    if (error.code === 'STORE_FULL') {
      this.#full ??= error;
      return;
    }
    if (this.#failures.length >= MAX_FAILURES) return;
    this.#failures.push({ key: row.key, code: error.code, message: error.message, hint: error.hint });
  }

  #history(row: ArchiveRow, event: string, detail: Record<string, unknown>): void {
    const { catalog, clock } = this.#context;
    catalog.history.append(
      { actor: 'sync', event, vault: row.vault, key: row.key, archiveId: row.id, detail },
      clock.now(),
    );
  }
}

const NO_ROOM = 'no room: ';

function wordsFor(held: HoldReason, row: ArchiveRow): string {
  const size = formatBytes(row.sizeBytes);
  if (held.kind === 'larger-than-disk') {
    return `too large: ${size}, and an empty disk of this size would take ${formatBytes(held.capacityBytes)}`;
  }
  if (held.kind === 'oversize') {
    return `oversize: ${size} is more than ${held.factor} times the usual ${formatBytes(held.usualBytes)} of its series`;
  }
  return `${NO_ROOM}${size} would leave ${formatBytes(held.leftBytes)} above minFree, and the other series need ${formatBytes(held.othersNeedBytes)}`;
}

/** What tells this content or version from others of the same key, in a file name. */
function versionTag(row: ArchiveRow): string {
  const identity = row.versionId ?? `${row.etag}:${row.sizeBytes}`;
  return createHash('sha256').update(identity).digest('hex').slice(0, 12);
}

/** A server may fail over one object for ever and serve the others. So many in a row are the vault's own trouble. */
const ONE_ARCHIVES_TROUBLE: ReadonlySet<ErrorCode> = new Set([
  'VAULT_BAD_ANSWER',
  'VAULT_SERVER_ERROR',
  'VAULT_UNSUPPORTED',
  'VAULT_BUSY',
]);
const REFUSALS_OF_A_VAULT = 4;

/** Errors that the next archive would meet as well. A full disk is not among them: a smaller archive may still fit. */
function endsThePass(error: AppError): boolean {
  if (ONE_ARCHIVES_TROUBLE.has(error.code) || error.code === 'STORE_FULL' || error.code === 'STORE_SYMLINK')
    return false;
  return (
    error.code.startsWith('STORE_') ||
    error.code.startsWith('VAULT_') ||
    error.code.startsWith('CATALOG_') ||
    error.code === 'INTERRUPTED'
  );
}

function track(set: Set<Promise<void>>, promise: Promise<void>): void {
  set.add(promise);
  promise.finally(() => set.delete(promise));
}
