import type { VaultExpiries } from '../../core/attention.ts';
import type { DoubtCause } from '../../core/keep/freeze.ts';
import { needing, needingWhateverExpires } from './attention-table.ts';
import type { CatalogDatabase } from './catalog-database.ts';
import { Statements } from './statements.ts';

/** The archives of one series that need the owner for one cause, and are a reason to freeze it. */
export interface DoubtCount {
  readonly vault: string;
  readonly series: string;
  readonly count: number;
  /** So many of them have not been noted. */
  readonly fresh: number;
  /** The newest of those, or null. */
  readonly freshId: number | null;
}

interface SeriesName {
  readonly vault: string;
  readonly series: string;
}

/** Its bit in `archives.noted`. */
const BITS: Readonly<Record<DoubtCause, number>> = { conflict: 1, suspect: 2, orphan: 4 };

/** What freezes have been made for, on the rows of `archives`: each doubt freezes its series once, whatever the clocks say. */
export class DoubtTable {
  readonly #sql: Statements;

  constructor(db: CatalogDatabase) {
    this.#sql = new Statements(db);
  }

  count(cause: DoubtCause, expiries: VaultExpiries): DoubtCount[] {
    const { from, values } = needing(cause, expiries);
    const isFresh = `noted & ${BITS[cause]} = 0`;
    return this.#sql.all<DoubtCount>(
      `SELECT vault, series, count(*) AS count, sum(${isFresh}) AS fresh, max(CASE WHEN ${isFresh} THEN id END) AS freshId
       FROM ${from} AND series IS NOT NULL GROUP BY vault, series`,
      ...values,
    );
  }

  /** They have frozen their series: they are no reason any more to begin or extend a freeze. */
  note(cause: DoubtCause, series: SeriesName, expiries: VaultExpiries): void {
    const { from, values } = needing(cause, expiries);
    this.#note(cause, from, values, series);
  }

  /** The owner has released their series: the same for those, too, that an expiry explains by the present configuration. */
  noteAll(cause: DoubtCause, series: SeriesName): void {
    this.#note(cause, needingWhateverExpires(cause), [], series);
  }

  isNoted(archiveId: number, cause: DoubtCause): boolean {
    return this.#sql.first(`SELECT 1 FROM archives WHERE id = ? AND noted & ${BITS[cause]} <> 0`, archiveId) !== null;
  }

  #note(cause: DoubtCause, from: string, values: readonly (string | number)[], { vault, series }: SeriesName): void {
    const bit = BITS[cause];
    const sql = `UPDATE archives SET noted = noted | ${bit}
      WHERE id IN (SELECT id FROM ${from} AND vault = ? AND series = ? AND noted & ${bit} = 0)`;
    this.#sql.run(sql, ...values, vault, series);
  }
}
