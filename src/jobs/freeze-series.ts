import { doubtOf, type Freeze } from '../core/keep/freeze.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { extendFreeze, holdSeries } from './hold-series.ts';

export interface FrozenByOwner {
  /** The freezes that hold these series now. */
  readonly held: readonly Freeze[];
  /** Their numbers that held before, and hold more now. */
  readonly extended: ReadonlySet<number>;
}

/**
 * The owner freezes series, in one commit, with an event each: nothing that the catalog knows of them now is removed until they are released. One that the
 * owner has frozen before holds what has come since as well, for the new reason.
 */
export function freezeSeries(
  catalog: Catalog,
  series: readonly Pick<Freeze, 'vault' | 'series'>[],
  reason: string,
  nowMs: number,
): FrozenByOwner {
  const deed = { actor: 'owner', nowMs } as const;
  return catalog.transaction(() => {
    const extended = new Set<number>();
    for (const one of series) {
      const former = ownersFreeze(catalog, one);
      if (former === null) holdSeries(catalog, { ...one, cause: 'owner', reason }, deed);
      else {
        extendFreeze(catalog, former, { reason }, deed);
        extended.add(former.id);
      }
    }
    const held = series.map((one) => ownersFreeze(catalog, one)).filter((one) => one !== null);
    return { held, extended };
  });
}

function ownersFreeze(catalog: Catalog, { vault, series }: Pick<Freeze, 'vault' | 'series'>): Freeze | null {
  const open = catalog.freezes.open();
  return open.find((one) => one.cause === 'owner' && one.vault === vault && one.series === series) ?? null;
}

/** The owner's word that these freezes are over, in one commit, with an event each. What is known by now is not frozen again for the same cause. */
export function releaseSeries(catalog: Catalog, freezes: readonly Freeze[], why: string | null, nowMs: number): void {
  const because = why === null ? 'the owner released it' : `the owner released it: ${why}`;
  catalog.transaction(() => {
    for (const { id, vault, series, cause, reason } of freezes) {
      const detail = { series, cause, because, reason };
      catalog.history.append({ actor: 'owner', event: 'series.released', vault, detail }, nowMs);
      catalog.freezes.release(id, because, nowMs);
      const doubt = doubtOf(cause);
      if (doubt !== null) catalog.doubts.noteAll(doubt, { vault, series });
    }
  });
}
