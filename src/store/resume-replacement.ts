import { existsSync } from 'node:fs';
import { isAppError } from '../core/errors.ts';
import { type AdoptionNote, readAdoptionNote } from './adoption-note.ts';
import { Catalog } from './catalog/catalog.ts';
import { openCatalogForReading } from './catalog/open-catalog.ts';
import { isCatalogAside, setCatalogAside } from './set-aside.ts';
import { putStagedInPlace, readyPath, requireWhole, type StageRequest, settleReady } from './stage-catalog.ts';

/**
 * Ends a `replaceCatalog` that came as far as putting the former catalog aside: the new one, which was whole and durable by then, takes its place. Of a catalog
 * that was made anew from itself nothing else has all of it. null: there is none; what was done so far is done again. The caller holds the store's lock, and the catalog is missing. Throws STORE_*.
 */
export function resumeReplacement(request: StageRequest): AdoptionNote | null {
  const note = stagedNote(request);
  // Before that its lists may not have been saved, and nothing was taken away.
  if (note === null || !isCatalogAside(request.root, note.aside)) return null;
  settleReady(request);
  // A kill may have parted it from its -wal, which would be taken for that of the new one.
  setCatalogAside(request.root, note.aside);
  putStagedInPlace(request.root);
  return note;
}

function stagedNote({ root, storeId }: StageRequest): AdoptionNote | null {
  const path = readyPath(root);
  if (!existsSync(path)) return null;
  try {
    requireWhole(path, storeId);
    const catalog = new Catalog(openCatalogForReading({ path, storeId }));
    try {
      return readAdoptionNote(catalog);
    } finally {
      catalog.close();
    }
  } catch (error) {
    if (isAppError(error, 'CATALOG_CORRUPT', 'CATALOG_NEWER', 'STORE_WRONG')) return null;
    throw error;
  }
}
