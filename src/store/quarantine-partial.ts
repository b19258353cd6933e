import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import type { AttachedStore } from './attached-store.ts';
import type { ArchiveRow } from './catalog/archive-row.ts';
import type { Catalog } from './catalog/catalog.ts';
import type { PartialFile } from './partial-file.ts';
import { DATA_SUFFIX, freeQuarantineName } from './quarantine.ts';
import { type QuarantineFailure, writeReason } from './quarantine-reason.ts';
import { translateFsError } from './translate-fs-error.ts';
import { trimQuarantine } from './trim-quarantine.ts';
import { fsyncFolder } from './write-file-atomically.ts';

export interface QuarantineContext {
  readonly store: AttachedStore;
  readonly catalog: Catalog;
  readonly clock: Clock;
}

/** Moves a download that failed verification out of the way, with its reason, durably, and tells the history. Takes the file over. Errors: STORE_*. */
export async function quarantinePartial(
  { store, catalog, clock }: QuarantineContext,
  partial: PartialFile,
  row: ArchiveRow,
  failure: QuarantineFailure,
): Promise<void> {
  const nowMs = clock.now();
  const folder = store.quarantineDir;
  store.assertAttached();
  try {
    const name = await freeQuarantineName(folder, row, 'download', nowMs);
    await partial.seal({ mtimeMs: nowMs });
    await partial.close();
    await writeReason(folder, name, { row, origin: 'download', failure, atMs: nowMs });
    await rename(partial.path, join(folder, name + DATA_SUFFIX));
    await fsyncFolder(folder);
    await partial.remove();
    catalog.history.append(
      {
        actor: 'sync',
        event: 'archive.quarantined',
        vault: row.vault,
        key: row.key,
        archiveId: row.id,
        detail: { ...failure, name },
      },
      nowMs,
    );
    await trimQuarantine(folder, catalog);
  } catch (error) {
    throw translateFsError(error, `moving ${partial.path} into quarantine`);
  }
}
