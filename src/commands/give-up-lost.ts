import type { Config } from '../core/config/config.ts';
import { FirstOfMany } from '../core/first-of-many.ts';
import { type GiveUpReport, giveUpArchives } from '../jobs/give-up-archives.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { openStoreForWriting } from '../store/open-store.ts';
import type { CommandContext } from './command-context.ts';
import { readState } from './open-mirror.ts';
import { createByteProgress } from './progress-bar.ts';
import { createProgressMeter, meterStyle } from './progress-meter.ts';
import { renewCatalogCopy } from './with-owners-catalog.ts';

/**
 * Opens the store for the owner who gives up lost archives: their files are moved.
 *
 * @param lostOnes asked several times, as any number of them is not held
 * @throws AppError as openStoreForWriting and giveUpArchives
 */
export async function giveUpLost(
  lostOnes: (catalog: Catalog) => Iterable<ArchiveRow>,
  config: Config,
  { clock, signal, out }: CommandContext,
): Promise<GiveUpReport> {
  const expectedStoreId = readState(config).state.storeId;
  const opened = openStoreForWriting({ path: config.store.path, expectedStoreId, nowMs: clock.now() });
  try {
    const { store, catalog } = opened;
    const meter = createProgressMeter({ stream: out.stderr, clock, style: meterStyle(out.stderr, out.json) });
    const archives = { [Symbol.iterator]: () => lostOnes(catalog)[Symbol.iterator]() };
    const total = { archives: 0, bytes: 0 };
    for (const { sizeBytes } of archives) {
      total.archives += 1;
      total.bytes += sizeBytes;
    }
    meter.begin(total);
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

export function nothingGivenUp(): GiveUpReport {
  return { givenUp: new FirstOfMany(), recovered: new FirstOfMany() };
}
