import type { ArchiveRow } from './archive-row.ts';
import type { CatalogDatabase } from './catalog-database.ts';
import { Statements } from './statements.ts';

/** What needs the owner, and that he has taken note of it: on the rows of `archives`. */
export class AttentionTable {
  readonly #sql: Statements;

  constructor(db: CatalogDatabase) {
    this.#sql = new Statements(db);
  }

  /** Everything that may need him, newest first; what each row means is decided by core/attention. `beforeId` continues. */
  candidates(limit: number, beforeId: number = Number.MAX_SAFE_INTEGER): ArchiveRow[] {
    return this.#sql.archives(
      `SELECT * FROM archives WHERE (state IN ('held', 'unavailable', 'removing') OR damaged_at IS NOT NULL OR gone_at IS NOT NULL
         OR conflict_at IS NOT NULL OR suspect IS NOT NULL) AND id < ? ORDER BY id DESC LIMIT ?`,
      beforeId,
      limit,
    );
  }

  acknowledgeConflict(id: number, nowMs: number): void {
    this.#sql
      .prepare('UPDATE archives SET conflict_acknowledged_at = ? WHERE id = ? AND conflict_at IS NOT NULL')
      .run(nowMs, id);
  }

  acknowledgeGone(id: number, nowMs: number): void {
    this.#sql
      .prepare('UPDATE archives SET gone_acknowledged_at = ? WHERE id = ? AND gone_at IS NOT NULL')
      .run(nowMs, id);
  }

  /** Takes back the acknowledgement of all archives of a key that are gone from the vault. */
  unacknowledgeGone(vault: string, key: string): void {
    this.#sql
      .prepare('UPDATE archives SET gone_acknowledged_at = NULL WHERE vault = ? AND key = ? AND gone_at IS NOT NULL')
      .run(vault, key);
  }

  acknowledgeSuspect(id: number): void {
    this.#sql.prepare('UPDATE archives SET suspect = NULL WHERE id = ?').run(id);
  }
}
