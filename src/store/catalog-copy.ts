import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, isAppError, systemCode } from '../core/errors.ts';
import type { Catalog } from './catalog/catalog.ts';
import { fsyncFolderSync } from './write-file-atomically.ts';

/** `<state>/catalog-<store id>.db`: what `rebuild` begins with when the catalog on the disk is lost. */
export function catalogCopyPath(stateDir: string, storeId: string): string {
  return join(stateDir, `catalog-${storeId}.db`);
}

export function hasCatalogCopy(stateDir: string, storeId: string): boolean {
  return existsSync(catalogCopyPath(stateDir, storeId));
}

/** Copies the catalog into the state directory; the former copy stays until the new one is whole. Throws STATE_UNUSABLE. */
export function copyCatalog(args: { catalog: Catalog; stateDir: string; storeId: string }): void {
  const path = catalogCopyPath(args.stateDir, args.storeId);
  const temporaryPath = `${path}.new`;
  try {
    mkdirSync(args.stateDir, { recursive: true, mode: 0o750 });
    rmSync(temporaryPath, { force: true });
    args.catalog.copyTo(temporaryPath);
    flush(temporaryPath);
    renameSync(temporaryPath, path);
    fsyncFolderSync(args.stateDir);
  } catch (error) {
    rmSync(temporaryPath, { force: true });
    if (!isAppError(error) && systemCode(error) === undefined) throw error;
    const cause = error instanceof Error ? error.message : String(error);
    throw new AppError('STATE_UNUSABLE', `the catalog cannot be copied to ${path}: ${cause}`, { cause: error });
  }
}

function flush(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
