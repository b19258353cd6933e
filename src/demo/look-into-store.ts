import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { sha256Of, type Uploaded } from './backup-server.ts';

export interface StoredFile {
  /** Below the folder of the vault. */
  readonly path: string;
  readonly sha256: string;
  readonly mode: number;
}

/** What lies on the disk for the vault, looked up and hashed here and now: the program's word is not taken for it. */
export function lookIntoStore({ storeDir }: { readonly storeDir: string }): readonly StoredFile[] {
  const folder = join(storeDir, 'web');
  return filesBelow(folder)
    .filter((file) => file !== join(folder, 'SHA256SUMS'))
    .map((file) => ({
      path: relative(folder, file),
      sha256: sha256Of(readFileSync(file)),
      mode: statSync(file).mode & 0o777,
    }));
}

/** True if every one of these lies under its own name exactly as it left the web server. */
export function holdsAll(files: readonly StoredFile[], wanted: Iterable<Uploaded>): boolean {
  return [...wanted].every(({ key, sha256 }) => files.some((one) => one.path === key && one.sha256 === sha256));
}

/** Every file below a directory, in order. */
export function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
