import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { AppError, isAppError, systemCode } from '../core/errors.ts';
import type { Catalog } from './catalog/catalog.ts';
import { timeInName } from './set-aside.ts';
import { flushFileSync, fsyncFolderSync } from './write-file-atomically.ts';

const TEMPORARY_SUFFIX = '.new';
/** Somebody else who commits all the time makes his own copies. */
const MAX_TRIES = 3;

/** `<state>/catalog-<store id>.db`: what `rebuild` begins with when the catalog on the disk is lost. */
export function catalogCopyPath(stateDir: string, storeId: string): string {
  return join(stateDir, `catalog-${storeId}.db`);
}

export function hasCatalogCopy(stateDir: string, storeId: string): boolean {
  return existsSync(catalogCopyPath(stateDir, storeId));
}

/** Renames a copy that cannot be used; answers where it is now. Throws STATE_UNUSABLE. */
export function setCopyAside(stateDir: string, storeId: string, nowMs: number): string {
  const path = catalogCopyPath(stateDir, storeId);
  const aside = `${path}.damaged-${timeInName(nowMs)}`;
  try {
    renameSync(path, aside);
    fsyncFolderSync(stateDir);
    return aside;
  } catch (error) {
    throw unusable(error, `${path} cannot be put aside`);
  }
}

/**
 * Copies the catalog into the state directory; the former copy stays until the new one is whole. Several processes may do so at a time (a pass
 * and an owner's decision): what the others commit meanwhile is in the copy when all have returned. Throws STATE_UNUSABLE, CATALOG_CORRUPT.
 */
export function copyCatalog(args: { catalog: Catalog; stateDir: string; storeId: string }): void {
  const { catalog, stateDir, storeId } = args;
  const path = catalogCopyPath(stateDir, storeId);
  const temporaryPath = `${path}.${process.pid}${TEMPORARY_SUFFIX}`;
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o750 });
    removeLeftovers(path);
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const version = catalog.foreignVersion();
      rmSync(temporaryPath, { force: true });
      catalog.copyTo(temporaryPath);
      flushFileSync(temporaryPath);
      renameSync(temporaryPath, path);
      fsyncFolderSync(stateDir);
      // Otherwise this copy may have replaced a newer one, made by whoever committed in between.
      if (catalog.foreignVersion() === version) return;
    }
  } catch (error) {
    rmSync(temporaryPath, { force: true });
    throw unusable(error, `the catalog cannot be copied to ${path}`);
  }
}

function unusable(error: unknown, what: string): unknown {
  // The copy that is there stays, and is what the catalog can be made good from.
  if (isAppError(error, 'CATALOG_CORRUPT')) return error;
  if (!isAppError(error) && systemCode(error) === undefined) return error;
  const cause = error instanceof Error ? error.message : String(error);
  return new AppError('STATE_UNUSABLE', `${what}: ${cause}`, { cause: error });
}

/** What processes that were killed while they copied have left. */
function removeLeftovers(path: string): void {
  const folder = dirname(path);
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(`${basename(path)}.`) || !name.endsWith(TEMPORARY_SUFFIX)) continue;
    const pid = Number(name.slice(basename(path).length + 1, -TEMPORARY_SUFFIX.length));
    if (!isRunning(pid)) rmSync(join(folder, name), { force: true });
  }
}

/** Also when this user may not signal it. kill(2) */
function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return false;
    if (systemCode(error) === 'EPERM') return true;
    throw error;
  }
}
