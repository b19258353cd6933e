import { AppError } from '../../core/errors.ts';
import { CatalogDatabase } from './catalog-database.ts';
import { MIGRATIONS } from './migrations.ts';
import { translateSqliteError } from './translate-sqlite-error.ts';

/** SQLite page cache of the writing connection. Small: the mirror shares a Pi's memory with its downloads. */
const CACHE_KIB = 4096;

/**
 * Opens the catalog for writing and brings its schema up to date. WAL with synchronous FULL: a committed row survives a power cut
 * (https://www.sqlite.org/pragma.html#pragma_synchronous).
 *
 * @throws AppError CATALOG_NEWER when a later release wrote it, CATALOG_CORRUPT when SQLite cannot read it,
 * STORE_WRONG when it describes another store.
 */
export function openCatalogForWriting(args: { path: string; storeId: string; mustExist: boolean }): CatalogDatabase {
  return guarded(args.path, () => {
    const db = new CatalogDatabase(args.path, { fileMustExist: args.mustExist });
    try {
      db.pragma('journal_mode = WAL');
      db.pragma('synchronous = FULL');
      db.pragma(`cache_size = -${CACHE_KIB}`);
      db.pragma('foreign_keys = ON');
      db.pragma('trusted_schema = OFF');
      db.pragma('busy_timeout = 5000');
      if (args.mustExist) requireSchema(db, args.path);
      migrate(db, args.path);
      claim(db, args.path, args.storeId);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

/**
 * Opens a catalog that will not be written: status, list, restore, while another process may be writing.
 *
 * @param args.storeId the store that it has to describe; null: whichever it is
 * @throws AppError as openCatalogForWriting
 */
export function openCatalogForReading(args: { path: string; storeId: string | null }): CatalogDatabase {
  return guarded(args.path, () => {
    const db = new CatalogDatabase(args.path, { readonly: true, fileMustExist: true });
    try {
      db.pragma('busy_timeout = 5000');
      db.pragma(`cache_size = -${CACHE_KIB}`);
      requireSchema(db, args.path);
      if (args.storeId !== null) requireOwner(db, args.path, args.storeId);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

/** Was it written by an earlier release, so that what this one asks for is not in it yet? Opening it for writing brings it up to date. */
export function isOfEarlierRelease(db: CatalogDatabase): boolean {
  return Number(db.pragma('user_version', { simple: true })) < MIGRATIONS.length;
}

function migrate(db: CatalogDatabase, path: string): void {
  const done = checkVersion(db, path);
  for (const [step, sql] of MIGRATIONS.entries()) {
    if (step < done) continue;
    db.transaction(() => {
      db.exec(sql);
      db.pragma(`user_version = ${step + 1}`);
    }).immediate();
  }
}

function checkVersion(db: CatalogDatabase, path: string): number {
  const version = Number(db.pragma('user_version', { simple: true }));
  if (version > MIGRATIONS.length) {
    throw new AppError('CATALOG_NEWER', `${path} has schema ${version}; this release knows ${MIGRATIONS.length}`);
  }
  return version;
}

/** An emptied file is a good database, and would declare all that is on the disk foreign. */
function requireSchema(db: CatalogDatabase, path: string): void {
  if (checkVersion(db, path) === 0) throw new AppError('CATALOG_CORRUPT', `${path} is damaged: it is empty`);
}

function claim(db: CatalogDatabase, path: string, storeId: string): void {
  const insert = db.prepare<[string]>("INSERT INTO facts (name, value) VALUES ('store_id', ?) ON CONFLICT DO NOTHING");
  if (ownerOf(db) === undefined) insert.run(storeId);
  requireOwner(db, path, storeId);
}

function ownerOf(db: CatalogDatabase): string | undefined {
  return db.prepare<[], { value: string }>("SELECT value FROM facts WHERE name = 'store_id'").get()?.value;
}

/** A catalog describes the disk it lies on; one that was copied from another disk would declare that disk's archives present here. */
function requireOwner(db: CatalogDatabase, path: string, storeId: string): void {
  const owner = ownerOf(db);
  if (owner !== storeId) {
    const message = `${path} belongs to store ${owner ?? 'unknown'}, but the marker beside it says ${storeId}`;
    throw new AppError('STORE_WRONG', message, {
      hint: 'Somebody mixed the files of two stores. If the catalog came from another disk, `pullmirror rebuild` puts it aside and makes the right one; if the marker (store.json) did, put the right one back.',
    });
  }
}

function guarded<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw translateSqliteError(error, path);
  }
}
