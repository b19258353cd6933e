import type { FreezeCause } from '../../core/keep/freeze.ts';
import type { CatalogDatabase } from './catalog-database.ts';
import { Statements } from './statements.ts';

/** Retention held for a series. Times are milliseconds since 1970 UTC. */
export interface Freeze {
  readonly id: number;
  readonly vault: string;
  readonly series: string;
  readonly cause: FreezeCause;
  /** What looks wrong and what ends the freeze, for a person. */
  readonly reason: string;
  readonly beganAtMs: number;
  /** It holds the archives up to this number: those that existed when it began. */
  readonly throughId: number;
}

interface FreezeColumns {
  id: number;
  vault: string;
  series: string;
  cause: FreezeCause;
  reason: string;
  began_at: number;
  through_id: number;
}

/** The table `freezes`: a row for each, open until it has ended; never deleted. */
export class FreezeTable {
  readonly #sql: Statements;

  constructor(db: CatalogDatabase) {
    this.#sql = new Statements(db);
  }

  /** The freezes that hold now, the oldest first. */
  open(): Freeze[] {
    return this.#sql.all<FreezeColumns>('SELECT * FROM freezes WHERE ended_at IS NULL ORDER BY id').map((row) => ({
      id: row.id,
      vault: row.vault,
      series: row.series,
      cause: row.cause,
      reason: row.reason,
      beganAtMs: row.began_at,
      throughId: row.through_id,
    }));
  }

  /** Holds everything that the catalog knows of the series now. A freeze of the same cause that holds already goes on unchanged: false. */
  begin(freeze: Pick<Freeze, 'vault' | 'series' | 'cause' | 'reason'>, nowMs: number): boolean {
    const sql = `INSERT INTO freezes (vault, series, cause, reason, began_at, through_id)
      VALUES (?, ?, ?, ?, ?, (SELECT coalesce(max(id), 0) FROM archives)) ON CONFLICT DO NOTHING`;
    return this.#sql.run(sql, freeze.vault, freeze.series, freeze.cause, freeze.reason, nowMs) === 1;
  }

  end(id: number, because: string, nowMs: number): void {
    this.#sql.run(
      'UPDATE freezes SET ended_at = ?, ended_because = ? WHERE id = ? AND ended_at IS NULL',
      nowMs,
      because,
      id,
    );
  }
}
