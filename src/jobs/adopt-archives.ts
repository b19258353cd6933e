import pLimit from 'p-limit';
import type { VaultConfig } from '../core/config/config.ts';
import type { AppError } from '../core/errors.ts';
import type { ArchiveProblem } from '../core/pass-report.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import type { FileIdentity } from '../store/file-identity.ts';
import { FoundFile } from '../store/found-file.ts';
import type { Publisher } from '../store/publisher.ts';
import { compareWithVault, type ProvenFile } from './adopt-existing-file.ts';
import { ArchivePlaces } from './archive-places.ts';
import type { ByteProgress } from './byte-progress.ts';
import { type Candidate, candidateFiles, type Ground } from './candidate-files.ts';
import type { ClaimedPlaces } from './claimed-places.ts';
import { FailureTally } from './failure-tally.ts';
import type { ProofContext } from './fetch-archive.ts';
import { interruption } from './interruption.ts';
import { lacksFile } from './lacks-file.ts';

/** Looks at objects in the vault at a time: each is a round trip. */
const CONCURRENCY = 4;
/** Files hashed at a time: a disk with arms reads two at once slower than one after the other; small ones come from its cache. */
const READERS = 2;
/** Proven archives that may wait for their group's fsync. */
const MAX_UNPUBLISHED = 64;
const PAGE = 500;
/** A file's time has the fraction of a second that its filesystem cares for. */
const SAME_TIME_MS = 1000;

export interface AdoptContext extends ProofContext {
  readonly vault: VaultConfig;
  readonly store: AttachedStore;
  readonly catalog: Catalog;
  readonly publisher: Publisher;
  readonly ground: Ground;
  readonly claims: ClaimedPlaces;
  readonly progress: ByteProgress;
  /** Does its series expect other content under the same key (`series[].versions`)? */
  readonly mayHaveVersions: (row: ArchiveRow) => boolean;
}

/** A file that is what its line in our own SHA256SUMS says. */
export interface OwnSum {
  readonly sha256: string;
  readonly mtimeMs: number;
  readonly file: FileIdentity;
}

export interface AdoptResult {
  readonly adopted: number;
  readonly adoptedBytes: number;
  /** Archives that could not be asked about; at most a thousand of them. */
  readonly failures: readonly ArchiveProblem[];
  /** What ended the work early, or null. */
  readonly stopped: AppError | null;
}

/**
 * Finds, for the archives of one vault that are listed and not stored, the files that are here already, proves them against the vault, and
 * enters them. Downloads nothing; what does not match is left as it is. Each file's row is committed soon after it was proven, so that a
 * process that is killed has lost little.
 */
export class ArchiveAdoption {
  readonly #context: AdoptContext;
  readonly #places: ArchivePlaces;
  readonly #tally = new FailureTally();
  readonly #reading = pLimit(READERS);
  /** Files that are being looked at, so that two archives do not take the same one. */
  readonly #taken = new Set<string>();
  #adopted = 0;
  #adoptedBytes = 0;

  constructor(context: AdoptContext) {
    this.#context = context;
    this.#places = new ArchivePlaces(context);
  }

  get result(): AdoptResult {
    this.#tally.throwDefect();
    return {
      adopted: this.#adopted,
      adoptedBytes: this.#adoptedBytes,
      failures: this.#tally.failures,
      stopped: this.#tally.stop ?? interruption(this.#context.signal),
    };
  }

  get over(): boolean {
    return this.#tally.over || this.#context.signal.aborted;
  }

  /** Looks for the file of every archive of the vault that has none. Throws defects only. */
  async adoptListed(): Promise<void> {
    const { vault, ground, claims } = this.#context;
    const isFree = (relativePath: string): boolean => !claims.isStored(relativePath);
    await this.#forAll(this.#rowsWithoutFile(), (row) => candidateFiles(ground, vault, row, isFree));
  }

  /**
   * Is the file at this path below the vault's folder one of these archives, none of which is stored? True: it is, and is entered.
   *
   * @param own what our own list says of the file, where it has been found to say true: that must do for an archive of which the vault has no
   * checksum that could tell
   */
  async adoptAt(path: string, file: string, rows: readonly ArchiveRow[], own: OwnSum | null = null): Promise<boolean> {
    const before = this.#adopted;
    const candidate = { relativePath: `${this.#context.vault.name}/${path}`, file, path };
    for (const row of rows) {
      const vouched = own !== null && Math.abs(own.mtimeMs - row.lastModifiedMs) < SAME_TIME_MS ? own : null;
      if (this.#adopted === before) await this.#forAll([row], () => [candidate], vouched);
    }
    return this.#adopted > before;
  }

  /** Is the file of a stored archive what the vault has? null: the vault has lost it. Throws AppError VAULT_*, STORE_*. */
  async ask(row: ArchiveRow, file: string): Promise<ProvenFile | 'other' | 'unknown' | null> {
    return row.goneAtMs === null ? compareWithVault(this.#context, row, file) : null;
  }

  async #forAll(
    rows: Iterable<ArchiveRow>,
    candidates: (row: ArchiveRow) => Iterable<Candidate>,
    vouched: OwnSum | null = null,
  ): Promise<void> {
    const limit = pLimit(CONCURRENCY);
    const proving = new Set<Promise<void>>();
    const publishing = new Set<Promise<void>>();
    for (const row of rows) {
      if (this.over) break;
      track(
        proving,
        limit(async () => {
          const publication = await this.#attempt(row, candidates(row), vouched);
          if (publication !== null) track(publishing, publication.done);
        }),
      );
      while (limit.pendingCount > 0) await Promise.race(proving);
      while (publishing.size >= MAX_UNPUBLISHED) await Promise.race(publishing);
    }
    await Promise.all(proving);
    await Promise.all(publishing);
    this.#tally.throwDefect();
  }

  /** Never rejects. Resolves when the file is proven, with its publication; null when there is no such file. */
  async #attempt(row: ArchiveRow, candidates: Iterable<Candidate>, vouched: OwnSum | null): Promise<Published | null> {
    if (this.over) return null;
    try {
      for (const candidate of candidates) {
        if (this.#taken.has(candidate.file) || this.#context.claims.isOthers(candidate, row)) continue;
        this.#taken.add(candidate.file);
        const proven = await this.#prove(row, candidate, vouched).catch((error: unknown) => {
          this.#taken.delete(candidate.file);
          throw error;
        });
        if (proven !== null) return { done: this.#publish(row, candidate, proven) };
        this.#taken.delete(candidate.file);
      }
    } catch (error) {
      this.#tally.note(row.key, error);
    } finally {
      this.#context.progress.finished(row.key);
    }
    return null;
  }

  async #prove(row: ArchiveRow, { file }: Candidate, vouched: OwnSum | null): Promise<ProvenFile | null> {
    const { progress } = this.#context;
    const found = await compareWithVault(this.#context, row, file, {
      advanced: (bytes) => progress.advanced(bytes),
      inTurn: (work) => this.#reading(work),
    });
    if (found === 'unknown' && vouched !== null) {
      return { sha256: vouched.sha256, proof: 'own-sums', suspect: null, file: vouched.file };
    }
    return found === 'other' || found === 'unknown' ? null : found;
  }

  async #publish(row: ArchiveRow, candidate: Candidate, proven: ProvenFile): Promise<void> {
    const { catalog, publisher, mayHaveVersions } = this.#context;
    const path = candidate.path ?? this.#places.chooseFree(row);
    this.#places.promise(path);
    try {
      if (row.state !== 'wanted') catalog.archives.makeAdoptable(row.id);
      const isArchive = (): boolean => this.#context.claims.isStored(candidate.relativePath);
      const { file, ...proof } = proven;
      const partial = new FoundFile({ path: candidate.file, moves: candidate.path === null, proven: file, isArchive });
      await publisher.publish({ row, path, partial, ...proof, mayHaveVersions: mayHaveVersions(row) });
      this.#tally.succeeded();
      this.#adopted += 1;
      this.#adoptedBytes += row.sizeBytes;
    } catch (error) {
      this.#tally.note(row.key, error);
    } finally {
      this.#places.release(path);
      this.#taken.delete(candidate.file);
    }
  }

  *#rowsWithoutFile(): Generator<ArchiveRow> {
    const { catalog, vault } = this.#context;
    let after: ArchiveRow | null = null;
    for (;;) {
      const rows: ArchiveRow[] = catalog.archives.page({ vault: vault.name, storedOnly: false }, after, PAGE);
      for (const row of rows) if (lacksFile(row)) yield row;
      after = rows.at(-1) ?? null;
      if (after === null) return;
    }
  }
}

interface Published {
  readonly done: Promise<void>;
}

function track(set: Set<Promise<void>>, promise: Promise<void>): void {
  set.add(promise);
  promise.finally(() => set.delete(promise));
}
