import { lstat, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCode } from '../core/errors.ts';
import type { AttachedStore } from './attached-store.ts';
import type { ArchiveRow } from './catalog/archive-row.ts';
import { DATA_SUFFIX, findStoredName, freeQuarantineName } from './quarantine.ts';
import { writeReason } from './quarantine-reason.ts';
import { fsyncFolder } from './write-file-atomically.ts';

export interface StoredEvidence {
  /** The damaged archive in whose place it lies. */
  readonly row: ArchiveRow;
  /** What is wrong with it, to follow its name; with its SHA-256 where that is known. */
  readonly why: string;
  readonly foundSha256: string | null;
}

/**
 * Moves whatever lies in a damaged archive's place (a file, a link, a folder) into quarantine, durably. Its name there, also when an interrupted
 * process has moved it before; null when nothing lay there. Throws the filesystem's own errors.
 */
export async function quarantineStored(
  store: AttachedStore,
  place: string,
  { row, why, foundSha256 }: StoredEvidence,
): Promise<string | null> {
  const folder = store.quarantineDir;
  const atMs = row.damagedAtMs ?? row.lastModifiedMs;
  store.assertAttached();
  if (!(await isThere(place))) return findStoredName(folder, row, atMs);
  const name = await freeQuarantineName(folder, row, 'store', atMs);
  const failure = { why, expected: row.sha256, actual: foundSha256, sha256: foundSha256 };
  await writeReason(folder, name, { row, origin: 'store', failure, atMs });
  await rename(place, join(folder, name + DATA_SUFFIX));
  await fsyncFolder(folder);
  await fsyncFolder(dirname(place));
  return name;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return false;
    throw error;
  }
}
