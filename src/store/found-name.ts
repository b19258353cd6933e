import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SUMS_NAME } from '../core/sha256sums.ts';
import { FOUND_ASIDE, PRIVATE_FOLDER, VISIBLE_FILES } from './store-layout.ts';

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
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) return [];
  const found = readdirSync(folder).filter((name) => name.startsWith(`${FOUND_ASIDE}-`));
  return found.map((name) => `${PRIVATE_FOLDER}/${name}`);
}
