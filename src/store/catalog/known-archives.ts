import { ARCHIVE_STATES, type ArchiveState } from '../../core/archive.ts';
import type { KnownArchive } from '../../core/compare-listing.ts';
import type { CatalogDatabase } from './catalog-database.ts';
import { requireOneOf, requireTimes } from './require-sane.ts';
import { Statements } from './statements.ts';

interface KnownColumns {
  id: number;
  key: string;
  version_id: string | null;
  etag: string;
  size_bytes: number;
  last_modified: number;
  state: ArchiveState;
  gone_at: number | null;
}

/** As much of the rows of `archives` as a comparison with a listing looks at. */
export class KnownArchives {
  readonly #sql: Statements;

  constructor(db: CatalogDatabase) {
    this.#sql = new Statements(db);
  }

  /**
   * Rows with `from` <= key < `before` in UTF-8 byte order (SQLite's BINARY collation), the order of an S3 listing; tombstones too. Between two keys
   * of a listing there may be any number of them: each is read when it is asked for, and until the last one was nothing can be written. Throws
   * CATALOG_CORRUPT.
   */
  *inKeyRange(vault: string, from: string, before: string): Generator<KnownArchive> {
    const rows = this.#sql
      .prepare(
        `SELECT id, key, version_id, etag, size_bytes, last_modified, state, gone_at FROM archives
       WHERE vault = ? AND key >= ? AND key < ? ORDER BY key`,
      )
      .iterate(vault, from, before) as IterableIterator<KnownColumns>;
    for (const row of rows) {
      const where = (): string => `archive ${row.id}`;
      requireTimes(where, row.last_modified, row.gone_at);
      requireOneOf(where, ARCHIVE_STATES, row.state);
      yield {
        id: row.id,
        key: row.key,
        versionId: row.version_id,
        etag: row.etag,
        sizeBytes: row.size_bytes,
        lastModifiedMs: row.last_modified,
        state: row.state,
        goneAtMs: row.gone_at,
      };
    }
  }
}
