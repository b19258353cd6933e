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
  extended_at: number | null;
  known_event: number;
  awaits_release: number;
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
      requireTimes(() => `freeze ${row.id}`, row.began_at, row.extended_at);
      return {
        id: row.id,
        vault: row.vault,
        series: row.series,
        cause: row.cause,
        reason: row.reason,
        beganAtMs: row.began_at,
        throughId: row.through_id,
        extendedAtMs: row.extended_at,
        knownEvent: row.known_event,
        awaitsRelease: row.awaits_release === 1,
      };
    });
  }

  /** The highest number of an archive now; 0 without any. */
  newestId(): number {
    return this.#sql.first<{ id: number }>('SELECT coalesce(max(id), 0) AS id FROM archives')?.id ?? 0;
  }

  /**
   * Holds everything that the catalog knows of the series now, or up to another number. A freeze of the same cause that holds already goes on
   * unchanged: false.
   */
  begin(
    {
      vault,
      series,
      cause,
      reason,
      awaitsRelease = false,
    }: Pick<Freeze, 'vault' | 'series' | 'cause' | 'reason'> & Partial<Pick<Freeze, 'awaitsRelease'>>,
    nowMs: number,
    throughId: number = this.newestId(),
  ): boolean {
    const sql = `INSERT INTO freezes (vault, series, cause, reason, began_at, through_id, awaits_release, known_event)
      SELECT ?, ?, ?, ?, ?, ?, ?, ${NEWEST_EVENT}
      WHERE NOT EXISTS (SELECT 1 FROM freezes WHERE vault = ? AND series = ? AND cause = ? AND ended_at IS NULL)`;
    const values = [vault, series, cause, reason, nowMs, throughId, awaitsRelease ? 1 : 0, vault, series, cause];
    return this.#sql.run(sql, ...values) === 1;
  }

  /** It holds up to that number as well, for this reason; never less than before. */
  extend(id: number, { throughId, reason }: Pick<Freeze, 'throughId' | 'reason'>, nowMs: number): void {
    const sql = `UPDATE freezes SET through_id = max(through_id, ?), reason = ?, extended_at = ?, known_event = ${NEWEST_EVENT}
      WHERE id = ? AND ended_at IS NULL`;
    this.#sql.run(sql, throughId, reason, nowMs, id);
  }

  /** Only the owner ends it from now on. */
  awaitRelease(id: number): void {
    this.#sql.run('UPDATE freezes SET awaits_release = 1 WHERE id = ? AND ended_at IS NULL', id);
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
      `UPDATE freezes SET ended_at = ?, ended_because = ?, known_event = ${NEWEST_EVENT},
         released_through_id = (SELECT coalesce(max(id), 0) FROM archives)
       WHERE id = ? AND ended_at IS NULL`,
      nowMs,
      because,
      id,
    );
  }

  /** What the owner's releases of each cause of each series cover. */
  releases(): Release[] {
    return this.#sql.all<Release>(
      `SELECT vault, series, cause, max(released_through_id) AS throughId, max(known_event) AS knownEvent
       FROM freezes WHERE released_through_id IS NOT NULL GROUP BY vault, series, cause`,
    );
  }
}

const NEWEST_EVENT = '(SELECT coalesce(max(id), 0) FROM history)';
