import { link } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { AppError, systemCode } from '../core/errors.ts';
import type { Actor } from '../core/event-names.ts';
import type { AttachedStore } from './attached-store.ts';
import type { ArchiveRow } from './catalog/archive-row.ts';
import type { Catalog } from './catalog/catalog.ts';
import { makeFolders } from './make-folders.ts';
import type { PartialFile } from './partial-file.ts';
import { quarantineStored } from './quarantine-stored.ts';
import { translateFsError } from './translate-fs-error.ts';
import { fsyncFolder } from './write-file-atomically.ts';

export interface ReplacingContext {
  readonly store: AttachedStore;
  readonly catalog: Catalog;
  readonly clock: Clock;
  /** Who repairs, for the history. */
  readonly actor: Actor;
}

export interface Repair {
  readonly row: ArchiveRow;
  /** The file's place below the vault's folder. */
  readonly path: string;
  /** Complete, and its SHA-256 is the recorded one. */
  readonly partial: PartialFile;
  /** What is wrong with the file that lies at the path, to follow its name; with its SHA-256 where that is known. */
  readonly why: string;
  readonly foundSha256: string | null;
  /** Where the right bytes came from, for the history. */
  readonly source: string;
}

/**
 * Puts the right bytes in the place of a damaged archive's file. In this order, so that a crash between any two steps leaves both the bad file
 * (at its path or in quarantine) and the good one (as a partial, or published): fsync the good one, move the bad one into quarantine with its reason, link
 * the good one under the archive's name (a link never replaces what is there), commit the row. Returns the bad file's name in quarantine, null
 * when nothing lay at the path. Takes the partial over.
 *
 * @throws AppError STORE_*; the archive is then damaged as before, and the next repair goes on from here
 */
export async function replaceDamaged(context: ReplacingContext, repair: Repair): Promise<string | null> {
  const { store, catalog, clock, actor } = context;
  const { row, path, partial, why, source } = repair;
  const place = store.placeOf(row.vault, path);
  try {
    await partial.seal({ mtimeMs: row.lastModifiedMs });
    await partial.close();
    // The bad file must not leave its place before the good one's name is on the disk.
    await fsyncFolder(store.partialDir);
    const quarantined = await quarantineStored(store, place, repair);
    await linkInPlace(store, partial.path, place);
    catalog.transaction(() => {
      const nowMs = clock.now();
      catalog.archives.recordVerified(row.id, nowMs);
      const about = { actor, vault: row.vault, key: row.key, archiveId: row.id };
      const detail = { path, why, source, quarantined };
      catalog.history.append({ ...about, event: 'archive.repaired', detail }, nowMs);
    });
    await partial.remove();
    return quarantined;
  } catch (error) {
    // Its own failure would hide the first one, and both have the same disk to blame.
    await partial.close().catch(() => undefined);
    throw translateFsError(error, `repairing ${place}`);
  }
}

async function linkInPlace(store: AttachedStore, from: string, place: string): Promise<void> {
  const touched = new Set<string>();
  await makeFolders(store.root, dirname(place), { touched, durable: new Set() });
  try {
    await link(from, place);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    throw new AppError('STORE_IO', `${place} appeared while its archive was being repaired`, {
      cause: error,
      hint: 'Find out what writes into the store; the next pass goes on with the repair.',
    });
  }
  touched.add(dirname(place));
  // Deepest first, so that a folder is durable before the folder that names it.
  for (const folder of [...touched].sort((a, b) => b.length - a.length)) await fsyncFolder(folder);
}
