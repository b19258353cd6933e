import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { AppError, isAppError, systemCode } from '../core/errors.ts';
import { Catalog } from './catalog/catalog.ts';
import { openCatalogForReading } from './catalog/open-catalog.ts';
import { endCopyProblem, noteCopyProblem } from './copy-problem.ts';
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
 * Copies the catalog into the state directory; the former copy stays until the new one has been found whole, for it may be all that a damaged catalog
 * can be made good from. Several processes may do so at a time (a pass and an owner's decision): what the others commit meanwhile is in the copy when all
 * have returned. Of a failure copy-problem.ts tells until a copy succeeds. Throws STATE_UNUSABLE, CATALOG_CORRUPT.
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
      requireWholeCopy(args, temporaryPath);
      flushFileSync(temporaryPath);
      renameSync(temporaryPath, path);
      fsyncFolderSync(stateDir);
      // Otherwise this copy may have replaced a newer one, made by whoever committed in between.
      if (catalog.foreignVersion() === version) break;
    }
    endCopyProblem(path);
  } catch (error) {
    rmSync(temporaryPath, { force: true });
    const told = isAppError(error, 'CATALOG_CORRUPT')
      ? new AppError(error.code, `${error.message}; its copy ${path} stays as it was`, { cause: error })
      : unusable(error, `the catalog cannot be copied to ${path}`);
    if (isAppError(told)) noteCopyProblem(path, told);
    throw told;
  }
}

/** `VACUUM INTO` takes some damage along as it is, so the catalog's own looks are asked of what it wrote. */
function requireWholeCopy({ catalog, storeId }: { catalog: Catalog; storeId: string }, temporaryPath: string): void {
  const copy = new Catalog(openCatalogForReading({ path: temporaryPath, storeId }));
  try {
    copy.check();
  } catch (error) {
    if (!isAppError(error, 'CATALOG_CORRUPT')) throw error;
    // Which of the two is it? If the catalog is whole, this machine's card does not give back what was written to it.
    catalog.check();
    throw new AppError('STATE_UNUSABLE', error.message, {
      cause: error,
      hint: 'Look at `dmesg`: what was written there does not come back as it was; the card of this machine may be failing.',
    });
  } finally {
    copy.close();
  }
}

function unusable(error: unknown, what: string): unknown {
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
