import { AppError, isAppError } from '../../core/errors.ts';
import { ArchiveCounts } from './archive-counts.ts';
import { ArchiveSearch } from './archive-search.ts';
import { ArchiveTable } from './archive-table.ts';
import { AttentionTable } from './attention-table.ts';
import type { CatalogDatabase } from './catalog-database.ts';
import { DoubtTable } from './doubt-table.ts';
import { DownloadQueue } from './download-queue.ts';
import { findFlaw } from './find-flaw.ts';
import { FreezeEvidence } from './freeze-evidence.ts';
import { FreezeTable } from './freeze-table.ts';
import { HistoryTable } from './history-table.ts';
import { KnownArchives } from './known-archives.ts';
import { NewestArchives } from './newest-archives.ts';
import { PinTable } from './pin-table.ts';
import { RefusalTable } from './refusal-table.ts';
import { RetentionTable } from './retention-table.ts';
import { RoomTable } from './room-table.ts';
import { ScrubTable } from './scrub-table.ts';
import { translateSqliteError } from './translate-sqlite-error.ts';

/**
 * The SQLite database in the store: one row for each archive known, the history of what was done, a few facts. All SQL of the program
 * lives in this folder.
 */
export class Catalog {
  readonly archives: ArchiveTable;
  readonly counts: ArchiveCounts;
  readonly newest: NewestArchives;
  readonly queue: DownloadQueue;
  readonly known: KnownArchives;
  readonly search: ArchiveSearch;
  readonly attention: AttentionTable;
  readonly doubts: DoubtTable;
  readonly history: HistoryTable;
  readonly retention: RetentionTable;
  readonly pins: PinTable;
  readonly freezes: FreezeTable;
  readonly freezeEvidence: FreezeEvidence;
  readonly scrub: ScrubTable;
  readonly room: RoomTable;
  readonly refusals: RefusalTable;
  readonly #db: CatalogDatabase;

  constructor(db: CatalogDatabase) {
    this.#db = db;
    this.archives = new ArchiveTable(db);
    this.counts = new ArchiveCounts(db);
    this.newest = new NewestArchives(db);
    this.queue = new DownloadQueue(db);
    this.known = new KnownArchives(db);
    this.search = new ArchiveSearch(db);
    this.attention = new AttentionTable(db);
    this.doubts = new DoubtTable(db);
    this.history = new HistoryTable(db);
    this.retention = new RetentionTable(db);
    this.pins = new PinTable(db);
    this.freezes = new FreezeTable(db);
    this.freezeEvidence = new FreezeEvidence(db);
    this.scrub = new ScrubTable(db);
    this.room = new RoomTable(db);
    this.refusals = new RefusalTable(db);
  }

  /** Runs `work` (synchronous, no await inside) and commits all of it or nothing. */
  transaction<T>(work: () => T): T {
    try {
      return this.#db.transaction(work).immediate();
    } catch (error) {
      throw translateSqliteError(error, this.#db.name);
    }
  }

  /** Runs `work` (synchronous, reads only) on one state of the catalog, whatever another process commits meanwhile. */
  snapshot<T>(work: () => T): T {
    try {
      return this.#db.transaction(work).deferred();
    } catch (error) {
      throw translateSqliteError(error, this.#db.name);
    }
  }

  fact(name: string): string | null {
    const row = this.#db.prepare<[string], { value: string }>('SELECT value FROM facts WHERE name = ?').get(name);
    return row?.value ?? null;
  }

  /** The names of all facts that begin so and have this value. */
  factNames(prefix: string, value: string): string[] {
    const sql = 'SELECT name FROM facts WHERE substr(name, 1, length(?)) = ? AND value = ? ORDER BY name';
    return this.#db
      .prepare<string[], { name: string }>(sql)
      .all(prefix, prefix, value)
      .map(({ name }) => name);
  }

  /** Writes only what changes, so that a pass without news leaves the disk asleep. */
  setFact(name: string, value: string): void {
    if (this.fact(name) === value) return;
    this.#db
      .prepare('INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value')
      .run(name, value);
  }

  /**
   * A number that grows with every change that is made through this object: "did this pass write anything?" Not with what says nothing new, for which
   * neither an index page nor a copy is worth its writing (`noteRefusedAgain`).
   */
  changeCount(): number {
    const row = this.#db.prepare<[], { n: number }>('SELECT total_changes() AS n').get();
    return (row?.n ?? 0) - this.refusals.noNews;
  }

  /** A number that is another one after other connections have committed something. https://www.sqlite.org/pragma.html#pragma_data_version */
  foreignVersion(): number {
    return Number(this.#db.pragma('data_version', { simple: true }));
  }

  /** Copies the whole catalog into a new file (`VACUUM INTO`), which must not exist. */
  copyTo(path: string): void {
    try {
      // Not a statement of its own, whose failure would be told of this database instead of the copy.
      this.#db.exec(`VACUUM INTO '${path.replaceAll("'", "''")}'`);
    } catch (error) {
      const translated = translateSqliteError(error, path);
      // Nothing can be wrong with a file that did not exist: what cannot be read is this one.
      throw isAppError(translated, 'CATALOG_CORRUPT') ? translateSqliteError(error, this.#db.name) : translated;
    }
  }

  /** As `check`, and everything else that SQLite can check, the indexes against the tables too. */
  checkThoroughly(): void {
    this.#check(true);
  }

  /** Reads all of it, a quarter of a second for 100,000 archives. Throws CATALOG_CORRUPT naming the first fault. */
  check(): void {
    this.#check(false);
  }

  #check(thoroughly: boolean): void {
    let flaw: string | null;
    try {
      flaw = findFlaw(this.#db, thoroughly);
    } catch (error) {
      throw translateSqliteError(error, this.#db.name);
    }
    if (flaw !== null) throw new AppError('CATALOG_CORRUPT', `${this.#db.name} is damaged: ${flaw}`);
  }

  close(): void {
    this.#db.close();
  }
}
