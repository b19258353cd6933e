import { lstat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../core/errors.ts';
import type { ArchiveRow } from './catalog/archive-row.ts';
import type { Catalog } from './catalog/catalog.ts';
import { findQuarantined, keyOfName, type QuarantinedFile } from './quarantine.ts';
import { type QuarantineReason, REASON_SUFFIX, readReason } from './quarantine-reason.ts';

/*
 * What failed verification is evidence, not backup: kept for the owner to look at, but never so much that it takes the room of archives. Of one key
 * the newest 3 are kept, of all the newest 100; their bytes only up to 10 GiB, newest first, the reason even without. Everything stands in the
 * history besides. What lay in the store is something else as long as nothing better is known to be somewhere: see `isIrreplaceable`.
 */
const MAX_OF_KEY = 3;
const MAX_ENTRIES = 100;
const MAX_BYTES = 10 * 1024 ** 3;

/** Removes what is too much. Throws the filesystem's own errors. */
export async function trimQuarantine(folder: string, catalog: Catalog): Promise<void> {
  const ofKey = new Map<string, number>();
  let count = 0;
  let bytes = 0;
  for (const file of await findQuarantined(folder)) {
    if (await isIrreplaceable(folder, file, catalog)) continue;
    const { name, dataPath, sizeBytes } = file;
    const key = keyOfName(name);
    const nth = (ofKey.get(key) ?? 0) + 1;
    ofKey.set(key, nth);
    count += 1;
    const expired = nth > MAX_OF_KEY || count > MAX_ENTRIES;
    bytes += sizeBytes;
    if (dataPath !== null && (expired || bytes > MAX_BYTES)) {
      await unlink(dataPath);
      bytes -= sizeBytes;
    }
    if (expired) await unlinkIfThere(join(folder, name + REASON_SUFFIX));
  }
}

/**
 * A file of the store may be the best that is left of its archive, though a byte of it is wrong; or the last copy of another one, with which it
 * changed places. It goes by itself only when its archive is right again and in the vault, and its bytes are known to be those of no archive at all. The
 * rest stays until the owner removes it: also what the owner gave up, what nothing is known of, and a folder.
 */
async function isIrreplaceable(folder: string, file: QuarantinedFile, catalog: Catalog): Promise<boolean> {
  if (file.origin !== 'store' || file.dataPath === null) return false;
  if ((await lstat(file.dataPath)).isDirectory()) return true;
  const reason = await readReason(folder, file.name);
  const row = archiveOfEvidence(reason, catalog);
  if (reason === null || row === null) return true;
  if (row.state !== 'stored' || row.damagedAtMs !== null || row.goneAtMs !== null) return true;
  // Damaged or not: of the archive that these bytes are of, a scrub may not know yet what lies at its path.
  return reason.sha256 === null || catalog.scrub.hasContent(reason.sha256);
}

/** The archive that a file in quarantine was, or was to be; null when that cannot be told. */
export function archiveOfEvidence(reason: QuarantineReason | null, catalog: Catalog): ArchiveRow | null {
  if (reason === null) return null;
  const row = catalog.archives
    .ofKey(reason.vault, reason.key)
    .find(
      ({ etag, versionId }) =>
        etag === reason.etag && (reason.versionId === null || versionId === null || versionId === reason.versionId),
    );
  return row ?? null;
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}
