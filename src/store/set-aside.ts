import { constants, copyFileSync, lstatSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../core/errors.ts';
import { SUMS_NAME } from '../core/sha256sums.ts';
import { CATALOG_ASIDE, CATALOG_NAME, PRIVATE_FOLDER, RESERVED_TOP_NAMES } from './store-layout.ts';
import { translateFsError } from './translate-fs-error.ts';
import { flushFileSync, fsyncFolderSync } from './write-file-atomically.ts';

/** What SQLite keeps of one database. The database goes first: without it nobody takes what is left for the whole catalog. */
const CATALOG_FILES = [CATALOG_NAME, `${CATALOG_NAME}-wal`, `${CATALOG_NAME}-shm`];

/**
 * Makes `.pullmirror/<kind>-<UTC time>`, for what is evidence and must not stay in the way. Nothing of ours ever removes such a folder.
 * Answers its name.
 */
export function makeAsideFolder(root: string, kind: string, nowMs: number): string {
  const time = new Date(nowMs)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:]/g, '');
  for (let n = 1; ; n += 1) {
    const name = `${kind}-${time}${n === 1 ? '' : `-${n}`}`;
    const path = join(root, PRIVATE_FOLDER, name);
    try {
      mkdirSync(path, { mode: 0o750 });
      fsyncFolderSync(join(root, PRIVATE_FOLDER));
      return name;
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw translateFsError(error, `making ${path}`);
    }
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
 * may not know all that they know.
 */
export function saveChecksumLists(root: string, folder: string): void {
  for (const vault of vaultFolders(root)) {
    const path = join(root, vault, SUMS_NAME);
    const copy = savedListPath(root, folder, vault);
    try {
      if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) continue;
      copyFileSync(path, copy, constants.COPYFILE_EXCL);
      flushFileSync(copy);
    } catch (error) {
      throw translateFsError(error, `copying ${path}`);
    }
  }
  fsyncFolderSync(join(root, PRIVATE_FOLDER, folder));
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

/** Folders at the top of the store that are, or may once have been, a vault's. */
export function vaultFolders(root: string): string[] {
  try {
    return readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !RESERVED_TOP_NAMES.has(entry.name))
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    throw translateFsError(error, `looking into ${root}`);
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
