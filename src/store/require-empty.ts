import { type Dirent, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, isAppError } from '../core/errors.ts';
import { Catalog } from './catalog/catalog.ts';
import { openCatalogForReading } from './catalog/open-catalog.ts';
import { PROBE_PREFIX } from './probe-directory.ts';
import {
  CATALOG_NAME,
  CATALOG_READY_NAME,
  CATALOG_TEMPORARY_NAME,
  LOCK_NAME,
  LOST_AND_FOUND,
  MARKER_TEMPORARY_NAME,
  PRIVATE_FOLDER,
  TEXT_TEMPORARY_NAME,
  VISIBLE_FILES,
  WORKING_FOLDERS,
} from './store-layout.ts';

/** What an init that was interrupted before the marker may have left. */
const OWN_TOP_NAMES: ReadonlySet<string> = new Set([PRIVATE_FOLDER, ...VISIBLE_FILES]);
const OWN_PRIVATE_NAMES: ReadonlySet<string> = new Set([
  ...WORKING_FOLDERS,
  LOCK_NAME,
  MARKER_TEMPORARY_NAME,
  TEXT_TEMPORARY_NAME,
  CATALOG_NAME,
  `${CATALOG_NAME}-wal`,
  `${CATALOG_NAME}-shm`,
  CATALOG_TEMPORARY_NAME,
  `${CATALOG_TEMPORARY_NAME}-wal`,
  `${CATALOG_TEMPORARY_NAME}-shm`,
  CATALOG_READY_NAME,
]);

/**
 * Throws STORE_NOT_EMPTY unless a directory without a marker holds nothing but `lost+found` and what an interrupted init left. A store that lost its
 * marker looks similar: its archives or its catalog tell.
 */
export function requireEmpty(root: string): void {
  const entries = readdirSync(root, { withFileTypes: true });
  const interrupted = isInterruptedInit(root, entries);
  const foreign = entries
    .map(({ name }) => name)
    .filter((name) => name !== LOST_AND_FOUND && !name.startsWith(PROBE_PREFIX))
    .filter((name) => !(interrupted && OWN_TOP_NAMES.has(name)));
  if (foreign.length === 0) return;
  if (foreign.includes(PRIVATE_FOLDER)) {
    throw new AppError(
      'STORE_NOT_EMPTY',
      `${root} was a store, but its marker (${PRIVATE_FOLDER}/store.json) is gone`,
      {
        hint: `Nothing was changed. \`pullmirror adopt ${root}\` makes the marker anew and takes the store over.`,
      },
    );
  }
  const some = foreign.slice(0, 3).map((name) => JSON.stringify(name));
  const more = foreign.length > 3 ? ` and ${foreign.length - 3} more` : '';
  throw new AppError('STORE_NOT_EMPTY', `${root} is not empty: ${some.join(', ')}${more}`, {
    hint: `Choose an empty directory. Archives that are there already are taken over by \`pullmirror adopt ${root}\`.`,
  });
}

function isInterruptedInit(root: string, entries: readonly Dirent[]): boolean {
  if (!entries.some((entry) => entry.name === PRIVATE_FOLDER && entry.isDirectory())) return false;
  const folder = join(root, PRIVATE_FOLDER);
  const inside = readdirSync(folder);
  if (!inside.every((name) => OWN_PRIVATE_NAMES.has(name))) return false;
  const working = WORKING_FOLDERS.filter((name) => inside.includes(name));
  return (
    working.every((name) => readdirSync(join(folder, name)).length === 0) && knowsNothing(join(folder, CATALOG_NAME))
  );
}

/** No catalog, or one without a single archive. One that cannot be read may hold pins and tombstones. */
function knowsNothing(catalogPath: string): boolean {
  if (!existsSync(catalogPath)) return true;
  try {
    const catalog = new Catalog(openCatalogForReading({ path: catalogPath, storeId: null }));
    try {
      return catalog.archives.page({ storedOnly: false }, null, 1).length === 0;
    } finally {
      catalog.close();
    }
  } catch (error) {
    if (isAppError(error)) return false;
    throw error;
  }
}
