import { openCatalogForWriting } from './open-catalog.ts';
import { translateSqliteError } from './translate-sqlite-error.ts';

/**
 * Keeps everybody from writing into a catalog until the returned function is called; reading goes on. Whoever wants to write waits, and as long as
 * SQLite's patience lasts. Errors as `openCatalogForWriting`; STORE_LOCKED where somebody else does not come to an end.
 */
export function holdCatalog({ path, storeId }: { path: string; storeId: string }): () => void {
  const db = openCatalogForWriting({ path, storeId, mustExist: true });
  try {
    db.exec('BEGIN IMMEDIATE');
    return () => void db.close();
  } catch (error) {
    db.close();
    throw translateSqliteError(error, path);
  }
}
