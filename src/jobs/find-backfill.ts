import type { Config } from '../core/config/config.ts';
import type { Backfill } from '../core/full-disk.ts';
import { NO_ROOM } from '../core/hold-decision.ts';
import type { Catalog } from '../store/catalog/catalog.ts';

/**
 * What a full disk leaves in the vault for good, and no alarm is about: with `whenFull: thin` the newest come and the oldest go, so what is older than
 * all that is here would be the first to go again. Nothing of the kind where nothing is thinned: while a flood freezes a series, and outside the series.
 */
export function findBackfill(catalog: Catalog, config: Pick<Config, 'series' | 'store'>): Backfill {
  if (config.store.whenFull !== 'thin' || catalog.freezes.open().some(({ cause }) => cause === 'bulk')) return [];
  return catalog.room
    .olderThanStored(config.store.floor, NO_ROOM)
    .filter((group) => config.series.some(({ vault, name }) => vault === group.vault && name === group.series));
}
