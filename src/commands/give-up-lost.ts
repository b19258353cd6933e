import type { Config } from '../core/config/config.ts';
import { type GiveUpReport, giveUpArchives } from '../jobs/give-up-archives.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import { openStoreForWriting } from '../store/open-store.ts';
import type { CommandContext } from './command-context.ts';
import { readState } from './open-mirror.ts';
import { createByteProgress } from './progress-bar.ts';
import { createProgressMeter, meterStyle } from './progress-meter.ts';
import { renewCatalogCopy } from './with-owners-catalog.ts';

/** Opens the store for the owner who gives up lost archives: their files are moved. Errors as openStoreForWriting and giveUpArchives. */
export async function giveUpLost(
  archives: readonly ArchiveRow[],
  config: Config,
  { clock, signal, out }: CommandContext,
): Promise<GiveUpReport> {
  const expectedStoreId = readState(config).state.storeId;
  const opened = openStoreForWriting({ path: config.store.path, expectedStoreId, nowMs: clock.now() });
  try {
    const { store, catalog } = opened;
    const meter = createProgressMeter({ stream: out.stderr, clock, style: meterStyle(out.stderr, out.json) });
    meter.begin({ archives: archives.length, bytes: archives.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) });
    const report = await giveUpArchives({
      store,
      catalog,
      clock,
      archives,
      signal,
      progress: createByteProgress(meter),
    });
    await renewCatalogCopy({ catalog, storeId: store.marker.storeId, stateDir: config.stateDir }, out);
    return report;
  } finally {
    opened.close();
  }
}
