import type { SeriesConfig } from '../core/config/config.ts';
import { type Crowded, MAX_PLANNED } from '../core/keep/crowded.ts';
import type { Catalog } from '../store/catalog/catalog.ts';

/** The series with keep rules that have too many archives to be planned. */
export function findCrowded(
  catalog: Catalog,
  series: readonly Pick<SeriesConfig, 'name' | 'vault' | 'keep'>[],
  maxPlanned = MAX_PLANNED,
): Crowded[] {
  return series.flatMap(({ name, vault, keep }) => {
    const archives = keep === null ? 0 : catalog.retention.countOfSeries(vault, name);
    return archives > maxPlanned ? [{ vault, series: name, archives }] : [];
  });
}
