import { copyFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError, isAppError } from '../core/errors.ts';
import { Catalog } from './catalog/catalog.ts';
import { openCatalogForReading, openCatalogForWriting } from './catalog/open-catalog.ts';
import { catalogCopyPath, hasCatalogCopy } from './catalog-copy.ts';
import { ageOfCopy, type CopyAge } from './compare-catalogs.ts';
import { CATALOG_NAME, CATALOG_READY_NAME, CATALOG_TEMPORARY_NAME, PRIVATE_FOLDER } from './store-layout.ts';
import { translateFsError } from './translate-fs-error.ts';
import { flushFileSync, fsyncFolderSync } from './write-file-atomically.ts';

export interface StageRequest {
  readonly root: string;
  readonly storeId: string;
}

/** Makes room for an empty catalog beside the place of the real one. */
export function stageNewCatalog({ root }: StageRequest): void {
  clearStage(root);
}

/** Brings the copy of the catalog, checked, beside the place of the real one. Throws what is the matter with the copy: CATALOG_*, STORE_WRONG, with its own path. */
function stageCatalogCopy({ root, storeId, stateDir }: StageRequest & { readonly stateDir: string }): void {
  clearStage(root);
  const copy = catalogCopyPath(stateDir, storeId);
  const staged = stagePath(root);
  try {
    copyFileSync(copy, staged);
  } catch (error) {
    throw translateFsError(error, `copying ${copy}`);
  }
  try {
    requireWhole(staged, storeId);
  } catch (error) {
    clearStage(root);
    if (!isAppError(error)) throw error;
    throw new AppError(error.code, error.message.replaceAll(staged, copy), { cause: error, hint: error.hint });
  }
}

/** What a catalog was begun from. */
export type StagedCatalog =
  /** Its copy, or, where the copy has nothing that it lacks, the catalog itself. */
  | { readonly kind: 'copy'; readonly madeAtMs: number }
  | { readonly kind: 'itself'; readonly badCopy: string | null }
  | { readonly kind: 'bad'; readonly why: string }
  | { readonly kind: 'none' };

/**
 * Stages the copy of the catalog, or room for an empty one where there is none that can be used. A bad copy stays: its pins may still be had by
 * hand, so the caller puts it aside before the next copy would replace it. Throws CATALOG_NEWER for a copy that a later release wrote, unless
 * `newerIsBad`.
 */
export function stageBestCatalog(
  request: StageRequest & { readonly stateDir: string; readonly newerIsBad: boolean },
): StagedCatalog {
  const madeAtMs = copyMadeAtMs(request.stateDir, request.storeId);
  if (madeAtMs === null) {
    stageNewCatalog(request);
    return { kind: 'none' };
  }
  try {
    stageCatalogCopy(request);
    return { kind: 'copy', madeAtMs };
  } catch (error) {
    if (isAppError(error, 'CATALOG_NEWER') && !request.newerIsBad) throw newerCopy(error);
    if (isAppError(error, 'CATALOG_CORRUPT', 'CATALOG_NEWER', 'STORE_WRONG'))
      return { kind: 'bad', why: error.message };
    throw error;
  }
}

/**
 * Of a catalog that is whole: stages its copy if that has all of it and more, else the catalog itself. Nothing is begun without it for want of a copy. Errors
 * as `stageBestCatalog`, and CATALOG_CORRUPT of the catalog.
 */
export function stageWholeCatalog(
  request: StageRequest & { readonly stateDir: string; readonly newerIsBad: boolean },
): StagedCatalog {
  const { root, storeId } = request;
  const path = join(root, PRIVATE_FOLDER, CATALOG_NAME);
  const copy = stageBestCatalog(request);
  const catalog = new Catalog(openCatalogForReading({ path, storeId }));
  try {
    const age = copy.kind === 'copy' ? ageOfStaged(request, catalog) : 'earlier';
    if (age === 'later') return copy;
    clearStage(root);
    catalog.copyTo(stagePath(root));
    const other = `${catalogCopyPath(request.stateDir, storeId)} has another history than the catalog`;
    return { kind: 'itself', badCopy: copy.kind === 'bad' ? copy.why : age === 'other' ? other : null };
  } finally {
    catalog.close();
  }
}

function ageOfStaged({ root, storeId }: StageRequest, catalog: Catalog): CopyAge {
  const staged = new Catalog(openCatalogForReading({ path: stagePath(root), storeId }));
  try {
    return ageOfCopy(staged, catalog);
  } finally {
    staged.close();
  }
}

function newerCopy(error: AppError): AppError {
  return new AppError('CATALOG_NEWER', `the catalog is lost, and of its copy: ${error.message}`, {
    cause: error,
    hint: 'Install that release: the copy is not damaged, and pins, freezes and history are in it. To go on without them: `pullmirror rebuild --force`, or move the copy out of the state directory.',
  });
}

/**
 * Gives the staged catalog its schema, its owner and a fact, makes it durable, and only then the name under which it counts as whole: what was copied may
 * bear the fact of an earlier time.
 */
export function finishStage(request: StageRequest, fact: readonly [name: string, value: string] | null): void {
  const path = stagePath(request.root);
  const ready = readyPath(request.root);
  settle(path, request.storeId, fact);
  try {
    renameSync(path, ready);
    fsyncFolderSync(dirname(ready));
  } catch (error) {
    throw translateFsError(error, `renaming ${path}`);
  }
}

/** Of a catalog that was finished by an earlier process, and read since: nothing of it is in files beside it any more. */
export function settleReady({ root, storeId }: StageRequest): void {
  settle(readyPath(root), storeId, null);
}

function settle(path: string, storeId: string, fact: readonly [name: string, value: string] | null): void {
  const catalog = new Catalog(openCatalogForWriting({ path, storeId, mustExist: false }));
  try {
    if (fact !== null) catalog.setFact(...fact);
  } finally {
    // The last one to close a database writes all of its -wal into it.
    catalog.close();
  }
  try {
    flushFileSync(path);
  } catch (error) {
    throw translateFsError(error, `writing ${path}`);
  }
}

/** When the copy of the catalog was made, milliseconds since 1970 UTC; null where there is none. */
function copyMadeAtMs(stateDir: string, storeId: string): number | null {
  return hasCatalogCopy(stateDir, storeId) ? statSync(catalogCopyPath(stateDir, storeId)).mtimeMs : null;
}

/** Gives the finished catalog its name, durably. The former one must have been put aside, its -wal above all: it would be taken for this one's. */
export function putStagedInPlace(root: string): void {
  const privateDir = join(root, PRIVATE_FOLDER);
  try {
    renameSync(readyPath(root), join(privateDir, CATALOG_NAME));
    fsyncFolderSync(privateDir);
  } catch (error) {
    throw translateFsError(error, `putting ${join(privateDir, CATALOG_NAME)} in place`);
  }
}

/** Throws unless the catalog is whole in every way that SQLite knows, and this store's: CATALOG_CORRUPT, CATALOG_NEWER, STORE_WRONG. */
export function requireWhole(path: string, storeId: string): void {
  const catalog = new Catalog(openCatalogForReading({ path, storeId }));
  try {
    catalog.checkThoroughly();
  } finally {
    catalog.close();
  }
}

/** What a killed or failed process left: nobody has worked with it yet. */
export function clearStage(root: string): void {
  for (const path of [stagePath(root), readyPath(root)]) {
    for (const name of [path, `${path}-wal`, `${path}-shm`]) rmSync(name, { force: true });
  }
}

function stagePath(root: string): string {
  return join(root, PRIVATE_FOLDER, CATALOG_TEMPORARY_NAME);
}

/** Where a catalog lies that is finished and not in its place yet. */
export function readyPath(root: string): string {
  return join(root, PRIVATE_FOLDER, CATALOG_READY_NAME);
}
