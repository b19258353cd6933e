import { setImmediate } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { SeriesConfig } from '../core/config/config.ts';
import { AppError, isAppError } from '../core/errors.ts';
import type { EventName } from '../core/event-names.ts';
import {
  addWaiting,
  type Backfill,
  fullDiskWords,
  THINNED_HINT,
  type Waiting,
  waitingWords,
  withoutBackfill,
} from '../core/full-disk.ts';
import type { ArchiveProblem } from '../core/pass-report.ts';
import type { SizeLimit } from '../core/size.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import type { Publisher } from '../store/publisher.ts';
import { proveExistingFile } from './adopt-existing-file.ts';
import { ArchivePlaces } from './archive-places.ts';
import { DiskRoom } from './disk-room.ts';
import { doubtOfTime } from './doubt-of-time.ts';
import { type DownloadContext, downloadArchive } from './download-archive.ts';
import { FailureTally } from './failure-tally.ts';
import { interruption } from './interruption.ts';
import { type RefusalVerdict, RefusedArchives } from './refused-archives.ts';
import { wantedQueue } from './wanted-queue.ts';

/** Verified archives that may wait for their group's fsync while the next ones are being downloaded. */
const MAX_UNPUBLISHED = 64;

export interface MirrorContext extends Omit<DownloadContext, 'reserveAgain'> {
  readonly store: AttachedStore;
  readonly catalog: Catalog;
  readonly publisher: Publisher;
  readonly minFree: SizeLimit;
  /** Archives at a time. */
  readonly concurrency: number;
  /** Does its series expect other content under the same key (`series[].versions`)? */
  readonly mayHaveVersions: (row: ArchiveRow) => boolean;
  readonly series: readonly SeriesConfig[];
  /** With `whenFull: thin`, what of what waits for room may wait for good; null: nothing is thinned. */
  readonly backfill: (() => Backfill) | null;
}

export interface MirrorResult {
  readonly downloaded: number;
  readonly downloadedBytes: number;
  readonly adopted: number;
  /** At most a thousand of them. */
  readonly failures: readonly ArchiveProblem[];
  /** What ended the work early (vault unreachable, disk away, interruption), or STORE_FULL with what waits for room; or null. */
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

/** A download that is over, and its publication, which goes on while the next download begins. */
interface Mirrored {
  readonly publication: Promise<void>;
}

class Mirroring {
  readonly #context: MirrorContext & DownloadContext;
  readonly #vault: string;
  readonly #places: ArchivePlaces;
  readonly #room: DiskRoom;
  readonly #tally = new FailureTally();
  readonly #refused: RefusedArchives;
  /** VAULT_DENIED: the vault refuses most of what it gave before. */
  #broken: AppError | null = null;
  #downloaded = 0;
  #downloadedBytes = 0;
  #adopted = 0;
  readonly #underWay = new Set<Promise<void>>();
  /** Some archive found no room. */
  #isFull = false;
  /** Nor will any other: from then on it is only looked for what lies here already. */
  #isTooFullForAny = false;

  constructor(context: MirrorContext, vault: string) {
    this.#places = new ArchivePlaces(context);
    this.#room = new DiskRoom(context);
    this.#context = {
      ...context,
      progress: this.#room.countWritten(context.progress),
      reserveAgain: (row) => this.#room.beginAgain(row),
    };
    this.#vault = vault;
    this.#refused = new RefusedArchives(context, vault);
  }

  async run(): Promise<MirrorResult> {
    const { catalog, concurrency, signal } = this.#context;
    const limit = pLimit(concurrency);
    const downloading = new Set<Promise<void>>();
    const publishing = new Set<Promise<void>>();
    const groups = catalog.queue.groups().filter((group) => group.vault === this.#vault);
    if (groups.length > 0) this.#room.lookForFloods();
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
    // What has just been stored speaks for the key.
    if (this.#tally.stop === null && !signal.aborted) await this.#settle(() => this.#refused.end());
    this.#tally.throwDefect();
    return {
      downloaded: this.#downloaded,
      downloadedBytes: this.#downloadedBytes,
      adopted: this.#adopted,
      failures: this.#tally.failures,
      stopped: this.#tally.stop ?? interruption(signal) ?? this.#broken ?? this.#fullDisk(),
    };
  }

  get #over(): boolean {
    return this.#tally.over || this.#context.signal.aborted;
  }

  /** Told once, for all that waits. */
  #fullDisk(): AppError | null {
    const held = this.#room.heldForRoom(this.#vault);
    const refused = this.#tally.full;
    const isFull = this.#isFull || refused !== null;
    if (!isFull && held.archives === 0) return null;
    const groups = isFull ? this.#context.catalog.queue.groups() : [];
    const { backfill } = this.#context;
    const all = groups.filter(({ vault }) => vault === this.#vault).reduce<Waiting>(addWaiting, held);
    const leftOut =
      backfill?.().filter(({ vault, state }) => vault === this.#vault && (isFull || state === 'held')) ?? [];
    const waiting = withoutBackfill(all, leftOut);
    if (waiting.archives === 0 && leftOut.length > 0) return null;
    const hint = backfill === null ? {} : { hint: THINNED_HINT };
    if (refused !== null && !this.#isFull) {
      const message = `${refused.message}; ${waitingWords(waiting, this.#vault)} for room`;
      return new AppError('STORE_FULL', message, { ...hint, cause: refused });
    }
    const { leftBytes } = this.#room;
    const message = fullDiskWords({ leftBytes, isKept: held.archives > 0, waiting, vault: this.#vault });
    return new AppError('STORE_FULL', message, hint);
  }

  /** Never rejects. Resolves when the download is over, with the publication that is still to be awaited, if any. */
  async #attempt(row: ArchiveRow): Promise<Mirrored | null> {
    if (this.#over) return null;
    try {
      // A long queue without a download must not keep the process from hearing signals.
      if (this.#isTooFullForAny) await setImmediate();
      return await this.#mirror(row);
    } catch (error) {
      await this.#judgeFailure(row, error);
      return null;
    }
  }

  /** What one archive's uploader or its deletion explains is no failure of the pass. Never rejects. */
  async #judgeFailure(row: ArchiveRow, error: unknown): Promise<void> {
    const { progress, signal } = this.#context;
    if (signal.aborted) return this.#note(row, error);
    if (isAppError(error, 'OBJECT_DENIED')) {
      progress.failed(row, error.message);
      return this.#settle(() => this.#refused.refused(row, error));
    }
    if (!isAppError(error, 'OBJECT_GONE')) return this.#note(row, error);
    try {
      if (await this.#refused.gone(row)) progress.failed(row, error.message);
      else this.#note(row, error);
    } catch (second) {
      this.#note(row, second);
    }
  }

  /** Never rejects. */
  async #settle(work: () => Promise<RefusalVerdict>): Promise<void> {
    try {
      const { failures, broken } = await work();
      for (const { row, error } of failures) this.#tally.note(row.key, error);
      if (broken === null) return;
      this.#broken = broken.error;
      if (broken.isWhole) this.#tally.note(this.#vault, broken.error);
    } catch (error) {
      this.#tally.note(this.#vault, error);
    }
  }

  async #mirror(row: ArchiveRow): Promise<Mirrored | null> {
    const place = this.#places.lookFor(row);
    if (place.existing !== null) {
      const adopted = await this.#adopt(row, place.path, place.existing);
      if (adopted !== null) return adopted;
    }
    if (this.#isTooFullForAny) return null;
    const verdict = this.#judge(row);
    if (verdict === 'not-now') return null;
    if (verdict === 'when-less-is-under-way') {
      await Promise.race(this.#underWay);
      return this.#over ? null : this.#mirror(row);
    }
    // Nothing may come between the verdict and the beginning, which takes the room.
    const download = this.#download(row, place.free ? place.path : this.#places.chooseFree(row));
    track(
      this.#underWay,
      download.then(
        () => undefined,
        () => undefined,
      ),
    );
    return download;
  }

  async #download(row: ArchiveRow, path: string): Promise<Mirrored> {
    const { catalog, progress, publisher } = this.#context;
    this.#places.promise(path);
    this.#room.begin(row);
    const settle = (): void => {
      this.#places.release(path);
      this.#room.end(row);
    };
    try {
      progress.started(row);
      const { partial, sha256, proof, remark, ...verified } = await downloadArchive(this.#context, row);
      const suspect = verified.suspect ?? doubtOfTime(this.#context.clock, row);
      if (remark !== null) this.#history(row, 'archive.remark', { remark });
      if (suspect !== null) this.#history(row, 'archive.suspect', { suspect });
      this.#room.end(row);
      const mayHaveVersions = this.#context.mayHaveVersions(row);
      const publication = publisher
        .publish({ row, path, partial, sha256, proof, suspect, mayHaveVersions })
        .finally(settle);
      return this.#published(row, publication, () => {
        this.#downloaded += 1;
        this.#downloadedBytes += row.sizeBytes;
      });
    } catch (error) {
      settle();
      if (isAppError(error, 'VERIFICATION_FAILED', 'OBJECT_ARCHIVED')) {
        // Wherever the reason is told, the archive is named beside it.
        const reason = error.message.replace(`${row.vault}/${row.key}: `, () => '');
        catalog.archives.markUnavailable(row.id, reason);
        this.#history(row, 'archive.unavailable', { code: error.code, reason });
      }
      throw error;
    }
  }

  /** A file at the archive's path without a row: what a crash before the row left, or a stranger. Proven, it needs no download. */
  async #adopt(row: ArchiveRow, path: string, file: string): Promise<Mirrored | null> {
    this.#places.promise(path);
    try {
      const proven = await proveExistingFile(this.#context, row, file);
      if (proven === null) {
        this.#places.release(path);
        // On a full disk nothing follows from it, and each pass would say so again.
        if (!this.#isTooFullForAny) this.#history(row, 'store.foreign-file', { path });
        return null;
      }
      const suspect = proven.suspect ?? doubtOfTime(this.#context.clock, row);
      const mayHaveVersions = this.#context.mayHaveVersions(row);
      const publication = this.#context.publisher
        .publish({ row, path, partial: null, ...proven, suspect, mayHaveVersions })
        .finally(() => this.#places.release(path));
      return this.#published(row, publication, () => {
        this.#adopted += 1;
      });
    } catch (error) {
      this.#places.release(path);
      throw error;
    }
  }

  #published(row: ArchiveRow, publication: Promise<void>, count: () => void): Mirrored {
    const counted = publication.then(
      () => {
        count();
        this.#tally.succeeded();
        this.#room.stored(row);
        this.#context.progress.stored(row);
      },
      (error: unknown) => this.#note(row, error),
    );
    return { publication: counted };
  }

  /** Held archives stay in the catalog with their reason; a disk that is too small for one archive may still take others. */
  #judge(row: ArchiveRow): 'now' | 'when-less-is-under-way' | 'not-now' {
    const hold = this.#room.judge(row);
    if (hold === null) return 'now';
    if (hold === 'full') {
      if (this.#room.mayFitAnother(this.#vault)) {
        this.#isFull = true;
        return 'not-now';
      }
      // What is being written is counted twice for a moment, and may fail.
      if (this.#underWay.size > 0) return 'when-less-is-under-way';
      this.#isFull = true;
      this.#isTooFullForAny = true;
      return 'not-now';
    }
    this.#context.catalog.archives.markHeld(row.id, hold.reason);
    this.#history(row, 'archive.held', { ...hold });
    // Of all that wait for room one line tells, at the end.
    if (hold.kind !== 'no-room-for-others') this.#context.progress.failed(row, `held: ${hold.reason}`);
    return 'not-now';
  }

  #note(row: ArchiveRow, error: unknown): void {
    if (isAppError(error) && error.code !== 'STORE_FULL') this.#context.progress.failed(row, error.message);
    this.#tally.note(row.key, error);
  }

  #history(row: ArchiveRow, event: EventName, detail: Record<string, unknown>): void {
    const { catalog, clock } = this.#context;
    catalog.history.append(
      { actor: 'sync', event, vault: row.vault, key: row.key, archiveId: row.id, detail },
      clock.now(),
    );
  }
}

function track(set: Set<Promise<void>>, promise: Promise<void>): void {
  set.add(promise);
  promise.finally(() => set.delete(promise));
}
