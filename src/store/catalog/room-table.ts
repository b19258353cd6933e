import type { QueueGroup } from './archive-records.ts';
import type { ArchiveRow } from './archive-row.ts';
import type { CatalogDatabase } from './catalog-database.ts';
import { Statements } from './statements.ts';

/** With the words of the index that is named, or SQLite may not use it; without its name it reads the whole table in the order that is asked for. */
const HELD = "state = 'held' AND state IN ('held', 'unavailable', 'removing')";

/** What waits for room on the disk: in the queue, or held until there is some. On the rows of `archives`. */
export class RoomTable {
  readonly #sql: Statements;

  constructor(db: CatalogDatabase) {
    this.#sql = new Statements(db);
  }

  /** The smallest archive of a vault that waits for download and is none of these, or null. */
  smallestWanted(vault: string, except: ReadonlySet<number>): { id: number; sizeBytes: number } | null {
    const sql = `SELECT id, size_bytes AS sizeBytes FROM archives WHERE state = 'wanted' AND vault = ?
      ORDER BY size_bytes, id LIMIT ?`;
    const smallest = this.#sql.all<{ id: number; sizeBytes: number }>(sql, vault, except.size + 1);
    return smallest.find(({ id }) => !except.has(id)) ?? null;
  }

  /** Held archives of a vault whose reason begins with these words, a page at a time, the last that became known first. */
  heldFor(vault: string, reasonPrefix: string, beforeId: number, limit: number): ArchiveRow[] {
    return this.#sql.archives(
      `SELECT * FROM archives INDEXED BY archives_attention WHERE ${HELD} AND vault = ? AND substr(reason, 1, length(?)) = ? AND id < ?
       ORDER BY id DESC LIMIT ?`,
      vault,
      reasonPrefix,
      reasonPrefix,
      beforeId,
      limit,
    );
  }

  /** How many archives are held with a reason that begins with these words, one group for each vault and series. */
  heldGroups(reasonPrefix: string): QueueGroup[] {
    return this.#sql.all(
      `SELECT vault, series, count(*) AS archives, sum(size_bytes) AS bytes FROM archives INDEXED BY archives_attention
       WHERE ${HELD} AND substr(reason, 1, length(?)) = ? GROUP BY vault, series ORDER BY vault, series`,
      reasonPrefix,
      reasonPrefix,
    );
  }

  /**
   * What waits, in the queue or held with a reason that begins with these words, and is older than all that is stored of its series, of which at
   * least so many are. Not what the owner accepted or pinned.
   */
  olderThanStored(floor: number, reasonPrefix: string): (QueueGroup & { readonly state: 'wanted' | 'held' })[] {
    return this.#sql.all(
      `WITH oldest AS (SELECT vault, series, min(last_modified) AS at FROM archives WHERE state = 'stored' AND series IS NOT NULL
         GROUP BY vault, series HAVING count(*) >= ?)
       SELECT archives.vault, archives.series, state, count(*) AS archives, sum(size_bytes) AS bytes
       FROM archives JOIN oldest ON oldest.vault = archives.vault AND oldest.series = archives.series
       WHERE (state = 'wanted' OR (state = 'held' AND substr(reason, 1, length(?)) = ?)) AND last_modified < oldest.at
         AND accepted_at IS NULL AND NOT EXISTS (SELECT 1 FROM pins WHERE archive_id = archives.id)
       GROUP BY archives.vault, archives.series, state`,
      floor,
      reasonPrefix,
      reasonPrefix,
    );
  }
}
