import { constants, copyFileSync, lstatSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isAppError, systemCode } from '../core/errors.ts';
import { SUMS_NAME } from '../core/sha256sums.ts';
import { folderNames } from './folder-names.ts';
import {
  CATALOG_ASIDE,
  CATALOG_NAME,
  FOUND_ASIDE,
  PRIVATE_FOLDER,
  RESERVED_TOP_NAMES,
  VISIBLE_FILES,
} from './store-layout.ts';
import { translateFsError } from './translate-fs-error.ts';
import { flushFileSync, fsyncFolderSync } from './write-file-atomically.ts';

/** What SQLite keeps of one database. The database goes first: without it nobody takes what is left for the whole catalog. */
const CATALOG_FILES = [CATALOG_NAME, `${CATALOG_NAME}-wal`, `${CATALOG_NAME}-shm`];

const UNREADABLE_SUFFIX = '.unreadable';

/**
 * Makes `.pullmirror/<kind>-<UTC time>`, for what is evidence and must not stay in the way. Nothing of ours ever removes such a folder that
 * holds anything.
 * Answers its name.
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

/**
 * Copies the checksum list of every vault's folder into a folder of `makeAsideFolder`: from here on the lists are written anew from a catalog that
 * may not know all that they know. A list that the disk does not give back is moved there instead. Answers the vaults of such lists. When it fails
 * it takes back what it has copied, and the folder if there is nothing else in it.
 */
export function saveChecksumLists(root: string, folder: string): string[] {
  const unreadable: string[] = [];
  const copies: string[] = [];
  try {
    for (const vault of vaultFolders(root)) {
      const path = join(root, vault, SUMS_NAME);
      const copy = savedListPath(root, folder, vault);
      copies.push(copy);
      if (saveList(path, copy)) continue;
      rmSync(copy, { force: true });
      moveList(path, `${copy}${UNREADABLE_SUFFIX}`);
      unreadable.push(vault);
    }
    fsyncFolderSync(join(root, PRIVATE_FOLDER, folder));
    return unreadable;
  } catch (error) {
    takeBack(copies, join(root, PRIVATE_FOLDER, folder));
    throw error;
  }
}

/** False: the disk does not give it back. Without a list there is nothing to do. */
function saveList(path: string, copy: string): boolean {
  try {
    if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) return true;
    copyFileSync(path, copy, constants.COPYFILE_EXCL);
    flushFileSync(copy);
    return true;
  } catch (error) {
    const translated = translateFsError(error, `copying ${path}`);
    if (isAppError(translated, 'STORE_IO')) return false;
    throw translated;
  }
}

function moveList(path: string, place: string): void {
  try {
    renameSync(path, place);
    fsyncFolderSync(dirname(path));
  } catch (error) {
    throw translateFsError(error, `putting ${path} aside`);
  }
}

function takeBack(copies: readonly string[], folder: string): void {
  try {
    for (const copy of copies) rmSync(copy, { force: true });
    rmdirSync(folder);
  } catch (error) {
    // On a disk that takes nothing any more the copies stay; why it failed is told by the caller's own error.
    if (systemCode(error) === undefined) throw error;
  }
}

/**
 * The lists of a vault that `saveChecksumLists` has saved, ever, the newest first: a rebuild that was not finished may have left a shorter one to
 * the next.
 */
export function savedListPaths(root: string, vault: string): string[] {
  return readdirSync(join(root, PRIVATE_FOLDER))
    .filter((name) => name.startsWith(`${CATALOG_ASIDE}-`))
    .sort()
    .reverse()
    .map((name) => savedListPath(root, name, vault));
}

function savedListPath(root: string, folder: string, vault: string): string {
  return join(root, PRIVATE_FOLDER, folder, `${vault}.${SUMS_NAME}`);
}

/**
 * The name that a file gets in a folder of the kind FOUND_ASIDE when a folder becomes a store; null: it stays where it is.
 *
 * @param path below the root
 */
export function foundName(path: string, vault: string): string | null {
  if (path === `${vault}/${SUMS_NAME}`) return `${vault}.${SUMS_NAME}`;
  return VISIBLE_FILES.includes(path) ? path : null;
}

/** Those folders, below the root. */
export function foundFolders(root: string): string[] {
  const folder = join(root, PRIVATE_FOLDER);
  if (!isThere(folder)) return [];
  const found = readdirSync(folder).filter((name) => name.startsWith(`${FOUND_ASIDE}-`));
  return found.map((name) => `${PRIVATE_FOLDER}/${name}`);
}

/** Folders at the top of the store that are, or may once have been, a vault's. */
export function vaultFolders(root: string): string[] {
  try {
    return folderNames(root)
      .filter((name) => !name.startsWith('.') && !RESERVED_TOP_NAMES.has(name))
      .sort();
  } catch (error) {
    throw translateFsError(error, `looking into ${root}`);
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
