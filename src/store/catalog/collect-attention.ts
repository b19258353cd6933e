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
  let beforeId = Number.MAX_SAFE_INTEGER;
  while (items < limit) {
    const rows = catalog.archives.needingAttention(PAGE_ROWS, beforeId);
    const last = rows.at(-1);
    if (last === undefined) break;
    beforeId = last.id;
    const needing = attentionItems(rows, expiries);
    items += needing.length;
    const ids = new Set(needing.map(({ archive }) => archive.id));
    found.push(...rows.filter((row) => ids.has(row.id)));
  }
  return attentionItems(found, expiries).slice(0, limit);
}
