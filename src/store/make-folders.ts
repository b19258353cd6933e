import { lstat, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError, systemCode } from '../core/errors.ts';

export interface FolderNotes {
  /** Folders in which an entry is new: to be fsynced before anything is recorded. */
  readonly touched: Set<string>;
  readonly durable: ReadonlySet<string>;
}

/** `mkdir -p` that notes every folder whose entries have to be made durable: also those of a folder that a killed process made. */
export async function makeFolders(root: string, folder: string, notes: FolderNotes): Promise<void> {
  if (notes.touched.has(folder) || notes.durable.has(folder) || folder === root) return;
  await makeFolders(root, dirname(folder), notes);
  try {
    await mkdir(folder, { mode: 0o750 });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    // A symbolic link here would lead the archive out of the store.
    if (!(await lstat(folder)).isDirectory()) {
      const hint = 'Move it out of the store; the next pass fetches the archive again.';
      throw new AppError('STORE_UNSUITABLE', `${folder} stands where a folder is needed`, { cause: error, hint });
    }
  }
  notes.touched.add(folder);
  notes.touched.add(dirname(folder));
}
