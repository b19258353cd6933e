import { DAY_MS } from '../../core/duration.ts';
import { FILE_COST_BYTES, type ScrubLoad } from '../../core/scrub-share.ts';
import type { ArchiveRow } from './archive-row.ts';
import type { CatalogDatabase } from './catalog-database.ts';
import { ifSane, parseJsonColumn, requireTimes } from './require-sane.ts';
import { Statements } from './statements.ts';

/** What was found in place of an archive when it was found damaged. */
export interface DamageFinding {
  readonly kind: string;
  /** Follows the file's name. */
  readonly why: string;
  /** SHA-256 of what lay there, where it was read to its end; the size where only that was wrong. */
  readonly foundSha256: string | null;
  readonly foundBytes: number | null;
}

export interface RepairFailure {
  readonly atMs: number;
  readonly code: string;
}

export const DAMAGED_EVENT = 'archive.damaged';
export const REPAIR_FAILED_EVENT = 'archive.repair-failed';

/** What scrubbing and repairing ask of the catalog. */
export class ScrubTable {
  readonly #sql: Statements;

  constructor(db: CatalogDatabase) {
    this.#sql = new Statements(db);
  }

  /**
   * Undamaged stored archives last hashed before then, the longest ago first; never hashed comes before all, and a time that has not come yet
   * (the clock was wrong) says nothing.
   */
  due(verifiedBeforeMs: number, nowMs: number, limit: number): ArchiveRow[] {
    const never = this.#undamaged('verified_at IS NULL', limit);
    const ahead = this.#undamaged('verified_at > ?', limit - never.length, nowMs);
    const due = this.#undamaged('verified_at < ?', limit - never.length - ahead.length, verifiedBeforeMs);
    return [...never, ...ahead, ...due];
  }

  /** How much was hashed when, a row for each day (UTC), the longest ago first. Reads the whole table. */
  load(): ScrubLoad[] {
    const sql = `SELECT min(verified_at) AS verifiedAtMs, sum(size_bytes + ?) AS bytes FROM archives
      WHERE state = 'stored' AND damaged_at IS NULL GROUP BY verified_at / ? ORDER BY verified_at`;
    return this.#sql.all<ScrubLoad>(sql, FILE_COST_BYTES, DAY_MS);
  }

  /** When anything on the disk was hashed last, at this time or before, or null. Reads the whole table. */
  lastHashedMs(atMs: number): number | null {
    const sql = "SELECT max(verified_at) AS ms FROM archives WHERE state = 'stored' AND verified_at <= ?";
    return this.#sql.first<{ ms: number | null }>(sql, atMs)?.ms ?? null;
  }

  /** How many of them there are. */
  dueTotal(verifiedBeforeMs: number, nowMs: number): { readonly archives: number; readonly bytes: number } {
    const sql = `SELECT count(*) AS archives, ifnull(sum(size_bytes), 0) AS bytes FROM archives WHERE state = 'stored' AND damaged_at IS NULL
      AND (verified_at IS NULL OR verified_at < ? OR verified_at > ?)`;
    return (
      this.#sql.first<{ archives: number; bytes: number }>(sql, verifiedBeforeMs, nowMs) ?? { archives: 0, bytes: 0 }
    );
  }

  /** Stored archives of a vault whose file is wrong or missing. */
  damaged(vault: string, afterId: number, limit: number): ArchiveRow[] {
    return this.#sql.archives(
      "SELECT * FROM archives WHERE damaged_at IS NOT NULL AND state = 'stored' AND vault = ? AND id > ? ORDER BY id LIMIT ?",
      vault,
      afterId,
      limit,
    );
  }

  /** All vaults that have damaged archives, whether the configuration names them or not. */
  damagedVaults(): string[] {
    const sql = "SELECT DISTINCT vault FROM archives WHERE damaged_at IS NOT NULL AND state = 'stored' ORDER BY vault";
    return this.#sql.all<{ vault: string }>(sql).map(({ vault }) => vault);
  }

  /** Undamaged stored archives with the same content. */
  twins({ id, sizeBytes, sha256 }: Pick<ArchiveRow, 'id' | 'sizeBytes' | 'sha256'>, limit: number): ArchiveRow[] {
    return this.#sql.archives(
      `SELECT * FROM archives WHERE size_bytes = ? AND sha256 = ? AND state = 'stored' AND damaged_at IS NULL AND id <> ? ORDER BY id LIMIT ?`,
      sizeBytes,
      sha256,
      id,
      limit,
    );
  }

  /** Is it the recorded SHA-256 of any archive, in whatever state? Reads the whole table. */
  hasContent(sha256: string): boolean {
    return this.#sql.first('SELECT 1 FROM archives WHERE sha256 = ? LIMIT 1', sha256) !== null;
  }

  /** A damaged archive with this content, or null. */
  lacking(sha256: string): ArchiveRow | null {
    return this.#sql.archive(
      "SELECT * FROM archives WHERE damaged_at IS NOT NULL AND state = 'stored' AND sha256 = ? ORDER BY id LIMIT 1",
      sha256,
    );
  }

  /** What the last check that called it damaged had found, or null. */
  finding(archiveId: number): DamageFinding | null {
    const detail = this.#last(archiveId, DAMAGED_EVENT)?.detail;
    if (detail === undefined) return null;
    return {
      kind: String(detail.kind ?? 'unknown'),
      why: String(detail.why ?? 'is not what was verified'),
      foundSha256: typeof detail.foundSha256 === 'string' ? detail.foundSha256 : null,
      foundBytes: typeof detail.foundBytes === 'number' ? detail.foundBytes : null,
    };
  }

  /** The last repair that failed for a reason that does not pass by itself, or null. */
  lastFailure(archiveId: number): RepairFailure | null {
    const found = this.#last(archiveId, REPAIR_FAILED_EVENT);
    return found === null ? null : { atMs: found.atMs, code: String(found.detail.code) };
  }

  /** Its key is known with other content: once more, if the owner had taken note of an earlier conflict. */
  recordConflict(archiveId: number, nowMs: number): void {
    this.#sql.run(
      'UPDATE archives SET conflict_at = coalesce(conflict_at, ?), conflict_acknowledged_at = NULL, noted = noted & ~1 WHERE id = ?',
      nowMs,
      archiveId,
    );
  }

  /**
   * Gives a stored row, of which something else than the row itself has shown that a bit of its SHA-256 flipped, the right one; its file counts as
   * hashed now. The trigger lets nobody change what was verified but who says so first. To be called within a transaction.
   */
  correctSha256(archiveId: number, sha256: string, nowMs: number): void {
    this.#sql.run("INSERT INTO facts (name, value) VALUES ('correction', ?)", `${archiveId} ${sha256}`);
    this.#sql.run(
      "UPDATE archives SET sha256 = ?, verified_at = ?, damaged_at = NULL, reason = NULL WHERE id = ? AND state = 'stored'",
      sha256,
      nowMs,
      archiveId,
    );
    this.#sql.run("DELETE FROM facts WHERE name = 'correction'");
  }

  /** Each condition alone walks along the index; all in one would read the whole table. */
  #undamaged(condition: string, limit: number, ...values: number[]): ArchiveRow[] {
    return this.#sql.archives(
      `SELECT * FROM archives WHERE state = 'stored' AND damaged_at IS NULL AND ${condition} ORDER BY verified_at, id LIMIT ?`,
      ...values,
      limit,
    );
  }

  #last(archiveId: number, event: string): { atMs: number; detail: Record<string, unknown> } | null {
    const row = this.#sql.first<{ id: number; at: number; detail: string }>(
      'SELECT id, at, detail FROM history WHERE archive_id = ? AND event = ? ORDER BY id DESC LIMIT 1',
      archiveId,
      event,
    );
    if (row === null) return null;
    const where = (): string => `history ${row.id}`;
    // A damaged event is as good as none: the file is looked at again.
    return ifSane(() => {
      requireTimes(where, row.at);
      return { atMs: row.at, detail: parseJsonColumn(where, row.detail) };
    }).value;
  }
}
