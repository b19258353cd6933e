import { lstatSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../core/errors.ts';
import type { RenewedText } from '../core/renewed-text.ts';
import { README_TEXT } from './disk-readme.ts';
import { isOwnText } from './lost-store.ts';
import { readHead } from './read-head.ts';
import { RESTORE_SCRIPT } from './restore-script.ts';
import { isSealed } from './sealed-text.ts';
import { makeAsideFolder } from './set-aside.ts';
import {
  FOUND_ASIDE,
  INDEX_NAME,
  PRIVATE_FOLDER,
  README_NAME,
  RESTORE_NAME,
  TEXT_TEMPORARY_NAME,
} from './store-layout.ts';
import { fsyncFolderSync } from './write-file-atomically.ts';

/** A file at the top of the store that is the same whatever the store holds. */
interface StoreText {
  readonly name: string;
  readonly text: string;
  readonly mode: number;
}

const STORE_TEXTS: readonly StoreText[] = [
  { name: README_NAME, text: README_TEXT, mode: 0o644 },
  { name: RESTORE_NAME, text: RESTORE_SCRIPT, mode: 0o555 },
];

/** What is longer was not written by us. */
const MAX_BYTES = 1024 * 1024;

/** What `renewStoreTexts` would have to make anew. Changes nothing; throws the filesystem's own errors. */
export function flawedTexts(root: string): Pick<RenewedText, 'name' | 'was'>[] {
  return STORE_TEXTS.flatMap((one) => {
    const was = flawOf(root, one);
    return was === null ? [] : [{ name: one.name, was }];
  });
}

/**
 * Makes README.txt and restore.sh those of this release, so that the disk can be read without us: each is replaced at once or not at all. What
 * somebody else wrote under such a name, or changed, is moved into a new folder of `.pullmirror`. The caller holds the store's lock. Answers what it had to make anew; throws the
 * filesystem's own errors.
 *
 * @param more other files of that kind
 */
export function renewStoreTexts(root: string, nowMs: number, more: readonly StoreText[] = []): RenewedText[] {
  let folder: string | null = null;
  return [...STORE_TEXTS, ...more].flatMap((one) => {
    const was = flawOf(root, one);
    if (was === null) return [];
    let aside: string | null = null;
    if (was === 'foreign') {
      folder ??= makeAsideFolder(root, FOUND_ASIDE, nowMs);
      aside = join(root, PRIVATE_FOLDER, folder, one.name);
      renameSync(join(root, one.name), aside);
      fsyncFolderSync(join(root, PRIVATE_FOLDER, folder));
    }
    writeText(root, one);
    return [{ name: one.name, was, aside }];
  });
}

/** The index page of a store without archives. The pages of later passes are not compared with it. */
export function firstIndexPage(text: string): StoreText {
  return { name: INDEX_NAME, text, mode: 0o644 };
}

function flawOf(root: string, { name, text }: StoreText): RenewedText['was'] | null {
  const path = join(root, name);
  const facts = lstatSync(path, { throwIfNoEntry: false });
  if (facts === undefined) return 'missing';
  if (name === INDEX_NAME && isOwnText(root, name)) return null;
  const found = facts.isFile() && facts.size <= MAX_BYTES ? readText(path) : null;
  if (found === null) return 'foreign';
  if (found === text) return null;
  // What a power cut left: every release wrote it from its beginning on.
  if (text.startsWith(found)) return 'cut';
  return isOwnText(root, name) && isSealed(found) ? 'older' : 'foreign';
}

/** null: the disk does not give it back. */
function readText(path: string): string | null {
  try {
    return readHead(path, MAX_BYTES);
  } catch (error) {
    if (['EIO', 'EACCES'].includes(systemCode(error) ?? '')) return null;
    throw error;
  }
}

function writeText(root: string, { name, text, mode }: StoreText): void {
  const temporaryPath = join(root, PRIVATE_FOLDER, TEXT_TEMPORARY_NAME);
  rmSync(temporaryPath, { force: true });
  writeFileSync(temporaryPath, text, { mode, flag: 'wx', flush: true });
  renameSync(temporaryPath, join(root, name));
  fsyncFolderSync(root);
}
