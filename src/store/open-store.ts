import { existsSync } from 'node:fs';
import { AppError } from '../core/errors.ts';
import { type AttachedStore, attachStore } from './attached-store.ts';
import { Catalog } from './catalog/catalog.ts';
import { openCatalogForWriting } from './catalog/open-catalog.ts';
import { repairRemovals } from './repair-removals.ts';
import { acquireStoreLock, type StoreLock } from './store-lock.ts';

export interface WritableStore {
  readonly store: AttachedStore;
  readonly catalog: Catalog;
  /** Another valid disk than last time: everything has to be listed anew. */
  readonly swapped: boolean;
  /** Closes the catalog and lets other processes in. */
  close(): void;
}

/**
 * Opens the store for the one process that may write to it, and settles what a crash left half removed.
 *
 * @param expectedStoreId the store that was here last (state.json), or null
 * @param nowMs for the history of what had to be settled
 * @throws AppError as attachStore; STORE_LOCKED while another process works; CATALOG_CORRUPT when the catalog is lost or damaged: a new,
 * empty one would take every archive on the disk for foreign.
 */
export function openStoreForWriting(args: {
  path: string;
  expectedStoreId: string | null;
  nowMs: number;
}): WritableStore {
  const store = attachStore({ path: args.path, expectedStoreId: args.expectedStoreId, mode: 'write' });
  const lock = acquireStoreLock(store.root);
  try {
    return openLockedStore(store, lock, args.nowMs);
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** As `openStoreForWriting`, for who holds the lock already; closing the store releases it. */
export function openLockedStore(store: AttachedStore, lock: StoreLock, nowMs: number): WritableStore {
  if (!existsSync(store.catalogPath)) {
    throw new AppError('CATALOG_CORRUPT', `the catalog ${store.catalogPath} is missing`);
  }
  const catalog = new Catalog(
    openCatalogForWriting({ path: store.catalogPath, storeId: store.marker.storeId, mustExist: true }),
  );
  settleRemovals(store, catalog, nowMs);
  return {
    store,
    catalog,
    swapped: store.swapped,
    close() {
      catalog.close();
      lock.release();
    },
  };
}

function settleRemovals(store: AttachedStore, catalog: Catalog, nowMs: number): void {
  try {
    repairRemovals({ store, catalog, nowMs });
  } catch (error) {
    catalog.close();
    throw error;
  }
}
