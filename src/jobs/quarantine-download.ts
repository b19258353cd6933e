import type { Clock } from '../core/clock.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import type { PartialFile } from '../store/partial-file.ts';
import type { VerificationFailure } from './download-archive.ts';

/** Keeps what failed verification, with its reason, where nobody takes it for an archive; notes it in the history. */
export async function quarantineDownload(
  context: { readonly store: AttachedStore; readonly catalog: Catalog; readonly clock: Clock },
  partial: PartialFile,
  row: ArchiveRow,
  failure: VerificationFailure,
): Promise<void> {
  const { store, catalog, clock } = context;
  store.assertAttached();
  await partial.close();
  await partial.remove();
  catalog.history.append(
    {
      actor: 'sync',
      event: 'archive.quarantined',
      vault: row.vault,
      key: row.key,
      archiveId: row.id,
      detail: { ...failure },
    },
    clock.now(),
  );
}
