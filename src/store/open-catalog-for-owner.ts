import { type BigIntStats, existsSync, lstatSync } from 'node:fs';
import { AppError } from '../core/errors.ts';
import { attachStore } from './attached-store.ts';
import { Catalog } from './catalog/catalog.ts';
import { openCatalogForWriting } from './catalog/open-catalog.ts';

export interface OwnersCatalog {
  readonly storeId: string;
  readonly catalog: Catalog;
  /**
   * Throws STORE_LOCKED when another catalog has come into its place (`rebuild`, `adopt`): what was written since it was opened is in the one that was put
   * aside, and the numbers of archives may be others now. To be called after every commit, before it counts.
   */
  assertInPlace(): void;
}

/**
 * The catalog, to write the owner's decisions into it: no file of the store is touched, so the store's lock is not needed and a running
 * pass or daemon is not in the way; SQLite lets one write after the other. Errors as `attachStore` in mode 'write', CATALOG_CORRUPT, CATALOG_NEWER.
 */
export function openCatalogForOwner(args: { path: string; expectedStoreId: string | null }): OwnersCatalog {
  const store = attachStore({ ...args, mode: 'write' });
  if (!existsSync(store.catalogPath)) {
    throw new AppError('CATALOG_CORRUPT', `the catalog ${store.catalogPath} is missing`);
  }
  const { storeId } = store.marker;
  const path = store.catalogPath;
  const before = look(path);
  const catalog = new Catalog(openCatalogForWriting({ path, storeId, mustExist: true }));
  const assertInPlace = (): void => {
    const now = look(path);
    if (now !== undefined && now.dev === before?.dev && now.ino === before.ino) return;
    throw new AppError('STORE_LOCKED', `another catalog has been put in the place of ${path} meanwhile`, {
      hint: 'Your decision is not in it. Look what there is now (`pullmirror list`), and decide again.',
    });
  };
  try {
    // Opened was what lay there before, or what lies there now.
    assertInPlace();
    return { storeId, catalog, assertInPlace };
  } catch (error) {
    catalog.close();
    throw error;
  }
}

function look(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}
