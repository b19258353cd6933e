import type { ListedObject } from '../../core/archive.ts';
import type { NewArchive, PageFilter, StoredArchive } from './archive-records.ts';
import type { ArchiveRow } from './archive-row.ts';
import type { CatalogDatabase } from './catalog-database.ts';
import { Statements } from './statements.ts';

/**
 * The rows of `archives`: how they come, what becomes of them, and what is asked about one of them. How many there are, which wait, and which are
 * the newest is in the files beside this one, as is what one purpose alone needs. Methods are synchronous; wrap several in `Catalog.transaction` to
 * commit them together.
 */
export class ArchiveTable {
  readonly #sql: Statements;

  constructor(db: CatalogDatabase) {
    this.#sql = new Statements(db);
  }

  byId(id: number): ArchiveRow | null {
    return this.#sql.archive('SELECT * FROM archives WHERE id = ?', id);
  }

  ofKey(vault: string, key: string): ArchiveRow[] {
    return this.#sql.archives(
      'SELECT * FROM archives WHERE vault = ? AND key = ? ORDER BY last_modified, id',
      vault,
      key,
    );
  }

  /** The archive that has this path below its vault's folder, or null. */
  atPath(vault: string, path: string): ArchiveRow | null {
    return this.#sql.archive('SELECT * FROM archives WHERE vault = ? AND path = ?', vault, path);
  }

  /** Does any archive of the vault have a key below this folder of keys? */
  hasKeyBelow(vault: string, folder: string): boolean {
    // '0' is the character after '/'.
    const sql = 'SELECT 1 FROM archives WHERE vault = ? AND key >= ? AND key < ? LIMIT 1';
    return this.#sql.first(sql, vault, `${folder}/`, `${folder}0`) !== null;
  }

  insert(vault: string, archive: NewArchive, nowMs: number): number {
    const { listed } = archive;
    const result = this.#sql
      .prepare(
        `INSERT INTO archives (vault, key, version_id, etag, size_bytes, last_modified, storage_class, series, state, reason,
         first_seen_at, conflict_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        vault,
        listed.key,
        listed.versionId,
        listed.etag,
        listed.sizeBytes,
        listed.lastModifiedMs,
        listed.storageClass,
        archive.series,
        archive.state,
        archive.reason,
        nowMs,
        archive.conflict ? nowMs : null,
      );
    return Number(result.lastInsertRowid);
  }

  /** An archive first seen without a version gains it. */
  gainVersion(id: number, versionId: string): void {
    this.#sql.prepare('UPDATE archives SET version_id = ? WHERE id = ? AND version_id IS NULL').run(versionId, id);
  }

  /** An archive that was known by its file alone gains what the vault says of it. */
  gainIdentity(id: number, { versionId, etag, lastModifiedMs, storageClass }: ListedObject): void {
    this.#sql.run(
      'UPDATE archives SET version_id = ?, etag = ?, last_modified = ?, storage_class = ? WHERE id = ?',
      versionId,
      etag,
      lastModifiedMs,
      storageClass,
      id,
    );
  }

  setSeries(id: number, series: string | null): void {
    this.#sql.prepare('UPDATE archives SET series = ? WHERE id = ?').run(series, id);
  }

  markGone(id: number, nowMs: number): void {
    this.#sql
      .prepare(
        'UPDATE archives SET gone_at = ?, gone_acknowledged_at = NULL, noted = noted & ~4 WHERE id = ? AND gone_at IS NULL',
      )
      .run(nowMs, id);
  }

  /** The vault has it again. What was never downloaded, and is known for its pin alone, waits for download again. */
  markBack(id: number): void {
    const isLost = "state = 'unavailable' AND gone_at IS NOT NULL";
    this.#sql.run(
      `UPDATE archives SET state = CASE WHEN ${isLost} THEN 'wanted' ELSE state END, reason = CASE WHEN ${isLost} THEN NULL ELSE reason END,
         gone_at = NULL, gone_acknowledged_at = NULL WHERE id = ?`,
      id,
    );
  }

  /** Forgets an archive that never was on the disk; the triggers refuse any other, and what is pinned. */
  forgetUnstored(id: number): void {
    this.#sql
      .prepare("DELETE FROM archives WHERE id = ? AND state IN ('wanted', 'unwanted', 'held', 'unavailable')")
      .run(id);
  }

  markUnavailable(id: number, reason: string): void {
    this.#sql
      .prepare(
        "UPDATE archives SET state = 'unavailable', reason = ?, refused_at = NULL WHERE id = ? AND state = 'wanted'",
      )
      .run(reason, id);
  }

  markHeld(id: number, reason: string): void {
    this.#sql
      .prepare("UPDATE archives SET state = 'held', reason = ? WHERE id = ? AND state = 'wanted'")
      .run(reason, id);
  }

  /** Puts an archive that was held or unavailable back into the queue. False: it is something else by now, or gone from the vault. */
  markWanted(id: number, acceptedAtMs: number | null): boolean {
    const sql = `UPDATE archives SET state = 'wanted', reason = NULL, refused_at = NULL, accepted_at = coalesce(?, accepted_at)
       WHERE id = ? AND state IN ('held', 'unavailable') AND gone_at IS NULL`;
    return this.#sql.run(sql, acceptedAtMs, id) === 1;
  }

  /** An archive whose file is here already needs no download, whatever kept it from being wanted. */
  makeAdoptable(id: number): void {
    this.#sql.run(
      "UPDATE archives SET state = 'wanted', reason = NULL, refused_at = NULL WHERE id = ? AND state IN ('unwanted', 'held', 'unavailable')",
      id,
    );
  }

  recordStored(stored: StoredArchive, nowMs: number): void {
    this.#sql
      .prepare(
        `UPDATE archives SET state = 'stored', reason = NULL, refused_at = NULL, path = ?, sha256 = ?, proof = ?, suspect = ?, stored_at = ?, verified_at = ?,
         conflict_at = CASE WHEN ? THEN NULL WHEN ? THEN coalesce(conflict_at, ?) ELSE conflict_at END,
         noted = noted & ~2 & CASE WHEN conflict_at IS NULL THEN ~1 ELSE ~0 END
       WHERE id = ? AND state = 'wanted'`,
      )
      .run(
        stored.path,
        stored.sha256,
        stored.proof,
        stored.suspect,
        nowMs,
        nowMs,
        stored.clearsConflict ? 1 : 0,
        stored.isConflict ? 1 : 0,
        nowMs,
        stored.id,
      );
  }

  recordVerified(id: number, nowMs: number): void {
    const sql = `UPDATE archives SET verified_at = ?, damaged_at = NULL, reason = CASE WHEN damaged_at IS NULL THEN reason END WHERE id = ?`;
    this.#sql.run(sql, nowMs, id);
  }

  /** @param why what is wrong with its file, for a person; null: nobody knows */
  recordDamaged(id: number, nowMs: number, why: string | null = null): void {
    this.#sql.run('UPDATE archives SET damaged_at = ?, reason = coalesce(?, reason) WHERE id = ?', nowMs, why, id);
  }

  /** Is there another archive of this key that the vault still has? */
  isPresentOtherwise(vault: string, key: string, exceptId: number): boolean {
    const sql = 'SELECT 1 FROM archives WHERE vault = ? AND key = ? AND id <> ? AND gone_at IS NULL LIMIT 1';
    return this.#sql.prepare(sql).get(vault, key, exceptId) !== undefined;
  }

  /** Is this content stored under this key already? */
  hasStoredContent(vault: string, key: string, sha256: string): boolean {
    const sql = "SELECT 1 FROM archives WHERE vault = ? AND key = ? AND state = 'stored' AND sha256 = ? LIMIT 1";
    return this.#sql.prepare(sql).get(vault, key, sha256) !== undefined;
  }

  /** Is other content stored that the listing cannot tell from this: same key, ETag and size? */
  hasStoredDouble(listed: { vault: string; key: string; etag: string; sizeBytes: number }, sha256: string): boolean {
    // The plus keeps SQLite from going by the index over sizes: a hundred thousand archives may all have the same.
    const sql = `SELECT 1 FROM archives WHERE vault = ? AND key = ? AND state = 'stored' AND etag = ? AND +size_bytes = ?
      AND sha256 <> ? LIMIT 1`;
    return this.#sql.prepare(sql).get(listed.vault, listed.key, listed.etag, listed.sizeBytes, sha256) !== undefined;
  }

  /** What stands at a path below the vault's folder, as far as the catalog knows. */
  occupant(vault: string, path: string): 'file' | 'folder' | null {
    if (this.#sql.prepare('SELECT 1 FROM archives WHERE vault = ? AND path = ?').get(vault, path) !== undefined)
      return 'file';
    // '0' is the character after '/', so this range holds every path below the folder and nothing else.
    const below = this.#sql.prepare('SELECT 1 FROM archives WHERE vault = ? AND path > ? AND path < ? LIMIT 1');
    return below.get(vault, `${path}/`, `${path}0`) === undefined ? null : 'folder';
  }

  /** Rows in key order, `limit` at a time: for lists, verification and rebuilding SHA256SUMS without holding them all. */
  page(filter: PageFilter, after: ArchiveRow | null, limit: number): ArchiveRow[] {
    return this.#sql.archives(
      `SELECT * FROM archives
       WHERE (vault, key, last_modified, id) > (?, ?, ?, ?) AND (? IS NULL OR vault = ?) AND (? IS NULL OR series = ?)
         AND (? OR state IN ('stored', 'removing'))
       ORDER BY vault, key, last_modified, id LIMIT ?`,
      after?.vault ?? '',
      after?.key ?? '',
      after?.lastModifiedMs ?? Number.MIN_SAFE_INTEGER,
      after?.id ?? 0,
      filter.vault ?? null,
      filter.vault ?? null,
      filter.series ?? null,
      filter.series ?? null,
      filter.storedOnly ? 0 : 1,
      limit,
    );
  }
}
