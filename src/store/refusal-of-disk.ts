import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from '../core/errors.ts';

/** One file's own trouble; anything else is the disk's. */
export const REFUSED: ReadonlySet<string> = new Set(['EPERM', 'EACCES', 'EBUSY', 'EISDIR']);
export interface DiskRefusal {
  /** Of the error that removing would end in. */
  readonly code: string;
  /** What refuses: the file or its folder. */
  readonly path: string;
}

/** Whether a file could not be removed, as far as it can be told without removing anything: an immutable file (chattr +i) or a folder that may not be written. access(2) */
export async function refusalOfDisk(file: string): Promise<DiskRefusal | null> {
  const folder = dirname(file);
  const folderCode = await accessCode(folder, constants.W_OK | constants.X_OK);
  if (REFUSED.has(folderCode)) return { code: folderCode, path: folder };
  // A file that may not be written (EACCES) may be removed all the same.
  const code = await accessCode(file, constants.W_OK);
  return code === 'EPERM' ? { code, path: file } : null;
}

/** '' if it may be accessed so. */
async function accessCode(path: string, mode: number): Promise<string> {
  try {
    await access(path, mode);
    return '';
  } catch (error) {
    return systemCode(error) ?? '';
  }
}
