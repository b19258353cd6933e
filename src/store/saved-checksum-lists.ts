import { constants, copyFileSync, existsSync, lstatSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isAppError, systemCode } from '../core/errors.ts';
import { SUMS_NAME } from '../core/sha256sums.ts';
import { CATALOG_ASIDE, PRIVATE_FOLDER } from './store-layout.ts';
import { translateFsError } from './translate-fs-error.ts';
import { vaultFolders } from './vault-folders.ts';
import { flushFileSync, fsyncFolderSync } from './write-file-atomically.ts';

const UNREADABLE_SUFFIX = '.unreadable';

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

/** Of a vault whose list the disk did not give back when `saveChecksumLists` was to save it into this folder. */
export function wasListUnreadable(root: string, folder: string, vault: string): boolean {
  return existsSync(`${savedListPath(root, folder, vault)}${UNREADABLE_SUFFIX}`);
}

/** Where a list of a vault is that `saveChecksumLists` has saved into this folder. */
export function savedListPath(root: string, folder: string, vault: string): string {
  return join(root, PRIVATE_FOLDER, folder, `${vault}.${SUMS_NAME}`);
}
