import { lstat } from 'node:fs/promises';
import { isAppError, systemCode } from '../core/errors.ts';
import type { AttachedStore } from './attached-store.ts';
import type { ArchiveRow } from './catalog/archive-row.ts';
import { translateFsError } from './translate-fs-error.ts';

/** What a look at the file of a stored archive, without reading it, shows to be wrong. */
export interface Damage {
  readonly kind: 'missing' | 'not-a-file' | 'wrong-size';
  /** Follows the file's name. */
  readonly why: string;
}

/** Where the file of a stored archive is (absolute), and what is wrong with it, or null. Errors: STORE_*. */
export async function lookAtStored(
  store: AttachedStore,
  { vault, path, sizeBytes }: Pick<ArchiveRow, 'vault' | 'path' | 'sizeBytes'>,
): Promise<{ readonly file: string; readonly damage: Damage | null }> {
  let file = `${vault}/${path}`;
  try {
    file = store.resolve(vault, path ?? '');
    const facts = await lstat(file);
    if (!facts.isFile()) return { file, damage: { kind: 'not-a-file', why: 'is not a regular file' } };
    const why = `has ${facts.size} bytes instead of ${sizeBytes}`;
    return { file, damage: facts.size === sizeBytes ? null : { kind: 'wrong-size', why } };
  } catch (error) {
    // A symbolic link or another filesystem in the way to this one file.
    if (isAppError(error, 'STORE_SYMLINK', 'STORE_UNSUITABLE'))
      return { file, damage: { kind: 'not-a-file', why: error.message } };
    if (systemCode(error) === 'ENOENT') return { file, damage: { kind: 'missing', why: 'is missing' } };
    throw translateFsError(error, `looking at ${file}`, 'read');
  }
}
