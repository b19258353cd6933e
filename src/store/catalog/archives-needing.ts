import type { AttentionCause, VaultExpiries } from '../../core/attention.ts';
import type { ArchiveRow } from './archive-row.ts';
import type { AttentionPart } from './attention-table.ts';
import type { Catalog } from './catalog.ts';

const PAGE_ROWS = 500;

/** All that need the owner for this cause, newest first, a page at a time: what is done about one page takes none from the next. */
export function* archivesNeeding(
  { attention }: Catalog,
  cause: AttentionCause,
  expiries: VaultExpiries,
  part: AttentionPart = 'all',
): Generator<ArchiveRow[]> {
  let beforeId = Number.MAX_SAFE_INTEGER;
  for (;;) {
    const rows = attention.newestFor(cause, expiries, { limit: PAGE_ROWS, beforeId, part });
    const last = rows.at(-1);
    if (last === undefined) return;
    beforeId = last.id;
    yield rows;
  }
}
