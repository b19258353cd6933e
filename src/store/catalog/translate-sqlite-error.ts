import Database from 'better-sqlite3';
import { AppError } from '../../core/errors.ts';
import { isRefused } from '../is-refused.ts';

/** SQLite's words in ours; anything that is not SQLite's, and what only a defect can cause (a broken constraint), is handed back as it is. */
export function translateSqliteError(error: unknown, path: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const { code } = error;
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    return new AppError('CATALOG_CORRUPT', `${path} is damaged: ${error.message}`, { cause: error });
  }
  if (code === 'SQLITE_FULL') return new AppError('STORE_FULL', `no space to write ${path}`, { cause: error });
  if (/^SQLITE_(?:READONLY|CANTOPEN)/.test(code) && isRefused(path))
    return new AppError('STORE_FORBIDDEN', `${path} cannot be opened or written by this user`);
  if (code.startsWith('SQLITE_READONLY'))
    return new AppError('STORE_READ_ONLY', `${path} cannot be written: ${error.message}`, { cause: error });
  if (code.startsWith('SQLITE_IOERR')) return new AppError('STORE_IO', `${path}: ${error.message}`, { cause: error });
  if (code.startsWith('SQLITE_CANTOPEN'))
    return new AppError('STORE_MISSING', `${path} cannot be opened`, { cause: error });
  if (code.startsWith('SQLITE_BUSY'))
    return new AppError('STORE_LOCKED', `${path} is in use by another program`, { cause: error });
  // Our statements and triggers are constant: a table, column or database that they do not find has been damaged away.
  if (code === 'SQLITE_ERROR' && DAMAGED_SCHEMA.test(error.message))
    return new AppError('CATALOG_CORRUPT', `${path} is damaged: ${error.message}`, { cause: error });
  return error;
}

const DAMAGED_SCHEMA =
  /^(?:no such (?:table|column|index|function)|(?:table|index|trigger) \S+ already exists|duplicate column|malformed|unsupported file format)/;
