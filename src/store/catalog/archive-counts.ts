import type { SeriesCounts } from '../../core/series-counts.ts';
import type { CatalogDatabase } from './catalog-database.ts';
import { AHEAD, SOUND } from './sound-condition.ts';
import { Statements } from './statements.ts';

/** How many archives there are in the catalog, of which series, in which state, and how much they are. */
export class ArchiveCounts {
  readonly #sql: Statements;

  constructor(db: CatalogDatabase) {
    this.#sql = new Statements(db);
  }

  /** Does the catalog know at least so many archives of the vault, gone ones too? Looks at no more than that. */
  knowsAtLeast(vault: string, count: number): boolean {
    const sql = 'SELECT 1 FROM archives WHERE vault = ? LIMIT 1 OFFSET ?';
    return this.#sql.prepare(sql).get(vault, count - 1) !== undefined;
  }

  /** How many archives of the vault a full listing should show: those not known to have left it. */
  present(vault: string): number {
    const sql = "SELECT count(*) AS n FROM archives WHERE vault = ? AND gone_at IS NULL AND state NOT IN ('removing')";
    return this.#sql.first<{ n: number }>(sql, vault)?.n ?? 0;
  }

  /** What is listed and not on the disk, of one vault or all. */
  withoutFile(vault: string | null = null): { archives: number; bytes: number } {
    const sql = `SELECT count(*) AS archives, coalesce(sum(size_bytes), 0) AS bytes FROM archives
      WHERE state IN ('wanted', 'unwanted', 'held', 'unavailable') AND (? IS NULL OR vault = ?)`;
    return this.#sql.first<{ archives: number; bytes: number }>(sql, vault, vault) ?? { archives: 0, bytes: 0 };
  }

  /**
   * Counts and sums for status, one row for each vault and series.
   *
   * @param hashedBeforeMs what was hashed last before then counts as overdue for it
   * @param hashedAfterMs what was hashed later than that counts as hashed at an unknown time
   */
  summary(
    hashedBeforeMs: number = Number.MIN_SAFE_INTEGER,
    hashedAfterMs: number = Number.MAX_SAFE_INTEGER,
  ): SeriesCounts[] {
    const rows = this.#sql
      .prepare(
        `SELECT vault, series,
         sum(state = 'stored') AS stored, sum(CASE WHEN state = 'stored' THEN size_bytes ELSE 0 END) AS storedBytes,
         sum(state = 'wanted') AS wanted, sum(CASE WHEN state = 'wanted' THEN size_bytes ELSE 0 END) AS wantedBytes,
         sum(state = 'held') AS held, sum(state = 'unavailable') AS unavailable,
         max(CASE WHEN state = 'stored' AND ${SOUND} THEN last_modified END) AS newestSoundMs,
         max(CASE WHEN state = 'stored' AND ${AHEAD} THEN last_modified END) AS newestAheadMs,
         max(CASE WHEN state = 'stored' AND (damaged_at IS NOT NULL OR suspect IS NOT NULL OR conflict_at IS NOT NULL OR ${AHEAD})
           THEN last_modified END) AS newestDoubtedMs,
         min(CASE WHEN state = 'stored' THEN verified_at END) AS oldestVerifiedMs,
         sum(state = 'stored' AND damaged_at IS NULL AND verified_at < ?) AS overdueForScrub,
         sum(state = 'stored' AND damaged_at IS NULL AND verified_at > ?) AS verifiedAhead,
         sum(state = 'unwanted') AS unwanted,
         sum(EXISTS (SELECT 1 FROM pins WHERE archive_id = archives.id)) AS pinned,
         sum(state = 'stored' AND announced_at IS NOT NULL) AS announced,
         sum(CASE WHEN state = 'stored' AND announced_at IS NOT NULL THEN size_bytes ELSE 0 END) AS announcedBytes,
         min(CASE WHEN state = 'stored' THEN announced_at END) AS firstAnnouncedMs
       FROM archives GROUP BY vault, series ORDER BY vault, series`,
      )
      .all(hashedBeforeMs, hashedAfterMs);
    return rows as SeriesCounts[];
  }

  /** All series that have archives, in any vault. */
  seriesNames(): { vault: string; series: string }[] {
    return this.#sql.prepare('SELECT DISTINCT vault, series FROM archives WHERE series IS NOT NULL').all() as {
      vault: string;
      series: string;
    }[];
  }
}
