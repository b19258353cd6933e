import type { ArchiveRow } from './archive-row.ts';
import type { CatalogDatabase } from './catalog-database.ts';
import { Statements } from './statements.ts';

/** What scrubbing and repairing ask of the rows of `archives`. */
export class ScrubTable {
  readonly #sql: Statements;

  constructor(db: CatalogDatabase) {
    this.#sql = new Statements(db);
  }

  /** Undamaged stored archives last hashed before then, the longest ago first. */
  due(verifiedBeforeMs: number, limit: number): ArchiveRow[] {
    return this.#sql.archives(
      `SELECT * FROM archives WHERE state = 'stored' AND damaged_at IS NULL AND verified_at < ? ORDER BY verified_at, id LIMIT ?`,
      verifiedBeforeMs,
      limit,
    );
  }

  /** Stored archives whose file is wrong or missing. */
  damaged(afterId: number, limit: number): ArchiveRow[] {
    return this.#sql.archives(
      "SELECT * FROM archives WHERE damaged_at IS NOT NULL AND state = 'stored' AND id > ? ORDER BY id LIMIT ?",
      afterId,
      limit,
    );
  }
}
