import { existsSync, lstatSync } from 'node:fs';
import { isAppError, systemCode } from '../core/errors.ts';
import { formatUtc } from '../core/zoned-time.ts';
import type { AdoptionNote } from '../store/adoption-note.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { readPinsLoss } from '../store/pins-loss.ts';
import { savedListPath, wasListUnreadable } from '../store/saved-checksum-lists.ts';
import { readChecksumList } from '../store/sha256sums-file.ts';
import { translateFsError } from '../store/translate-fs-error.ts';
import { vaultFolders } from '../store/vault-folders.ts';

/**
 * Why pins and freezes are lost with the former catalog, or may be; null: they are not. A copy of the catalog is of an earlier time than the disk where
 * our own lists, as they were, know files that it does not: the disk was in another machine meanwhile, or the copy could not be made for long. It may be where there is no such list,
 * and where its last renewal failed: pins and freezes are in no list. To be asked before the first of these files gets its row. Throws AppError STORE_*, CATALOG_*.
 */
export async function whatIsLost(
  note: AdoptionNote,
  { store, catalog }: { readonly store: AttachedStore; readonly catalog: Catalog },
): Promise<string | null> {
  if (note.from === 'itself') return null;
  if (note.from === 'nothing') return 'the catalog was made anew without a copy, and pins and freezes are lost';
  const reasonOf = (which: string): string =>
    `the catalog was made anew from a copy of ${formatUtc(note.copyMadeAtMs ?? 0)}, which ${which}; pins and freezes made since then are lost`;
  if (note.copyIsBehind === true) return reasonOf('is known to be older than the catalog was');
  const silent = vaultFolders(store.root).find((vault) => saysNothing(vault, note.aside, store, catalog));
  if (silent !== undefined)
    return reasonOf(`may be older than what is on the disk: there was no SHA256SUMS of ${silent} that could be read`);
  const reason = reasonOf('is older than what is on the disk');
  // By a run that was interrupted: the files have their rows by now.
  const isKnown = readPinsLoss(catalog)?.reason === reason;
  return isKnown || (await isBehind(note.aside, store, catalog)) ? reason : null;
}

/** Without the list of a vault that has archives nobody knows whether the copy lacks some of them. */
function saysNothing(vault: string, aside: string, { root }: AttachedStore, catalog: Catalog): boolean {
  if (wasListUnreadable(root, aside, vault)) return true;
  if (existsSync(savedListPath(root, aside, vault))) return false;
  return catalog.counts.summary().some((one) => one.vault === vault && one.stored > 0);
}

async function isBehind(aside: string, store: AttachedStore, catalog: Catalog): Promise<boolean> {
  for (const vault of vaultFolders(store.root)) {
    for await (const entry of readChecksumList(savedListPath(store.root, aside, vault))) {
      if (entry.kind !== 'line' || catalog.archives.atPath(vault, entry.path) !== null) continue;
      if (isFile(store, vault, entry.path)) return true;
    }
  }
  return false;
}

function isFile(store: AttachedStore, vault: string, path: string): boolean {
  try {
    return lstatSync(store.resolve(vault, path), { throwIfNoEntry: false })?.isFile() === true;
  } catch (error) {
    if (isAppError(error, 'STORE_SYMLINK', 'STORE_UNSUITABLE', 'INTERNAL') || systemCode(error) === 'ENAMETOOLONG')
      return false;
    throw isAppError(error) ? error : translateFsError(error, `looking at ${vault}/${path}`);
  }
}
