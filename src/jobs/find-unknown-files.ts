import type { Clock } from '../core/clock.ts';
import { isAppError } from '../core/errors.ts';
import { SUMS_NAME, SUMS_TEMPORARY_NAME } from '../core/sha256sums.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { walkFolder } from '../store/walk-folder.ts';

export interface UnknownFiles {
  readonly count: number;
  /** The first of them, below the store: `vault/path`. */
  readonly names: readonly string[];
}

const MAX_NAMES = 100;
const EVENT = 'store.unknown-files';

/**
 * What lies in the folders of these vaults without the catalog knowing it: put there by hand, or left by something else. Touches nothing.
 * Their number goes into the history when it is another one than last time.
 *
 * @throws AppError STORE_*, INTERRUPTED
 */
export async function findUnknownFiles(args: {
  readonly store: AttachedStore;
  readonly catalog: Catalog;
  readonly vaults: Iterable<string>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<UnknownFiles> {
  const { store, catalog, clock, signal } = args;
  const names: string[] = [];
  let count = 0;
  for (const vault of args.vaults) {
    if (!isOwnFolder(store, vault)) {
      count += 1;
      if (names.length < MAX_NAMES) names.push(vault);
      continue;
    }
    for await (const path of walkFolder(store.vaultDir(vault))) {
      signal.throwIfAborted();
      if (path === SUMS_NAME || path === SUMS_TEMPORARY_NAME) continue;
      if (catalog.archives.occupant(vault, path) === 'file') continue;
      count += 1;
      if (names.length < MAX_NAMES) names.push(`${vault}/${path}`);
    }
  }
  // A disk that went away meanwhile has no files either.
  store.assertAttached();
  const before = catalog.history.newest({ event: EVENT }, 1)[0]?.detail.count ?? 0;
  if (count !== before)
    catalog.history.append({ actor: 'verify', event: EVENT, detail: { count, names } }, clock.now());
  return { count, names };
}

/** A link or a file in place of the folder is the unknown thing itself; what it leads to is not looked at. */
function isOwnFolder(store: AttachedStore, vault: string): boolean {
  try {
    store.requireVaultFolder(vault);
    return true;
  } catch (error) {
    if (isAppError(error, 'STORE_SYMLINK', 'STORE_UNSUITABLE')) return false;
    throw error;
  }
}
