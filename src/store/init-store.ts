import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isAppError } from '../core/errors.ts';
import type { RenewedText } from '../core/renewed-text.ts';
import { attachStore } from './attached-store.ts';
import { createStore } from './create-store.ts';
import { type FilesystemSources, LINUX_SOURCES } from './filesystem-facts.ts';
import { isOwnText } from './lost-store.ts';
import { readMarker, type StoreMarker } from './marker.ts';
import { requireOwnCatalog } from './open-for-reading.ts';
import { requireEmpty } from './require-empty.ts';
import { CATALOG_NAME, INDEX_NAME, LOCK_NAME, PRIVATE_FOLDER } from './store-layout.ts';
import { acquireStoreLock } from './store-lock.ts';
import { flawedTexts, renewStoreTexts } from './store-texts.ts';
import { requireAbilities, requireDirectory, requireSuitable, unusable } from './suitable-directory.ts';

export interface InitStoreArgs {
  readonly directory: string;
  /** The owner knows that the directory is no mount point of a disk. */
  readonly notAMount: boolean;
  readonly nowMs: number;
  /** A fresh UUID. */
  readonly newId: () => string;
  readonly sources?: FilesystemSources;
}

export interface InitStoreResult {
  readonly root: string;
  readonly marker: StoreMarker;
  /** false: it was a store already and was left as it is. */
  readonly created: boolean;
  /** Files at the top that were not as they have to be, and are now. */
  readonly texts: readonly RenewedText[];
}

/**
 * Makes a directory a store, marker last, so that an interruption leaves no half store. A store stays as it is, but for README.txt and restore.sh, which
 * are made anew where they are lost or changed (STORE_LOCKED, STORE_FORBIDDEN, STORE_READ_ONLY then). Errors, each with its reason and
 * the way out: STORE_UNSUITABLE, STORE_NOT_EMPTY, STORE_SYMLINK, STORE_FORMAT for a damaged marker, and of a store as `requireOwnCatalog`.
 */
export function initStore(args: InitStoreArgs): InitStoreResult {
  const root = resolve(args.directory);
  try {
    requireDirectory(root);
    const existing = existingMarker(root);
    if (existing !== null) {
      requireOwnCatalog(join(root, PRIVATE_FOLDER, CATALOG_NAME), existing.storeId);
      return { root, marker: existing, created: false, texts: flawedTexts(root).length === 0 ? [] : renew(root, args) };
    }
    const facts = requireSuitable(root, args);
    requireEmpty(root);
    requireAbilities(root);
    const marker: StoreMarker = {
      storeId: args.newId(),
      filesystemUuid: facts.uuid,
      createdAt: new Date(args.nowMs).toISOString(),
      formatVersion: 1,
      notAMount: !facts.isMountPoint,
    };
    clearInterruptedInit(root);
    const texts = createStore(root, marker, null).filter(({ was }) => was !== 'missing');
    return { root, marker, created: true, texts };
  } catch (error) {
    throw unusable(error, root);
  }
}

/** null: the directory is no store. Errors as `readMarker`. */
function existingMarker(root: string): StoreMarker | null {
  try {
    return readMarker(root);
  } catch (error) {
    if (isAppError(error, 'STORE_NOT_INITIALISED')) return null;
    throw error;
  }
}

function renew(root: string, { nowMs, sources = LINUX_SOURCES }: InitStoreArgs): RenewedText[] {
  attachStore({ path: root, expectedStoreId: null, mode: 'write', sources });
  const lock = acquireStoreLock(root);
  try {
    return renewStoreTexts(root, nowMs);
  } finally {
    lock.release();
  }
}

/** What an interrupted init left belongs to an id that was never used. */
function clearInterruptedInit(root: string): void {
  const catalog = join(root, PRIVATE_FOLDER, CATALOG_NAME);
  const page = isOwnText(root, INDEX_NAME) ? [join(root, INDEX_NAME)] : [];
  for (const path of [catalog, `${catalog}-wal`, `${catalog}-shm`, join(root, PRIVATE_FOLDER, LOCK_NAME), ...page]) {
    rmSync(path, { force: true });
  }
}
