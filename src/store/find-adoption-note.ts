import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isAppError } from '../core/errors.ts';
import { wholeMarker } from './adopt-folder.ts';
import { type AdoptionNote, readAdoptionNote } from './adoption-note.ts';
import { Catalog } from './catalog/catalog.ts';
import { openCatalogForReading } from './catalog/open-catalog.ts';
import { openStoreForReading } from './open-for-reading.ts';
import { CATALOG_NAME, PRIVATE_FOLDER } from './store-layout.ts';

/**
 * The adoption that was begun in a directory and is not finished, for a look beforehand: the marker, which comes last, may still be missing. null: there is
 * none, or its catalog cannot be read, which whoever works with it will say.
 */
export function findAdoptionNote(root: string): AdoptionNote | null {
  const path = join(root, PRIVATE_FOLDER, CATALOG_NAME);
  if (!existsSync(path)) return null;
  try {
    if (wholeMarker(root) === null) return noteOf(new Catalog(openCatalogForReading({ path, storeId: null })));
    const opened = openStoreForReading({ path: root, expectedStoreId: null });
    return noteOf(opened.catalog, () => opened.close());
  } catch (error) {
    if (isAppError(error)) return null;
    throw error;
  }
}

function noteOf(catalog: Catalog, close: () => void = () => catalog.close()): AdoptionNote | null {
  try {
    return readAdoptionNote(catalog);
  } finally {
    close();
  }
}
