import type { Statement } from 'better-sqlite3';
import { type ArchiveColumns, type ArchiveRow, fromColumns } from './archive-row.ts';
import type { CatalogDatabase } from './catalog-database.ts';

/** The statements of one table, each prepared once. */
export class Statements {
  readonly #db: CatalogDatabase;
  readonly #prepared = new Map<string, Statement<unknown[], unknown>>();

  constructor(db: CatalogDatabase) {
    this.#db = db;
  }

  prepare(sql: string): Statement<unknown[], unknown> {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare<unknown[], unknown>(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }

  /** Number of rows changed. */
  run(sql: string, ...values: unknown[]): number {
    return this.prepare(sql).run(...values).changes;
  }

  /** The columns as SQLite returns them; the caller's statement says what they are. */
  all<Row>(sql: string, ...values: unknown[]): Row[] {
    return this.prepare(sql).all(...values) as Row[];
  }

  first<Row>(sql: string, ...values: unknown[]): Row | null {
    return (this.prepare(sql).get(...values) as Row | undefined) ?? null;
  }

  /** For `SELECT * FROM archives …`. */
  archives(sql: string, ...values: unknown[]): ArchiveRow[] {
    return this.all<ArchiveColumns>(sql, ...values).map(fromColumns);
  }

  archive(sql: string, ...values: unknown[]): ArchiveRow | null {
    return this.archives(sql, ...values)[0] ?? null;
  }
}
