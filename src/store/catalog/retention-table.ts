import type { ArchiveState } from '../../core/archive.ts';
import { whyUnsound } from '../../core/sound-archive.ts';
import type { ArchiveRow } from './archive-row.ts';
import type { CatalogDatabase } from './catalog-database.ts';
import { SOUND } from './sound-condition.ts';
import { Statements } from './statements.ts';

/** As much of an archive as retention looks at: short, because a series may have a hundred thousand. Times are milliseconds since 1970 UTC. */
export interface RetentionRow {
  readonly id: number;
  readonly key: string;
  readonly sizeBytes: number;
  readonly lastModifiedMs: number;
  readonly state: ArchiveState;
  readonly isDamaged: boolean;
  readonly isSuspect: boolean;
  /** See `whyUnsound`. */
  readonly isUnsound: boolean;
  readonly isPinned: boolean;
  readonly isAccepted: boolean;
  readonly announcedAtMs: number | null;
  readonly firstSeenMs: number;
}

interface RetentionColumns {
  id: number;
  key: string;
  size_bytes: number;
  last_modified: number;
  state: ArchiveState;
  damaged: number;
  suspect: number;
  unsound: number;
  pinned: number;
  accepted: number;
  announced_at: number | null;
  first_seen_at: number;
}

/**
 * What the keep rules do to the rows of `archives`: announce, remove, not want. Nothing here looks at the rules; the database's own triggers
 * refuse what is pinned or was not announced.
 */
export class RetentionTable {
  readonly #sql: Statements;

  constructor(db: CatalogDatabase) {
    this.#sql = new Statements(db);
  }

  /** All archives of a series that are not pruned, newest first by S3's clock. */
  *ofSeries(vault: string, series: string): Generator<RetentionRow> {
    const rows = this.#sql
      .prepare(
        `SELECT id, key, size_bytes, last_modified, state, damaged_at IS NOT NULL AS damaged, suspect IS NOT NULL AS suspect,
           NOT (${SOUND}) AS unsound,
           EXISTS (SELECT 1 FROM pins WHERE archive_id = archives.id) AS pinned, accepted_at IS NOT NULL AS accepted, announced_at, first_seen_at
         FROM archives WHERE vault = ? AND series = ? AND state <> 'pruned' ORDER BY last_modified DESC, id DESC`,
      )
      .iterate(vault, series) as IterableIterator<RetentionColumns>;
    for (const row of rows) {
      yield {
        id: row.id,
        key: row.key,
        sizeBytes: row.size_bytes,
        lastModifiedMs: row.last_modified,
        state: row.state,
        isDamaged: row.damaged === 1,
        isSuspect: row.suspect === 1,
        isUnsound: row.unsound === 1,
        isPinned: row.pinned === 1,
        isAccepted: row.accepted === 1,
        announcedAtMs: row.announced_at,
        firstSeenMs: row.first_seen_at,
      };
    }
  }

  /**
   * What of a series a plan of what is wanted depends on, as a text to compare: which archives there are, and which of them cannot be counted on. That
   * something wanted is stored by now changes nothing of it.
   */
  standing(vault: string, series: string): string {
    const sql = `SELECT count(*), max(id), sum(state = 'held'), sum(state = 'unavailable'), sum(state = 'pruned'), sum(damaged_at IS NOT NULL),
        sum(suspect IS NOT NULL), sum(accepted_at IS NOT NULL), (SELECT count(*) FROM pins)
      FROM archives WHERE vault = ? AND series = ?`;
    return JSON.stringify(this.#sql.first(sql, vault, series));
  }

  /** Series, configured or not, of which something is not wanted; null: of none. */
  unwantedSeries(): { vault: string; series: string | null }[] {
    return this.#sql.all("SELECT DISTINCT vault, series FROM archives WHERE state = 'unwanted'");
  }

  /** The newest archive, by the vault's clock, that was pruned with a reason that begins with these words; null: none was. */
  newestPrunedFor(vault: string, series: string, reasonPrefix: string): number | null {
    const sql = `SELECT max(last_modified) AS ms FROM archives WHERE vault = ? AND series = ? AND state = 'pruned'
      AND substr(reason, 1, length(?)) = ?`;
    return this.#sql.first<{ ms: number | null }>(sql, vault, series, reasonPrefix, reasonPrefix)?.ms ?? null;
  }

  /** Everything of a series that was not wanted goes back into the queue. Returns how much that is. */
  wantAllAgain(vault: string, series: string | null): number {
    const sql = "UPDATE archives SET state = 'wanted' WHERE vault = ? AND series IS ? AND state = 'unwanted'";
    return this.#sql.run(sql, vault, series);
  }

  /**
   * What keep rules have removed of a series, with the highest number of an archive then; where the history does not tell it any more, the archive's own,
   * which is certainly no higher. In no order.
   */
  *removedOf(vault: string, series: string): Generator<{ readonly key: string; readonly throughId: number }> {
    const rows = this.#sql
      .prepare(
        `SELECT archives.id AS id, archives.key AS key, CASE WHEN json_valid(history.detail) THEN history.detail ->> '$.throughId' END AS throughId
         FROM archives JOIN history ON history.archive_id = archives.id
         WHERE archives.vault = ? AND archives.series = ? AND archives.state = 'pruned' AND history.event = 'archive.pruned'`,
      )
      .iterate(vault, series) as IterableIterator<{ id: number; key: string; throughId: unknown }>;
    for (const { id, key, throughId } of rows) {
      yield { key, throughId: Number.isSafeInteger(throughId) ? Math.max(id, Number(throughId)) : id };
    }
  }

  /** How many archives `ofSeries` has. */
  countOfSeries(vault: string, series: string): number {
    const sql = "SELECT count(*) AS n FROM archives WHERE vault = ? AND series = ? AND state <> 'pruned'";
    return this.#sql.first<{ n: number }>(sql, vault, series)?.n ?? 0;
  }

  /** Is anything of the series waiting for download? */
  hasWanted(vault: string, series: string): boolean {
    const sql = "SELECT 1 FROM archives WHERE vault = ? AND series = ? AND state = 'wanted' LIMIT 1";
    return this.#sql.first(sql, vault, series) !== null;
  }

  markUnwanted(id: number): void {
    this.#sql.run("UPDATE archives SET state = 'unwanted' WHERE id = ? AND state = 'wanted'", id);
  }

  /** Back into the queue: the rules, or what they count, have changed. */
  markWantedAgain(id: number): void {
    this.#sql.run("UPDATE archives SET state = 'wanted' WHERE id = ? AND state = 'unwanted'", id);
  }

  announce(id: number, atMs: number): void {
    this.#sql.run(
      "UPDATE archives SET announced_at = ? WHERE id = ? AND state = 'stored' AND announced_at IS NULL",
      atMs,
      id,
    );
  }

  /** It is not planned any more: a later plan has to announce it anew. */
  withdraw(id: number): void {
    this.#sql.run('UPDATE archives SET announced_at = NULL WHERE id = ? AND announced_at IS NOT NULL', id);
  }

  /** Series, configured or not, of which something is announced; null: of none. */
  announcedSeries(): { vault: string; series: string | null }[] {
    return this.#sql.all('SELECT DISTINCT vault, series FROM archives WHERE announced_at IS NOT NULL');
  }

  /** What is announced of a series, or of none. */
  announcedOf(vault: string, series: string | null): { id: number; key: string }[] {
    const sql = 'SELECT id, key FROM archives WHERE announced_at IS NOT NULL AND vault = ? AND series IS ? ORDER BY id';
    return this.#sql.all(sql, vault, series);
  }

  /** Has the series another verified archive that is as new or newer, and sound if this one is? Without one, the triggers refuse to remove this one. */
  hasAsNew(row: ArchiveRow): boolean {
    const sql = `SELECT 1 FROM archives WHERE vault = ? AND series = ? AND last_modified >= ? AND id <> ? AND state = 'stored'
      AND damaged_at IS NULL AND suspect IS NULL AND (? OR ${SOUND}) LIMIT 1`;
    const { vault, series, lastModifiedMs, id } = row;
    return this.#sql.first(sql, vault, series, lastModifiedMs, id, whyUnsound(row) === null ? 0 : 1) !== null;
  }

  /**
   * First step of a removal, with the reason that stays; the triggers refuse what is pinned, not announced or the newest of its series.
   * False: it is not stored any more.
   */
  markRemoving(id: number, reason: string): boolean {
    return (
      this.#sql.run(
        "UPDATE archives SET state = 'removing', reason = ? WHERE id = ? AND state = 'stored'",
        reason,
        id,
      ) === 1
    );
  }

  /** Last step: the file is gone. Its row stays, so that it is not pulled again. */
  markPruned(id: number): void {
    this.#sql.run(
      "UPDATE archives SET state = 'pruned', path = NULL, announced_at = NULL WHERE id = ? AND state = 'removing'",
      id,
    );
  }

  /** A removal that was interrupted before the file was touched is taken back; it stays announced. */
  markStoredAgain(id: number): void {
    this.#sql.run("UPDATE archives SET state = 'stored', reason = NULL WHERE id = ? AND state = 'removing'", id);
  }

  /** Rows that a crash left half removed. */
  removing(limit: number): ArchiveRow[] {
    return this.#sql.archives("SELECT * FROM archives WHERE state = 'removing' ORDER BY id LIMIT ?", limit);
  }

  /** Never was on the disk, and left the vault; its pin keeps its row. */
  markLost(id: number, reason: string): void {
    const sql = `UPDATE archives SET state = 'unavailable', reason = ?, refused_at = NULL
      WHERE id = ? AND state IN ('wanted', 'unwanted', 'held', 'unavailable')`;
    this.#sql.run(sql, reason, id);
  }

  /** The owner does not want what was held, unavailable or unwanted: never asked about again, never pulled. False: it is something else by now. */
  drop(id: number, reason: string): boolean {
    const sql = `UPDATE archives SET state = 'pruned', reason = ? WHERE id = ? AND state IN ('held', 'unavailable', 'unwanted', 'wanted')`;
    return this.#sql.run(sql, reason, id) === 1;
  }

  /**
   * The owner wants what he dropped, with a reason that begins with these words: back into the queue. It was never here. False: it is something else
   * by now, or gone.
   */
  takeBack(id: number, reasonPrefix: string, nowMs: number): boolean {
    const sql = `UPDATE archives SET state = 'wanted', reason = NULL, refused_at = NULL, accepted_at = ?
      WHERE id = ? AND state = 'pruned' AND sha256 IS NULL AND gone_at IS NULL AND substr(reason, 1, length(?)) = ?`;
    return this.#sql.run(sql, nowMs, id, reasonPrefix, reasonPrefix) === 1;
  }
}
