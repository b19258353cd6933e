import type { ArchiveRow } from './archive-row.ts';
import type { CatalogDatabase } from './catalog-database.ts';
import { SOUND } from './sound-condition.ts';
import { Statements } from './statements.ts';

/** Which archives are the newest: by the vault's clock, or by their keys. */
export class NewestArchives {
  readonly #sql: Statements;

  constructor(db: CatalogDatabase) {
    this.#sql = new Statements(db);
  }

  /** The greatest key of a series in UTF-8 byte order, or null. */
  key(vault: string, series: string): string | null {
    const row = this.#sql
      .prepare('SELECT max(key) AS key FROM archives WHERE vault = ? AND series = ?')
      .get(vault, series);
    return (row as { key: string | null }).key;
  }

  /** The newest stored archives by S3's clock; `atMs` leaves out what came later. */
  stored(filter: NewestFilter, limit: number): ArchiveRow[] {
    return this.#sql.archives(
      `SELECT * FROM archives WHERE state = 'stored' AND ${WHICH[filter.which ?? 'right']} AND (? IS NULL OR vault = ?)
         AND (? IS NULL OR series = ?) AND (? IS NULL OR key = ?) AND last_modified <= ?
       ORDER BY last_modified DESC, id DESC LIMIT ?`,
      filter.vault ?? null,
      filter.vault ?? null,
      filter.series ?? null,
      filter.series ?? null,
      filter.key ?? null,
      filter.key ?? null,
      filter.atMs ?? Number.MAX_SAFE_INTEGER,
      limit,
    );
  }

  /** The newest archive of the series that is stored, and since when, or null. */
  ofSeries(vault: string, series: string): { readonly lastModifiedMs: number; readonly takenAtMs: number } | null {
    const sql = `SELECT last_modified AS lastModifiedMs, ifnull(stored_at, first_seen_at) AS takenAtMs FROM archives
      WHERE vault = ? AND series = ? AND state = 'stored' ORDER BY last_modified DESC, id DESC LIMIT 1`;
    return this.#sql.first<{ lastModifiedMs: number; takenAtMs: number }>(sql, vault, series);
  }

  /** All stored archives by S3's clock, newest first, a page at a time. */
  storedPage(before: ArchiveRow | null, limit: number): ArchiveRow[] {
    return this.#sql.archives(
      `SELECT * FROM archives WHERE state = 'stored' AND (last_modified, id) < (?, ?) ORDER BY last_modified DESC, id DESC LIMIT ?`,
      before?.lastModifiedMs ?? Number.MAX_SAFE_INTEGER,
      before?.id ?? 0,
      limit,
    );
  }
}

export interface NewestFilter {
  readonly vault?: string;
  readonly series?: string;
  readonly key?: string;
  readonly atMs?: number;
  /** The right ones unless said. */
  readonly which?: keyof typeof WHICH;
}

/** sound: see `whyUnsound`. undated: as sound, but no vault has told their time. right: undamaged. */
const WHICH = {
  sound: SOUND,
  undated: "(damaged_at IS NULL AND suspect IS NULL AND conflict_at IS NULL AND etag LIKE 'own-sums:%')",
  right: 'damaged_at IS NULL',
  any: 'TRUE',
} as const;
