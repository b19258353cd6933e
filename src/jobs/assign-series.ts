import type { SeriesConfig } from '../core/config/config.ts';
import { matchSeries } from '../core/series-match.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { RebuiltNewcomers } from './freeze-rebuilt.ts';
import type { Deed } from './hold-series.ts';
import { FreezeMoves } from './move-freezes.ts';

const FACT = 'series_configuration';
const PAGE = 1000;

/** Are the series of all rows those of the configuration? */
export function isAssigned(catalog: Catalog, series: readonly SeriesConfig[]): boolean {
  return catalog.fact(FACT) === textOf(series);
}

/** Did the configuration of the series change since a pass sorted the archives into them? Where none ever did, there is nothing to go by. */
export function isSortedOtherwise(catalog: Catalog, series: readonly SeriesConfig[]): boolean {
  return catalog.fact(FACT) !== null && !isAssigned(catalog, series);
}

/**
 * Brings the series of all rows up to date with the configuration, when it changed since the catalog was last written. Series names are
 * the owner's and may change at any time; the keys decide. What is frozen stays so.
 */
export function assignSeries(catalog: Catalog, series: readonly SeriesConfig[], deed: Deed): void {
  if (isAssigned(catalog, series)) return;
  catalog.transaction(() => {
    const isConfigured = (one: { vault: string; series: string }) =>
      series.some(({ name, vault }) => vault === one.vault && name === one.series);
    const freezes = new FreezeMoves(catalog, isConfigured);
    const newcomers = new RebuiltNewcomers(catalog);
    let after: ArchiveRow | null = null;
    for (;;) {
      const rows: ArchiveRow[] = catalog.archives.page({ storedOnly: false }, after, PAGE);
      for (const row of rows) {
        const name = matchSeries(series, row.vault, row.key)?.series.name ?? null;
        if (name === row.series) continue;
        catalog.archives.setSeries(row.id, name);
        freezes.note(row, name);
        if (row.series === null && name !== null) newcomers.note(row.id, { vault: row.vault, series: name });
      }
      after = rows.at(-1) ?? null;
      if (after === null) break;
    }
    freezes.carry(deed);
    newcomers.freeze(deed);
    catalog.setFact(FACT, textOf(series));
  });
}

function textOf(series: readonly SeriesConfig[]): string {
  return JSON.stringify(series.map(({ name, vault, match }) => [name, vault, match.text]));
}
