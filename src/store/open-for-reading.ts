import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError, isAppError, systemCode } from '../core/errors.ts';
import { type AttachedStore, type AttachStoreArgs, attachStore } from './attached-store.ts';
import { Catalog } from './catalog/catalog.ts';
import type { CatalogDatabase } from './catalog/catalog-database.ts';
import { isOfEarlierRelease, openCatalogForReading, openCatalogForWriting } from './catalog/open-catalog.ts';
import { translateFsError } from './translate-fs-error.ts';

export interface ReadableStore {
  readonly store: AttachedStore;
  readonly catalog: Catalog;
  close(): void;
}

const COPY_TRIES = 5;

/**
 * A store and its catalog for commands that only look: no lock is taken, another process may be writing, and the disk may be mounted
 * read-only or belong to another user. Errors as `attachStore` in mode 'read', and CATALOG_CORRUPT (also when it is missing), CATALOG_NEWER,
 * STORE_WRONG when the catalog is that of another store.
 */
export function openStoreForReading(args: Omit<AttachStoreArgs, 'mode'>): ReadableStore {
  const store = attachStore({ ...args, mode: 'read' });
  const { db, discard } = openCatalog(store.catalogPath, store.marker.storeId);
  const catalog = new Catalog(db);
  return {
    store,
    catalog,
    close() {
      catalog.close();
      discard();
    },
  };
}

/** Throws what opening the catalog at `catalogPath` as that of the store `storeId` throws: STORE_WRONG, CATALOG_CORRUPT, CATALOG_NEWER. */
export function requireOwnCatalog(catalogPath: string, storeId: string): void {
  const { db, discard } = openCatalog(catalogPath, storeId);
  db.close();
  discard();
}

/**
 * A private copy of the catalog that may be written, to see what would become of it; `close` removes it. The store's own stays as it is.
 *
 * @throws AppError STORE_FULL when the directory for temporary files has no room for it, CATALOG_CORRUPT
 */
export function copyForRehearsal({ store, catalog }: Omit<ReadableStore, 'close'>): ReadableStore {
  const { path, discard } = makeCopyPlace();
  try {
    catalog.copyTo(path);
    const copy = new Catalog(openCatalogForWriting({ path, storeId: store.marker.storeId, mustExist: true }));
    return {
      store,
      catalog: copy,
      close() {
        copy.close();
        discard();
      },
    };
  } catch (error) {
    discard();
    throw error;
  }
}

interface OpenedCatalog {
  readonly db: CatalogDatabase;
  /** Removes what was made for it. */
  discard(): void;
}

function openCatalog(path: string, storeId: string): OpenedCatalog {
  if (!existsSync(path)) throw new AppError('CATALOG_CORRUPT', `the catalog ${path} is missing`);
  try {
    const db = openCatalogForReading({ path, storeId });
    if (!isOfEarlierRelease(db)) return { db, discard: () => undefined };
    db.close();
    return openCopy(path, storeId);
  } catch (error) {
    // A reader of a database in WAL mode needs a -shm file beside it, which cannot be made on a read-only disk or in a folder of another
    // user; SQLite's way out, immutable=1, is not offered by better-sqlite3.
    if (!isAppError(error, 'STORE_READ_ONLY', 'STORE_FORBIDDEN', 'STORE_MISSING')) throw error;
    return openCopy(path, storeId);
  }
}

/** Copies the catalog and what its -wal adds to it into a private directory, brings it up to date there, and opens that. */
function openCopy(path: string, storeId: string): OpenedCatalog {
  const { path: copy, discard } = makeCopyPlace();
  try {
    copyUnchanged(path, copy);
    openCatalogForWriting({ path: copy, storeId, mustExist: true }).close();
    return { db: openCatalogForReading({ path: copy, storeId }), discard };
  } catch (error) {
    discard();
    throw translateFsError(error, `copying ${path}`, 'read');
  }
}

/** Where a private copy may lie: for this user only. */
function makeCopyPlace(): { readonly path: string; discard(): void } {
  const directory = mkdtempSync(join(tmpdir(), 'pullmirror-catalog-'));
  return { path: join(directory, 'catalog.db'), discard: () => rmSync(directory, { recursive: true, force: true }) };
}

/** Database and -wal belong together: a checkpoint between the two copies would tear them, so it is looked for and the copy repeated. */
function copyUnchanged(path: string, copy: string): void {
  for (let attempt = 1; ; attempt += 1) {
    const before = shapeOf(path);
    copyFileSync(path, copy);
    rmSync(`${copy}-wal`, { force: true });
    if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`);
    if (shapeOf(path) === before) return;
    if (attempt === COPY_TRIES) {
      throw new AppError('STORE_LOCKED', `${path} changes faster than it can be copied`, {
        hint: 'Try again in a moment, or run the command as the user that owns the store.',
      });
    }
  }
}

function shapeOf(path: string): string {
  return [path, `${path}-wal`].map(fileShape).join(' ');
}

function fileShape(path: string): string {
  try {
    const { size, mtimeNs } = statSync(path, { bigint: true });
    return `${size}:${mtimeNs}`;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 'none';
    throw error;
  }
}
