import { existsSync } from 'node:fs';
import { AppError } from '../core/errors.ts';
import { attachStore } from './attached-store.ts';
import { Catalog } from './catalog/catalog.ts';
import { openCatalogForWriting } from './catalog/open-catalog.ts';

export interface OwnersCatalog {
  readonly storeId: string;
  readonly catalog: Catalog;
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
  return {
    storeId,
    catalog: new Catalog(openCatalogForWriting({ path: store.catalogPath, storeId, mustExist: true })),
  };
}
