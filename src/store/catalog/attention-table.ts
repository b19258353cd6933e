import { type AttentionCause, EXPIRY_MARGIN_MS, type VaultExpiries } from '../../core/attention.ts';
import { NO_ROOM } from '../../core/hold-decision.ts';
import type { ArchiveRow } from './archive-row.ts';
import type { CatalogDatabase } from './catalog-database.ts';
import { Statements } from './statements.ts';

/** How many archives of a series need the owner for one cause. `series` null: those of none. */
export interface AttentionCount {
  readonly vault: string;
  readonly series: string | null;
  readonly count: number;
}

/** Which of them are meant: those that the vault still has, or that it does not have any more. */
export type AttentionPart = 'all' | 'present' | 'gone';

/** The rows that core/attention gives a reason for; each has an index of that condition, `archives_need_<cause>`. */
const NEEDING: Readonly<Record<AttentionCause, string>> = {
  damaged: "damaged_at IS NOT NULL AND state <> 'pruned'",
  conflict: "conflict_at IS NOT NULL AND conflict_acknowledged_at IS NULL AND state <> 'pruned'",
  suspect: "suspect IS NOT NULL AND state <> 'pruned'",
  orphan: "state = 'stored' AND gone_at IS NOT NULL AND gone_acknowledged_at IS NULL",
  unavailable: "state = 'unavailable'",
  held: "state = 'held'",
};

const PARTS: Readonly<Record<AttentionPart, string>> = {
  all: '',
  present: ' AND gone_at IS NULL',
  gone: ' AND gone_at IS NOT NULL',
};

/** What needs the owner, and that he has taken note of it: on the rows of `archives`. */
export class AttentionTable {
  readonly #sql: Statements;

  constructor(db: CatalogDatabase) {
    this.#sql = new Statements(db);
  }

  /** How many need him for this cause, a row for each vault and series: exact, whatever their number. */
  countFor(cause: AttentionCause, expiries: VaultExpiries): AttentionCount[] {
    const { from, values } = needing(cause, expiries);
    return this.#sql.all(`SELECT vault, series, count(*) AS count FROM ${from} GROUP BY vault, series`, ...values);
  }

  /** The newest of those that need him for this cause. `beforeId` continues. */
  newestFor(
    cause: AttentionCause,
    expiries: VaultExpiries,
    options: { readonly limit: number; readonly beforeId?: number; readonly part?: AttentionPart },
  ): ArchiveRow[] {
    const { limit, beforeId = Number.MAX_SAFE_INTEGER, part = 'all' } = options;
    const { from, values } = needing(cause, expiries);
    // The numbers first: only the rows that are returned are read as a whole.
    return this.#sql.archives(
      `SELECT * FROM archives WHERE id IN (SELECT id FROM ${from}${PARTS[part]} AND id < ? ORDER BY id DESC LIMIT ?) ORDER BY id DESC`,
      ...values,
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
      .prepare(
        'UPDATE archives SET gone_acknowledged_at = NULL, noted = noted & ~4 WHERE vault = ? AND key = ? AND gone_at IS NOT NULL',
      )
      .run(vault, key);
  }

  acknowledgeSuspect(id: number): void {
    this.#sql.prepare('UPDATE archives SET suspect = NULL WHERE id = ?').run(id);
  }
}

/** `archives … WHERE …` for those that may need the owner for a cause; an expiry may explain some. */
export function needingWhateverExpires(cause: AttentionCause): string {
  return `archives INDEXED BY archives_need_${cause} WHERE ${NEEDING[cause]}`;
}

/** The same for those that do need him, as `attentionItems` decides it for a row. */
export function needing(cause: AttentionCause, expiries: VaultExpiries): { from: string; values: (string | number)[] } {
  const from = needingWhateverExpires(cause);
  if (cause === 'held')
    return { from: `${from} AND ifnull(substr(reason, 1, length(?)), '') <> ?`, values: [NO_ROOM, NO_ROOM] };
  if (cause !== 'orphan') return { from, values: [] };
  const explained = [...expiries].map(([vault, expiresAfterMs]) => [vault, expiresAfterMs - EXPIRY_MARGIN_MS] as const);
  const notExplained = explained.map(() => ' AND NOT (vault = ? AND gone_at >= last_modified + ?)').join('');
  return { from: from + notExplained, values: explained.flat() };
}
