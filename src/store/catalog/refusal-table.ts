import type { ArchiveRow } from './archive-row.ts';
import type { CatalogDatabase } from './catalog-database.ts';
import { Statements } from './statements.ts';

/** What the vault refuses to give, on the rows of `archives`. */
export class RefusalTable {
  readonly #sql: Statements;
  #noNews = 0;

  constructor(db: CatalogDatabase) {
    this.#sql = new Statements(db);
  }

  /** What was to be downloaded cannot be. True: for the first time since the owner last said anything about it. */
  markRefused(id: number, reason: string, nowMs: number): boolean {
    const known = this.#sql.first('SELECT 1 FROM archives WHERE id = ? AND refused_at IS NOT NULL', id) !== null;
    const sql =
      "UPDATE archives SET state = 'unavailable', reason = ?, refused_at = ? WHERE id = ? AND state = 'wanted'";
    return this.#sql.run(sql, reason, nowMs, id) === 1 && !known;
  }

  /** What was last refused before then, or at a time that has not come yet (the clock was wrong), the longest ago first. */
  refusedBefore(vault: string, beforeMs: number, nowMs: number, limit: number): ArchiveRow[] {
    const sql = `SELECT * FROM archives INDEXED BY archives_refused WHERE vault = ? AND state = 'unavailable' AND refused_at IS NOT NULL
      AND (refused_at <= ? OR refused_at > ?) ORDER BY refused_at LIMIT ?`;
    return this.#sql.archives(sql, vault, beforeMs, nowMs, limit);
  }

  /** Back into the queue; that it was refused before stays known. */
  markAskedAgain(id: number): void {
    const sql =
      "UPDATE archives SET state = 'wanted', reason = NULL WHERE id = ? AND state = 'unavailable' AND refused_at IS NOT NULL";
    this.#sql.run(sql, id);
  }

  /** It was asked for, and not given, as before: only when that was is another. */
  noteRefusedAgain(id: number, nowMs: number): void {
    const sql = "UPDATE archives SET refused_at = ? WHERE id = ? AND state = 'unavailable' AND refused_at IS NOT NULL";
    this.#noNews += this.#sql.run(sql, nowMs, id);
  }

  /** How many of the changes that were made here say nothing new. */
  get noNews(): number {
    return this.#noNews;
  }

  /** What the vault has given before and still lists: the newest of each series, at most so many; where these are fewer than `least`, the newest of all. */
  givenBefore(vault: string, { most, least }: { readonly most: number; readonly least: number }): ArchiveRow[] {
    const given = "state = 'stored' AND gone_at IS NULL AND size_bytes > 0 AND etag NOT LIKE 'own-sums:%'";
    const ofSeries = this.#sql.archives(
      `SELECT * FROM archives WHERE id IN (SELECT (SELECT id FROM archives AS one WHERE one.vault = every.vault AND one.series IS every.series
         AND ${given} ORDER BY last_modified DESC, id DESC LIMIT 1)
         FROM (SELECT DISTINCT vault, series FROM archives WHERE vault = ?) AS every)
       ORDER BY last_modified DESC, id DESC LIMIT ?`,
      vault,
      most,
    );
    if (ofSeries.length >= least) return ofSeries;
    const ofAll = this.#sql.archives(
      `SELECT * FROM archives WHERE vault = ? AND ${given} ORDER BY last_modified DESC, id DESC LIMIT ?`,
      vault,
      least,
    );
    const byId = new Map([...ofSeries, ...ofAll].map((row) => [row.id, row]));
    return [...byId.values()].slice(0, least);
  }
}
