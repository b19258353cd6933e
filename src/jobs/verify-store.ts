import type { Clock } from '../core/clock.ts';
import { FirstOfMany } from '../core/first-of-many.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { DAMAGED_EVENT } from '../store/catalog/scrub-table.ts';
import type { ByteProgress } from './byte-progress.ts';
import { oneFilesTrouble } from './one-files-trouble.ts';
import { type ReadVerdict, readArchive, verdictWords } from './read-archive.ts';

export interface VerifyRequest {
  readonly store: AttachedStore;
  readonly catalog: Catalog;
  /** What to hash; stored archives only, any number of them. */
  readonly archives: Iterable<ArchiveRow>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly progress: ByteProgress;
  /** Who looks, for the history. */
  readonly actor: 'verify' | 'scrub';
  /** Told of bytes that were read; the promise, if any, resolves when more may be. */
  readonly pace?: (bytes: number) => Promise<void> | undefined;
  /** Told of each damaged file when it is recorded: of many the report names the first. */
  readonly foundDamaged?: (file: DamagedFile) => void;
  /** Called within the transaction that records results, with all that have been recorded by then. */
  readonly recordDone?: (done: Pick<VerifyReport, 'checked' | 'checkedBytes'>) => void;
}

export interface DamagedFile {
  readonly archive: ArchiveRow;
  readonly kind: Exclude<ReadVerdict['kind'], 'right'>;
  /** Follows the file's name: "is truncated: …". */
  readonly why: string;
}

export interface VerifyReport {
  readonly checked: number;
  readonly checkedBytes: number;
  readonly damaged: FirstOfMany<DamagedFile>;
  /** Archives that an earlier check had found damaged and that are right now. */
  readonly recovered: number;
}

/** Each commit is an fsync, or two, of the disk that is just being read. */
const RESULTS_PER_COMMIT = 200;
const COMMIT_EVERY_MS = 60_000;

/**
 * Hashes stored files again, one at a time, and records what it finds: `verified_at` of the right ones, `damaged_at` and an event for those
 * that are not. Changes no file. What was found until an interruption or an error stays recorded.
 *
 * @throws AppError STORE_MISSING, STORE_WRONG when the disk goes away meanwhile, INTERRUPTED, and errors of the catalog
 */
export async function verifyStore(request: VerifyRequest): Promise<VerifyReport> {
  const { store, archives, signal, progress, clock } = request;
  const results = new ResultBuffer(request);
  try {
    for (const archive of archives) {
      signal.throwIfAborted();
      const verdict = await hashAgain(request, archive);
      // A file that seems gone or unreadable on a disk that is gone says nothing about the file.
      if (verdict.kind !== 'right') store.assertAttached();
      results.add(archive, verdict, clock.now());
      progress.finished(archive.key);
    }
  } finally {
    results.flush();
    progress.end();
  }
  const report = results.report();
  if (report.checked === 0) return report;
  request.catalog.history.append(
    {
      actor: request.actor,
      event: `${request.actor}.finished`,
      detail: { checked: report.checked, checkedBytes: report.checkedBytes, damaged: report.damaged.count },
    },
    clock.now(),
  );
  return report;
}

async function hashAgain({ store, signal, progress, pace }: VerifyRequest, archive: ArchiveRow): Promise<ReadVerdict> {
  const { vault, path, sha256, sizeBytes } = archive;
  if (path === null || sha256 === null) return { kind: 'missing', why: 'the catalog knows no file' };
  try {
    const take = (piece: Buffer) => {
      progress.advanced(piece.length);
      return pace?.(piece.length);
    };
    return await readArchive({ path: store.resolve(vault, path), expected: { sizeBytes, sha256 }, signal, take });
  } catch (error) {
    const verdict = oneFilesTrouble(error, store, `looking at ${vault}/${path}`);
    if (verdict === null) throw error;
    return verdict;
  }
}

interface Result {
  readonly archive: ArchiveRow;
  readonly verdict: ReadVerdict;
  readonly atMs: number;
}

/** Holds results back for a while, so that many share one commit. */
class ResultBuffer {
  readonly #request: VerifyRequest;
  readonly #damaged = new FirstOfMany<DamagedFile>();
  #pending: Result[] = [];
  #checked = 0;
  #checkedBytes = 0;
  #recovered = 0;

  constructor(request: VerifyRequest) {
    this.#request = request;
  }

  add(archive: ArchiveRow, verdict: ReadVerdict, atMs: number): void {
    this.#checked += 1;
    this.#checkedBytes += verdict.kind === 'missing' ? 0 : archive.sizeBytes;
    this.#pending.push({ archive, verdict, atMs });
    const first = this.#pending[0]?.atMs ?? atMs;
    if (this.#pending.length >= RESULTS_PER_COMMIT || atMs - first >= COMMIT_EVERY_MS) this.flush();
  }

  flush(): void {
    const results = this.#pending;
    this.#pending = [];
    if (results.length === 0) return;
    const { catalog, recordDone } = this.#request;
    catalog.transaction(() => {
      for (const result of results) this.#record(result);
      recordDone?.({ checked: this.#checked, checkedBytes: this.#checkedBytes });
    });
  }

  report(): VerifyReport {
    return {
      checked: this.#checked,
      checkedBytes: this.#checkedBytes,
      damaged: this.#damaged,
      recovered: this.#recovered,
    };
  }

  #record({ archive, verdict, atMs }: Result): void {
    const { actor, catalog, foundDamaged } = this.#request;
    const { archives, history } = catalog;
    const about = { actor, vault: archive.vault, key: archive.key, archiveId: archive.id };
    if (verdict.kind === 'right') {
      archives.recordVerified(archive.id, atMs);
      if (archive.damagedAtMs === null) return;
      this.#recovered += 1;
      history.append({ ...about, event: 'archive.recovered' }, atMs);
      return;
    }
    const { sizeBytes, sha256 } = archive;
    const why = verdictWords(verdict, { sizeBytes, sha256: sha256 ?? 'unknown' });
    const file = { archive, kind: verdict.kind, why };
    this.#damaged.add(file);
    foundDamaged?.(file);
    // Found damaged before: the first time is the one worth knowing.
    if (archive.damagedAtMs !== null) return;
    archives.recordDamaged(archive.id, atMs, `the file ${why}`);
    const detail = { path: archive.path, kind: verdict.kind, why, ...foundOf(verdict) };
    history.append({ ...about, event: DAMAGED_EVENT, detail }, atMs);
  }
}

/** What lies there instead: it may be what another archive misses. */
function foundOf(verdict: ReadVerdict): { foundSha256?: string; foundBytes?: number } {
  if (verdict.kind === 'wrong-content') return { foundSha256: verdict.foundSha256 };
  return verdict.kind === 'wrong-size' ? { foundBytes: verdict.foundBytes } : {};
}
