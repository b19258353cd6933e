import type { Freeze, FreezeCause, Release } from '../../core/keep/freeze.ts';
import type { CatalogDatabase } from './catalog-database.ts';
import { requireTimes } from './require-sane.ts';
import { Statements } from './statements.ts';

export type { Freeze } from '../../core/keep/freeze.ts';

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
    return this.#sql.all<FreezeColumns>('SELECT * FROM freezes WHERE ended_at IS NULL ORDER BY id').map((row) => {
      requireTimes(() => `freeze ${row.id}`, row.began_at);
      return {
        id: row.id,
        vault: row.vault,
        series: row.series,
        cause: row.cause,
        reason: row.reason,
        beganAtMs: row.began_at,
        throughId: row.through_id,
      };
    });
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

  /** The owner ends it: what the catalog knows now is not held for this cause again. */
  release(id: number, because: string, nowMs: number): void {
    this.#sql.run(
      `UPDATE freezes SET ended_at = ?, ended_because = ?, released_through_id = (SELECT coalesce(max(id), 0) FROM archives)
       WHERE id = ? AND ended_at IS NULL`,
      nowMs,
      because,
      id,
    );
  }

  /** The owner's last release of each cause of each series. */
  releases(): Release[] {
    return this.#sql.all<Release>(
      `SELECT vault, series, cause, max(ended_at) AS atMs, max(released_through_id) AS throughId
       FROM freezes WHERE released_through_id IS NOT NULL GROUP BY vault, series, cause`,
    );
  }
}
