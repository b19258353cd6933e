import type { ArchiveState } from '../../core/archive.ts';
import type { CatalogDatabase } from './catalog-database.ts';
import { Statements } from './statements.ts';

/** As much of an archive as the size check looks at. */
export interface SizeRow {
  readonly id: number;
  readonly key: string;
  readonly lastModifiedMs: number;
  readonly sizeBytes: number;
  /** On the disk, and nothing is known against it. What was a conflict is judged by the owner, one by one. */
  readonly isVerified: boolean;
}

/** When an archive was first listed, milliseconds since 1970 UTC. */
export interface ArrivalRow {
  readonly id: number;
  readonly key: string;
  readonly firstSeenAtMs: number;
}

export interface NewestJudged {
  readonly id: number;
  readonly vault: string;
  readonly key: string;
  readonly state: ArchiveState;
  readonly isDamaged: boolean;
}

/** What the rows say about whether a series looks as it should. Every statement is served by an index of the series. */
export class FreezeEvidence {
  readonly #sql: Statements;

  constructor(db: CatalogDatabase) {
    this.#sql = new Statements(db);
  }

  /** The newest archive by LastModified that is on the disk, or that could not be proven when it was downloaded. */
  newestJudged(vault: string, series: string): NewestJudged | null {
    const row = this.#sql.first<Omit<NewestJudged, 'isDamaged'> & { damaged: number }>(
      `SELECT id, vault, key, state, damaged_at IS NOT NULL AS damaged FROM archives WHERE vault = ? AND series = ?
         AND (state = 'stored' OR (state = 'unavailable' AND 'VERIFICATION_FAILED' = (SELECT CASE WHEN json_valid(detail) THEN detail ->> '$.code' END FROM history
           WHERE archive_id = archives.id AND event = 'archive.unavailable' ORDER BY history.id DESC LIMIT 1)))
       ORDER BY last_modified DESC, archives.id DESC LIMIT 1`,
      vault,
      series,
    );
    if (row === null) return null;
    const { damaged, ...judged } = row;
    return { ...judged, isDamaged: damaged === 1 };
  }

  /** The sizes of the series, newest first. `all`: also of what is not verified, or not here yet. */
  *sizes(vault: string, series: string, { all }: { readonly all: boolean }): Generator<SizeRow> {
    const rows = this.#sql
      .prepare(
        `SELECT id, key, last_modified, size_bytes, (state = 'stored' AND damaged_at IS NULL AND suspect IS NULL AND conflict_at IS NULL) AS verified
       FROM archives WHERE vault = ? AND series = ? AND state <> 'pruned' AND (? OR verified)
       ORDER BY last_modified DESC, id DESC`,
      )
      .iterate(vault, series, all ? 1 : 0) as IterableIterator<{
      id: number;
      key: string;
      last_modified: number;
      size_bytes: number;
      verified: number;
    }>;
    for (const row of rows) {
      yield {
        id: row.id,
        key: row.key,
        lastModifiedMs: row.last_modified,
        sizeBytes: row.size_bytes,
        isVerified: row.verified === 1,
      };
    }
  }

  /** How many were first listed after then; not counted beyond `limit`. */
  countArrivals(vault: string, series: string, afterMs: number, limit: number): number {
    const sql = `SELECT count(*) AS n FROM
      (SELECT 1 FROM archives WHERE vault = ? AND series = ? AND first_seen_at > ? LIMIT ?)`;
    return this.#sql.first<{ n: number }>(sql, vault, series, afterMs, limit)?.n ?? 0;
  }

  /** All that were first listed after then, in the order in which they were. */
  *arrivals(vault: string, series: string, afterMs: number): Generator<ArrivalRow> {
    const rows = this.#sql
      .prepare(
        `SELECT id, key, first_seen_at FROM archives WHERE vault = ? AND series = ? AND first_seen_at > ?
       ORDER BY first_seen_at, id`,
      )
      .iterate(vault, series, afterMs) as IterableIterator<{ id: number; key: string; first_seen_at: number }>;
    for (const row of rows) yield { id: row.id, key: row.key, firstSeenAtMs: row.first_seen_at };
  }

  /** When the last archive was first listed at or before then, or null. */
  lastArrivalMs(vault: string, series: string, byMs: number): number | null {
    const sql = `SELECT first_seen_at AS at FROM archives WHERE vault = ? AND series = ? AND first_seen_at <= ?
      ORDER BY first_seen_at DESC LIMIT 1`;
    return this.#sql.first<{ at: number }>(sql, vault, series, byMs)?.at ?? null;
  }

  /** How many on the disk were first listed at or before then; not counted beyond `limit`. */
  countStored(vault: string, series: string, byMs: number, limit: number): number {
    const sql = `SELECT count(*) AS n FROM
      (SELECT 1 FROM archives WHERE vault = ? AND series = ? AND first_seen_at <= ? AND state = 'stored' LIMIT ?)`;
    return this.#sql.first<{ n: number }>(sql, vault, series, byMs, limit)?.n ?? 0;
  }

  /** The number of the event that told of the vault's present trouble, or null. */
  problemEvent(vault: string): number | null {
    const sql = `SELECT id FROM history WHERE event = 'vault.problem' AND vault = ? ORDER BY id DESC LIMIT 1`;
    return this.#sql.first<{ id: number }>(sql, vault)?.id ?? null;
  }
}
