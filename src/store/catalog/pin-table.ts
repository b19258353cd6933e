import type { CatalogDatabase } from './catalog-database.ts';
import { requireTimes } from './require-sane.ts';
import { Statements } from './statements.ts';

/** The owner's "never delete". Times are milliseconds since 1970 UTC. */
export interface Pin {
  readonly archiveId: number;
  readonly pinnedAtMs: number;
  readonly reason: string;
  /** null: until it is taken off. */
  readonly expiresAtMs: number | null;
}

interface PinColumns {
  archive_id: number;
  pinned_at: number;
  reason: string;
  expires_at: number | null;
}

/** The table `pins`; a trigger of the database refuses to remove what is in it. */
export class PinTable {
  readonly #sql: Statements;

  constructor(db: CatalogDatabase) {
    this.#sql = new Statements(db);
  }

  of(archiveId: number): Pin | null {
    return this.#pins('SELECT * FROM pins WHERE archive_id = ?', archiveId)[0] ?? null;
  }

  /** All pins, the oldest archives first. */
  all(): Pin[] {
    return this.#pins('SELECT * FROM pins ORDER BY archive_id');
  }

  /** Pins whose time is over; they hold until somebody calls `unpin`. */
  expired(nowMs: number): Pin[] {
    return this.#pins('SELECT * FROM pins WHERE expires_at <= ? ORDER BY archive_id', nowMs);
  }

  /** Pins, or changes the pin's reason and end. The database refuses an archive that is being removed or is gone. */
  pin({ archiveId, pinnedAtMs, reason, expiresAtMs }: Pin): void {
    this.#sql.run(
      `INSERT INTO pins (archive_id, pinned_at, reason, expires_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (archive_id) DO UPDATE SET reason = excluded.reason, expires_at = excluded.expires_at`,
      archiveId,
      pinnedAtMs,
      reason,
      expiresAtMs,
    );
  }

  /** False: it was not pinned. */
  unpin(archiveId: number): boolean {
    return this.#sql.run('DELETE FROM pins WHERE archive_id = ?', archiveId) === 1;
  }

  #pins(sql: string, ...values: unknown[]): Pin[] {
    return this.#sql.all<PinColumns>(sql, ...values).map((row) => {
      requireTimes(() => `pin of archive ${row.archive_id}`, row.pinned_at, row.expires_at);
      return {
        archiveId: row.archive_id,
        pinnedAtMs: row.pinned_at,
        reason: row.reason,
        expiresAtMs: row.expires_at,
      };
    });
  }
}
