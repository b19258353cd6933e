import { ATTENTION_CAUSES, type AttentionItem, attentionItems, type VaultExpiries } from '../../src/core/attention.ts';
import type { ArchiveRow } from '../../src/store/catalog/archive-row.ts';
import { archivesNeeding } from '../../src/store/catalog/archives-needing.ts';
import type { Catalog } from '../../src/store/catalog/catalog.ts';

/** All that needs the owner, the most urgent cause first, within a cause the newest first. */
export function openItems(catalog: Catalog, expiries: VaultExpiries = new Map()): AttentionItem<ArchiveRow>[] {
  return ATTENTION_CAUSES.flatMap((cause) =>
    [...archivesNeeding(catalog, cause, expiries)]
      .flatMap((page) => attentionItems(page, expiries))
      .filter((item) => item.cause === cause),
  );
}
