import type { QueueGroup } from './archive-records.ts';
import type { ArchiveRow } from './archive-row.ts';
import type { CatalogDatabase } from './catalog-database.ts';
import { Statements } from './statements.ts';

/** The archives that wait for download, as far as the catalog knows; in which order they come is `jobs/wanted-queue.ts`. */
export class DownloadQueue {
  readonly #sql: Statements;

  constructor(db: CatalogDatabase) {
    this.#sql = new Statements(db);
  }

  /** What waits for download, one group for each vault and series. */
  groups(): QueueGroup[] {
    return this.#sql
      .prepare(
        `SELECT vault, series, count(*) AS archives, sum(size_bytes) AS bytes FROM archives WHERE state = 'wanted'
       GROUP BY vault, series ORDER BY vault, series`,
      )
      .all() as QueueGroup[];
  }

  /** The next wanted archives of a group, newest first, after the given one. */
  next(group: { vault: string; series: string | null }, after: ArchiveRow | null, limit: number): ArchiveRow[] {
    return this.#sql.archives(
      `SELECT * FROM archives WHERE state = 'wanted' AND vault = ? AND series IS ?
         AND (last_modified, id) < (?, ?) ORDER BY last_modified DESC, id DESC LIMIT ?`,
      group.vault,
      group.series,
      after?.lastModifiedMs ?? Number.MAX_SAFE_INTEGER,
      after?.id ?? 0,
      limit,
    );
  }
}
