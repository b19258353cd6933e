import { existsSync, lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { isAppError } from '../core/errors.ts';
import type { AttachedStore } from './attached-store.ts';
import type { ArchiveRow } from './catalog/archive-row.ts';
import type { Catalog } from './catalog/catalog.ts';
import { markSumsBehind } from './sums-repair.ts';
import { translateFsError } from './translate-fs-error.ts';
import { fsyncFolderSync } from './write-file-atomically.ts';

const PAGE = 500;

export interface RemovalRepair {
  /** The file was still there: stored as before. */
  readonly storedAgain: number;
  /** The file was gone: the removal is finished. */
  readonly pruned: number;
}

/**
 * Settles what a crash left half removed: a crash is never a reason to delete, so what still has its file is stored again, and what has none is
 * pruned. Part of every opening for writing. Does nothing, and writes nothing, when no removal was under way.
 *
 * @throws AppError STORE_*
 */
export function repairRemovals(args: {
  readonly store: AttachedStore;
  readonly catalog: Catalog;
  readonly nowMs: number;
}): RemovalRepair {
  const { store, catalog } = args;
  let storedAgain = 0;
  let pruned = 0;
  for (;;) {
    const rows = catalog.retention.removing(PAGE);
    if (rows.length === 0) return { storedAgain, pruned };
    store.assertAttached();
    const gone = rows.filter((row) => !isThere(store, row));
    makeDurable(gone.map((row) => store.resolve(row.vault, row.path ?? '')));
    store.assertAttached();
    const goneIds = new Set(gone.map(({ id }) => id));
    catalog.transaction(() => {
      for (const row of rows) settle(catalog, row, !goneIds.has(row.id), args.nowMs);
    });
    storedAgain += rows.length - gone.length;
    pruned += gone.length;
  }
}

function isThere(store: AttachedStore, { vault, path }: ArchiveRow): boolean {
  try {
    return lstatSync(store.resolve(vault, path ?? ''), { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    // Something is in the way, and behind it may be the file: verifying will tell.
    if (isAppError(error, 'STORE_SYMLINK', 'STORE_UNSUITABLE')) return true;
    throw translateFsError(error, `looking at ${vault}/${path}`, 'read');
  }
}

/** A name that vanished may come back with a power cut until its folder is flushed; the folder may be gone as well. */
function makeDurable(files: readonly string[]): void {
  for (const folder of new Set(files.map((file) => nearestFolder(dirname(file))))) {
    try {
      fsyncFolderSync(folder);
    } catch (error) {
      throw translateFsError(error, `flushing ${folder}`);
    }
  }
}

function nearestFolder(path: string): string {
  return existsSync(path) ? path : nearestFolder(dirname(path));
}

function settle(catalog: Catalog, row: ArchiveRow, isStored: boolean, nowMs: number): void {
  const { id, vault, key, path, sha256, sizeBytes, reason } = row;
  if (isStored) catalog.retention.markStoredAgain(id);
  else catalog.retention.markPruned(id);
  markSumsBehind(catalog, vault);
  const event = isStored ? 'archive.removal-undone' : 'archive.pruned';
  const throughId = catalog.freezes.newestId();
  const detail = { reason, path, sha256, sizeBytes, throughId, interrupted: true };
  catalog.history.append({ actor: 'repair', event, vault, key, archiveId: id, detail }, nowMs);
}
