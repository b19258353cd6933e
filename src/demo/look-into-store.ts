import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ArchiveJson } from '../core/output-schemas.ts';
import { sha256Of, type Uploaded } from './backup-server.ts';
import type { Stage } from './scene.ts';

/** An archive of the list, with what really lies on the disk under its name. */
export interface StoredFile extends ArchiveJson {
  readonly file: string;
  readonly fileSha256: string;
  readonly mode: number;
}

/** Every stored archive, its file hashed here and now: the program's word is not taken for it. */
export async function lookIntoStore(stage: Stage): Promise<readonly StoredFile[]> {
  const { archives } = await stage.ask('list', ['list']);
  return archives.map((archive) => {
    const file = join(stage.storeDir, archive.vault, archive.path ?? '');
    return { ...archive, file, fileSha256: sha256Of(readFileSync(file)), mode: statSync(file).mode & 0o777 };
  });
}

/** True if every one of these lies in the store exactly as it left the web server. */
export function holdsAll(files: readonly StoredFile[], wanted: Iterable<Uploaded>): boolean {
  return [...wanted].every(({ key, sha256 }) => files.some((one) => one.key === key && one.fileSha256 === sha256));
}
