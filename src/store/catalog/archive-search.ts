import type { ArchiveState } from '../../core/archive.ts';
import { type ArchiveColumns, type ArchiveRow, fromColumns } from './archive-row.ts';
import type { CatalogDatabase } from './catalog-database.ts';

/** All versions of one key: what a person names. */
export interface NamedKey {
  readonly vault: string;
  readonly key: string;
}

/** What `list` is asked for; what is left out is not asked about. */
export interface ListFilter {
  readonly vault?: string;
  readonly series?: string;
  readonly state?: ArchiveState;
  /** Only what is on the disk. */
  readonly storedOnly: boolean;
  readonly pinnedOnly: boolean;
  /** Only those whose removal is announced. */
  readonly announcedOnly: boolean;
}

/** Finds archives by what a person types. Each call reads the whole table once at most: fine for a command, not for a loop. */
export class ArchiveSearch {
  readonly #db: CatalogDatabase;

  constructor(db: CatalogDatabase) {
    this.#db = db;
  }

  /** Keys that are exactly this name, alone or behind their vault's name. */
  keysNamed(name: string, vault: string | null, limit: number): NamedKey[] {
    return this.#keys(`key = @name OR vault || '/' || key = @name`, name, vault, limit);
  }

  /** Keys whose last components are this name: 'a.gpg' for 'web1/a.gpg'. */
  keysEndingInComponents(name: string, vault: string | null, limit: number): NamedKey[] {
    return this.keysEndingIn(`/${name}`, vault, limit);
  }

  /** Keys that end in this text. */
  keysEndingIn(text: string, vault: string | null, limit: number): NamedKey[] {
    return this.#keys('substr(key, -length(@name)) = @name', text, vault, limit);
  }

  /** Archives stored at this path, below their vault's folder or below the store. */
  atPath(path: string, vault: string | null): ArchiveRow[] {
    return this.#db
      .prepare<[{ path: string; vault: string | null }], ArchiveColumns>(
        `SELECT * FROM archives WHERE (path = @path OR vault || '/' || path = @path) AND (@vault IS NULL OR vault = @vault)
         ORDER BY vault LIMIT 10`,
      )
      .all({ path, vault })
      .map(fromColumns);
  }

  /** In the order of their keys, a page at a time. */
  page(filter: ListFilter, after: ArchiveRow | null, limit: number): ArchiveRow[] {
    return this.#db
      .prepare<[Record<string, string | number | null>], ArchiveColumns>(
        `SELECT * FROM archives WHERE (vault, key, last_modified, id) > (@afterVault, @afterKey, @afterTime, @afterId)
           AND (@vault IS NULL OR vault = @vault) AND (@series IS NULL OR series = @series) AND (@state IS NULL OR state = @state)
           AND (@storedOnly = 0 OR state IN ('stored', 'removing'))
           AND (@pinnedOnly = 0 OR EXISTS (SELECT 1 FROM pins WHERE archive_id = archives.id))
           AND (@announcedOnly = 0 OR (announced_at IS NOT NULL AND state = 'stored'))
         ORDER BY vault, key, last_modified, id LIMIT @limit`,
      )
      .all({
        vault: filter.vault ?? null,
        series: filter.series ?? null,
        state: filter.state ?? null,
        storedOnly: Number(filter.storedOnly),
        pinnedOnly: Number(filter.pinnedOnly),
        announcedOnly: Number(filter.announcedOnly),
        afterVault: after?.vault ?? '',
        afterKey: after?.key ?? '',
        afterTime: after?.lastModifiedMs ?? Number.MIN_SAFE_INTEGER,
        afterId: after?.id ?? 0,
        limit,
      })
      .map(fromColumns);
  }

  #keys(condition: string, name: string, vault: string | null, limit: number): NamedKey[] {
    return this.#db
      .prepare<[{ name: string; vault: string | null; limit: number }], NamedKey>(
        `SELECT DISTINCT vault, key FROM archives WHERE (${condition}) AND (@vault IS NULL OR vault = @vault)
         ORDER BY vault, key LIMIT @limit`,
      )
      .all({ name, vault, limit });
  }
}
