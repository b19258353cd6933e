import type { Clock } from '../core/clock.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { catalogCopyPath, copyCatalog, hasCatalogCopy } from '../store/catalog-copy.ts';
import { copyProblem } from '../store/copy-problem.ts';
import { type IndexRow, writeIndexPage } from '../store/index-page.ts';

const PAGE = 1000;

/**
 * What follows a pass that changed something: the index page on the disk, and a copy of the catalog on the machine's own card, because
 * pins and tombstones cannot be rebuilt from the files. Does nothing after a pass without news. The archives are safe whatever is thrown
 * here: STORE_*, STATE_UNUSABLE.
 */
export async function finishPass(args: {
  readonly store: AttachedStore;
  readonly catalog: Catalog;
  readonly stateDir: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly changed: boolean;
}): Promise<void> {
  const { store, catalog, stateDir, clock, changed } = args;
  const { storeId } = store.marker;
  try {
    if (changed) {
      store.assertAttached();
      const totals = storedTotals(catalog);
      await writeIndexPage(store.root, { storeId, writtenAtMs: clock.now(), ...totals, rows: newestRows(catalog) });
    }
  } finally {
    // A disk in trouble is one more reason to have the copy.
    if (changed || !hasGoodCopy(stateDir, storeId)) copyCatalog({ catalog, stateDir, storeId });
  }
}

/** One that could not be renewed is tried again by every pass. */
function hasGoodCopy(stateDir: string, storeId: string): boolean {
  return hasCatalogCopy(stateDir, storeId) && copyProblem(catalogCopyPath(stateDir, storeId)) === null;
}

function storedTotals(catalog: Catalog): { totalArchives: number; totalBytes: number } {
  const groups = catalog.counts.summary();
  return {
    totalArchives: groups.reduce((sum, group) => sum + group.stored, 0),
    totalBytes: groups.reduce((sum, group) => sum + group.storedBytes, 0),
  };
}

function* newestRows(catalog: Catalog): Generator<IndexRow> {
  let before: ArchiveRow | null = null;
  for (;;) {
    const rows: ArchiveRow[] = catalog.newest.storedPage(before, PAGE);
    for (const { vault, path, key, sizeBytes, lastModifiedMs, sha256 } of rows) {
      if (path !== null && sha256 !== null) yield { vault, path, key, sizeBytes, lastModifiedMs, sha256 };
    }
    before = rows.at(-1) ?? null;
    if (before === null) return;
  }
}
