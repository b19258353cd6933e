import Database, { type Options } from 'better-sqlite3';
import { translateSqliteError } from './translate-sqlite-error.ts';

const EXECUTING = ['run', 'get', 'all'] as const;

/**
 * A connection whose statements fail in our words: a disk that fills or goes away while the catalog is read or written is the disk's
 * fault, whichever statement meets it first.
 */
export class CatalogDatabase extends Database {
  constructor(path: string, options: Options) {
    super(path, options);
    const prepare = this.prepare.bind(this);
    // Not a method that overrides: its generic type could only be stated by a cast.
    Object.defineProperty(this, 'prepare', {
      value: (source: string) => {
        const statement = inOurWords(() => prepare(source), path);
        for (const method of EXECUTING) {
          const execute: (...values: unknown[]) => unknown = statement[method].bind(statement);
          Object.defineProperty(statement, method, {
            value: (...values: unknown[]) => inOurWords(() => execute(...values), path),
          });
        }
        const iterate: (...values: unknown[]) => Iterable<unknown> = statement.iterate.bind(statement);
        Object.defineProperty(statement, 'iterate', {
          value: (...values: unknown[]) => rowsInOurWords(() => iterate(...values), path),
        });
        return statement;
      },
    });
  }
}

function inOurWords<T>(work: () => T, path: string): T {
  try {
    return work();
  } catch (error) {
    throw translateSqliteError(error, path);
  }
}

/** A row may fail to be read long after the first ones came. */
function* rowsInOurWords(begin: () => Iterable<unknown>, path: string): Generator<unknown> {
  try {
    yield* begin();
  } catch (error) {
    throw translateSqliteError(error, path);
  }
}
