import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { lapseDoubt } from './lapse-doubt.ts';

/**
 * An archive that was never downloaded is not in the vault any more: it is forgotten, and the history tells. What the owner pinned is not forgotten, not
 * even where it came too late. In the caller's transaction.
 */
export function leftBeforeDownload(
  catalog: Catalog,
  row: ArchiveRow,
  { goneAtMs, because, nowMs }: { readonly goneAtMs: number; readonly because: string; readonly nowMs: number },
): void {
  const { id, vault, key } = row;
  if (catalog.pins.of(id) !== null) {
    catalog.archives.markGone(id, goneAtMs);
    catalog.retention.markLost(id, 'it is pinned, and left the vault before it was downloaded');
  } else {
    const { conflictAtMs, conflictAcknowledgedAtMs } = row;
    if (conflictAtMs !== null && conflictAcknowledgedAtMs === null) {
      lapseDoubt(catalog, row, 'conflict', { actor: 'sync', nowMs });
    }
    catalog.archives.forgetUnstored(id);
    // It had excused the one that it replaced; now nothing does.
    if (conflictAtMs !== null) catalog.attention.unacknowledgeGone(vault, key);
  }
  const event = 'archive.gone-before-download';
  catalog.history.append({ actor: 'sync', event, vault, key, archiveId: id, detail: { because } }, nowMs);
}
