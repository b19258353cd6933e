import { type AttentionItem, attentionItems, type VaultExpiries } from '../../core/attention.ts';
import type { ArchiveRow } from './archive-row.ts';
import type { Catalog } from './catalog.ts';

const PAGE_ROWS = 1000;

/**
 * What needs the owner, newest archives first within a cause. Archives that left the vault by its own expiry stay in the catalog for good, so
 * all candidates are walked, a page at a time, until `limit` items are found.
 */
export function collectAttention(
  catalog: Catalog,
  expiries: VaultExpiries,
  limit: number,
): AttentionItem<ArchiveRow>[] {
  const found: ArchiveRow[] = [];
  let items = 0;
  for (const needing of attentionPages(catalog, expiries)) {
    items += needing.length;
    found.push(...new Set(needing.map(({ archive }) => archive)));
    if (items >= limit) break;
  }
  found.sort((a, b) => b.id - a.id);
  return attentionItems(found, expiries).slice(0, limit);
}

/** All that needs the owner, page after page, for those who do not hold it all. */
export function* attentionPages(catalog: Catalog, expiries: VaultExpiries): Generator<AttentionItem<ArchiveRow>[]> {
  let beforeId = Number.MAX_SAFE_INTEGER;
  for (;;) {
    const rows = catalog.attention.candidates(PAGE_ROWS, beforeId);
    const last = rows.at(-1);
    if (last === undefined) return;
    beforeId = last.id;
    yield attentionItems(rows, expiries);
  }
}
