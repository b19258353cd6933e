import { lstatSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { CATALOG_NAME, PRIVATE_FOLDER } from './store-layout.ts';
import { translateFsError } from './translate-fs-error.ts';
import { fsyncFolderSync } from './write-file-atomically.ts';

/** What SQLite keeps of one database. The database goes first: without it nobody takes what is left for the whole catalog. */
const CATALOG_FILES = [CATALOG_NAME, `${CATALOG_NAME}-wal`, `${CATALOG_NAME}-shm`];

/**
 * Makes `.pullmirror/<kind>-<UTC time>`, for what is evidence and must not stay in the way; answers its name. Nothing of ours ever removes such
 * a folder that holds anything.
 */
export function makeAsideFolder(root: string, kind: string, nowMs: number): string {
  const name = freeAsideName(root, kind, nowMs);
  makeNamedAsideFolder(root, name);
  return name;
}

/** A name for `makeNamedAsideFolder` that nothing has. The caller holds the store's lock until then. */
export function freeAsideName(root: string, kind: string, nowMs: number): string {
  for (let n = 1; ; n += 1) {
    const name = `${kind}-${timeInName(nowMs)}${n === 1 ? '' : `-${n}`}`;
    if (!isThere(join(root, PRIVATE_FOLDER, name))) return name;
  }
}

export function makeNamedAsideFolder(root: string, name: string): void {
  const path = join(root, PRIVATE_FOLDER, name);
  try {
    mkdirSync(path, { mode: 0o750 });
    fsyncFolderSync(join(root, PRIVATE_FOLDER));
  } catch (error) {
    throw translateFsError(error, `making ${path}`);
  }
}

/** A time of the form 20261122T042100Z. */
export function timeInName(atMs: number): string {
  return new Date(atMs)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:]/g, '');
}

/** Moves the catalog into a folder of `makeAsideFolder`, durably; what a killed call has left to do is done by the next one. */
export function setCatalogAside(root: string, folder: string): void {
  const privateDir = join(root, PRIVATE_FOLDER);
  try {
    for (const name of CATALOG_FILES) {
      const path = join(privateDir, name);
      if (isThere(path)) renameSync(path, join(privateDir, folder, name));
    }
    fsyncFolderSync(join(privateDir, folder));
    fsyncFolderSync(privateDir);
  } catch (error) {
    throw translateFsError(error, `putting ${join(privateDir, CATALOG_NAME)} aside`);
  }
}

/** Has `setCatalogAside` begun to move a catalog into this folder? */
export function isCatalogAside(root: string, folder: string): boolean {
  return isThere(join(root, PRIVATE_FOLDER, folder, CATALOG_NAME));
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
