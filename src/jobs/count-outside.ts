import type { SeriesConfig } from '../core/config/config.ts';
import type { Catalog } from '../store/catalog/catalog.ts';

export interface Outside {
  readonly archives: number;
  readonly bytes: number;
}

/** What is on the disk of no configured series. */
export function countOutside(catalog: Catalog, series: readonly Pick<SeriesConfig, 'name' | 'vault'>[]): Outside {
  const groups = catalog.counts
    .summary()
    .filter((group) => !series.some(({ name, vault }) => name === group.series && vault === group.vault));
  return {
    archives: groups.reduce((sum, { stored }) => sum + stored, 0),
    bytes: groups.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
  };
}
