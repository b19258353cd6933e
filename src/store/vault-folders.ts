import { folderNames } from './folder-names.ts';
import { RESERVED_TOP_NAMES } from './store-layout.ts';
import { translateFsError } from './translate-fs-error.ts';

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
