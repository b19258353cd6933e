import type { Catalog } from './catalog/catalog.ts';
import type { HistoryEntry } from './catalog/history-table.ts';

/**
 * What a copy of a catalog is to it, by their histories, which only grow. earlier: the catalog has all of it. later: it has all of the catalog, and more.
 * other: each has something that the other does not, as when two machines wrote to one store.
 * Throws CATALOG_CORRUPT.
 */
export type CopyAge = 'earlier' | 'later' | 'other';

export function ageOfCopy(copy: Catalog, catalog: Catalog): CopyAge {
  if (hasAllOf(catalog, copy)) return 'earlier';
  return hasAllOf(copy, catalog) ? 'later' : 'other';
}

/** Events have numbers in a row, and are never changed: who has the newest one of the other has them all. */
function hasAllOf(whole: Catalog, part: Catalog): boolean {
  const newest = newestEvent(part);
  if (newest === null) return true;
  return JSON.stringify(newestEvent(whole, newest.id)) === JSON.stringify(newest);
}

function newestEvent(catalog: Catalog, throughId?: number): HistoryEntry | null {
  const before = throughId === undefined ? undefined : throughId + 1;
  return catalog.history.newest({}, 1, before)[0] ?? null;
}
