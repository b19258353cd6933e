import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { README_TEXT } from './disk-readme.ts';
import { readHead } from './read-head.ts';
import { RESTORE_SCRIPT } from './restore-script.ts';
import { CATALOG_ASIDE, CATALOG_NAME, INDEX_NAME, PRIVATE_FOLDER, README_NAME, RESTORE_NAME } from './store-layout.ts';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/** What tells our own files stands near their beginning, and an archive of such a name may be larger than the memory. */
const HEAD_BYTES = 64 * 1024;
const COPY_NAME = new RegExp(`^catalog-(${UUID})\\.db$`);
const ID_ON_PAGE = new RegExp(`by pullmirror; store (${UUID})\\.`);

/** The files at the top that no other program writes, by a line that all releases write. */
const OWN_TEXTS: ReadonlyMap<string, string> = new Map([
  [README_NAME, firstLines(README_TEXT, 1)],
  [RESTORE_NAME, firstLines(RESTORE_SCRIPT, 2)],
]);

/**
 * Was this directory without a marker, and without a catalog that could be read, a store once? A damaged catalog, one that was put aside, or our own
 * texts at the top tell. Its checksum lists are ours then. Throws the filesystem's own errors.
 */
export function wasStore(root: string): boolean {
  const privateNames = isFolder(join(root, PRIVATE_FOLDER)) ? readdirSync(join(root, PRIVATE_FOLDER)) : [];
  if (privateNames.some((name) => name === CATALOG_NAME || name.startsWith(`${CATALOG_ASIDE}-`))) return true;
  return [...OWN_TEXTS.keys()].some((name) => isOwnText(root, name));
}

/** Is what lies under this name at the top one of our own files? The index page is ours if it names a store. */
export function isOwnText(root: string, name: string): boolean {
  if (name === INDEX_NAME) return idOnPage(root) !== null;
  const text = OWN_TEXTS.get(name);
  return text !== undefined && (readPlainFile(join(root, name))?.startsWith(text) ?? false);
}

/**
 * Which store was it? What its index page says; else the store that this machine knew last, if it has a copy of that catalog; else the only one
 * that it has a copy of. null: nothing tells.
 *
 * @param knownId the store that was here last (state.json), or null
 */
export function idOfLostStore(root: string, stateDir: string, knownId: string | null): string | null {
  const named = idOnPage(root);
  if (named !== null) return named;
  const copies = readdirSync(stateDir).flatMap((name) => COPY_NAME.exec(name)?.[1] ?? []);
  if (knownId !== null && copies.includes(knownId)) return knownId;
  const [only] = copies;
  return only !== undefined && copies.length === 1 ? only : null;
}

function idOnPage(root: string): string | null {
  const text = readPlainFile(join(root, INDEX_NAME));
  return text === null ? null : (ID_ON_PAGE.exec(text)?.[1] ?? null);
}

/** Its beginning. null: there is none, or it is a link, whatever it leads to. */
function readPlainFile(path: string): string | null {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true ? readHead(path, HEAD_BYTES) : null;
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function firstLines(text: string, count: number): string {
  return text.split('\n').slice(0, count).join('\n');
}
