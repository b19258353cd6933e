import type { Freeze } from '../core/keep/freeze.ts';
import type { Catalog } from '../store/catalog/catalog.ts';

/**
 * The owner freezes series, in one commit, with an event each: nothing that the catalog knows of them now is removed until they are released. Answers
 * those that were not frozen by the owner already.
 */
export function freezeSeries(
  catalog: Catalog,
  series: readonly Pick<Freeze, 'vault' | 'series'>[],
  reason: string,
  nowMs: number,
): Freeze[] {
  return catalog.transaction(() => {
    const begun = series.filter(({ vault, series: name }) => {
      const begins = catalog.freezes.begin({ vault, series: name, cause: 'owner', reason }, nowMs);
      const detail = { series: name, cause: 'owner', reason };
      if (begins) catalog.history.append({ actor: 'owner', event: 'series.frozen', vault, detail }, nowMs);
      return begins;
    });
    return catalog.freezes
      .open()
      .filter(({ cause, ...open }) => cause === 'owner' && begun.some((one) => isOf(open, one)));
  });
}

/** The owner's word that these freezes are over, in one commit, with an event each. What is known by now is not frozen again for the same cause. */
export function releaseSeries(catalog: Catalog, freezes: readonly Freeze[], why: string | null, nowMs: number): void {
  const because = why === null ? 'the owner released it' : `the owner released it: ${why}`;
  catalog.transaction(() => {
    for (const { id, vault, series, cause, reason } of freezes) {
      catalog.freezes.release(id, because, nowMs);
      const detail = { series, cause, because, reason };
      catalog.history.append({ actor: 'owner', event: 'series.released', vault, detail }, nowMs);
    }
  });
}

function isOf(freeze: Pick<Freeze, 'vault' | 'series'>, { vault, series }: Pick<Freeze, 'vault' | 'series'>): boolean {
  return freeze.vault === vault && freeze.series === series;
}
