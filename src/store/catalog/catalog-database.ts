import Database, { type Options } from 'better-sqlite3';
import { translateSqliteError } from './translate-sqlite-error.ts';

const EXECUTING = ['run', 'get', 'all'] as const;
/** What triggers say that look into an index; what the others say is right whatever is the matter with it. */
const BY_INDEX = /takes no other's place/;

/**
 * A connection whose statements fail in our words: a disk that fills or goes away while the catalog is read or written is the disk's
 * fault, whichever statement meets it first.
 */
export class CatalogDatabase extends Database {
  constructor(path: string, options: Options) {
    super(path, options);
    const prepare = this.prepare.bind(this);
    const translate = (error: unknown): unknown => translateSqliteError(this.#damageBehind(error), path);
    // Not a method that overrides: its generic type could only be stated by a cast.
    Object.defineProperty(this, 'prepare', {
      value: (source: string) => {
        const statement = inOurWords(() => prepare(source), translate);
        for (const method of EXECUTING) {
          const execute: (...values: unknown[]) => unknown = statement[method].bind(statement);
          Object.defineProperty(statement, method, {
            value: (...values: unknown[]) => inOurWords(() => execute(...values), translate),
          });
        }
        const iterate: (...values: unknown[]) => Iterable<unknown> = statement.iterate.bind(statement);
        Object.defineProperty(statement, 'iterate', {
          value: (...values: unknown[]) => rowsInOurWords(() => iterate(...values), translate),
        });
        return statement;
      },
    });
  }

  /** An index that no longer fits its table refuses what is right: a broken constraint is our defect only in a database that is whole. */
  #damageBehind(error: unknown): unknown {
    if (!(error instanceof Database.SqliteError) || !error.code.startsWith('SQLITE_CONSTRAINT')) return error;
    if (error.code === 'SQLITE_CONSTRAINT_TRIGGER' && !BY_INDEX.test(error.message)) return error;
    const first = String(this.pragma('integrity_check(1)', { simple: true }));
    return first === 'ok' ? error : new Database.SqliteError(first, 'SQLITE_CORRUPT');
  }
}

type Translate = (error: unknown) => unknown;

function inOurWords<T>(work: () => T, translate: Translate): T {
  try {
    return work();
  } catch (error) {
    throw translate(error);
  }
}

/** A row may fail to be read long after the first ones came. */
function* rowsInOurWords(begin: () => Iterable<unknown>, translate: Translate): Generator<unknown> {
  try {
    yield* begin();
  } catch (error) {
    throw translate(error);
  }
}
