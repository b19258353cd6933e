import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { isAppError } from '../core/errors.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import { translateFsError } from '../store/translate-fs-error.ts';
import type { WrongVerdict } from './read-archive.ts';

/**
 * What an error that was met on the way to an archive's file says of this one file, or null where it says something of the whole store: the others
 * go on then.
 */
export function oneFilesTrouble(
  error: unknown,
  store: Pick<AttachedStore, 'catalogPath'>,
  doing: string,
): WrongVerdict | null {
  // A symbolic link or another filesystem in the way.
  if (isAppError(error, 'STORE_SYMLINK', 'STORE_UNSUITABLE')) return { kind: 'not-a-file', why: error.message };
  const translated = translateFsError(error, doing, 'read');
  // Its inode, or that of a folder on the way, cannot be read.
  if (isAppError(translated, 'STORE_IO')) return { kind: 'unreadable', why: translated.message };
  // Somebody gave it another owner or mode. Whoever does not own the store may be refused everything, and cannot tell.
  if (isAppError(translated, 'STORE_FORBIDDEN') && isOwner(store))
    return { kind: 'unreadable', why: translated.message };
  return null;
}

function isOwner({ catalogPath }: Pick<AttachedStore, 'catalogPath'>): boolean {
  const uid = process.getuid?.();
  return uid === 0 || uid === lstatSync(dirname(catalogPath)).uid;
}
