import { lstat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { AppError, systemCode } from '../core/errors.ts';
import type { AttachedStore } from './attached-store.ts';
import type { ArchiveRow } from './catalog/archive-row.ts';
import type { Catalog } from './catalog/catalog.ts';
import { listQuarantine, type QuarantineEntry } from './quarantine.ts';
import { REASON_SUFFIX } from './quarantine-reason.ts';
import { translateFsError } from './translate-fs-error.ts';
import { archiveOfEvidence } from './trim-quarantine.ts';
import { fsyncFolder } from './write-file-atomically.ts';

/**
 * Removes what lies in quarantine, by name, when the owner has looked at it; with an event each, written first. All of them or, when one may not be
 * removed, none. The store has to be open for writing.
 *
 * @throws AppError ARCHIVE_NOT_FOUND when there is no such name, or when it may be the last that is left of an archive; STORE_*
 */
export async function dropQuarantined(
  { store, catalog, clock }: { store: AttachedStore; catalog: Catalog; clock: Pick<Clock, 'now'> },
  names: readonly string[],
): Promise<QuarantineEntry[]> {
  const folder = store.quarantineDir;
  const entries = await listQuarantine(folder);
  const chosen = names.map((name) => entries.find((entry) => entry.name === name) ?? unknown(name));
  for (const entry of chosen) await requireExpendable(entry, catalog);
  store.assertAttached();
  for (const entry of chosen) {
    const { name, dataPath, origin, sizeBytes, reason } = entry;
    const about = reason === null ? {} : { vault: reason.vault, key: reason.key };
    const detail = { name, origin, sizeBytes, ...(reason !== null && { why: reason.why, sha256: reason.sha256 }) };
    catalog.history.append({ actor: 'owner', event: 'quarantine.dropped', ...about, detail }, clock.now());
    try {
      if (dataPath !== null) await unlink(dataPath);
      await unlinkIfThere(join(folder, name + REASON_SUFFIX));
      await fsyncFolder(folder);
    } catch (error) {
      throw translateFsError(error, `removing ${name} from quarantine`);
    }
  }
  return chosen;
}

/** What lay in the place of an archive may be all that is left of it. */
async function requireExpendable(entry: QuarantineEntry, catalog: Catalog): Promise<void> {
  const { name, dataPath, origin } = entry;
  if (dataPath !== null && (await isFolder(dataPath))) {
    throw new AppError('ARCHIVE_NOT_FOUND', `${dataPath} is a folder`, {
      hint: `Look at it, and remove it by hand. Then \`pullmirror resolve --quarantine ${name} --drop\` removes what is written about it.`,
    });
  }
  // Of files that changed places, the one is repaired and its bytes are what the other one lacks.
  const lacking = catalog.scrub.lacking(entry.reason?.sha256 ?? '');
  const own = origin === 'store' ? archiveOfEvidence(entry.reason, catalog) : null;
  const row = lacking ?? own;
  if (row === null || !isNeeded(row)) return;
  throw new AppError('ARCHIVE_NOT_FOUND', `${name} may be the last that is left of ${row.vault}/${row.key}`, {
    hint: `The archive is damaged: first decide about it, with \`pullmirror resolve --archive ${row.id}\`.`,
  });
}

function isNeeded({ state, damagedAtMs }: ArchiveRow): boolean {
  return state !== 'pruned' && damagedAtMs !== null;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch (error) {
    throw translateFsError(error, `looking at ${path}`, 'read');
  }
}

/** ARCHIVE_NOT_FOUND, with where the names are to be seen. */
export function notInQuarantine(name: string): AppError {
  return new AppError('ARCHIVE_NOT_FOUND', `nothing in quarantine is called ${name}`, {
    hint: '`pullmirror resolve --quarantine` shows the names.',
  });
}

function unknown(name: string): never {
  throw notInQuarantine(name);
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}
