import type { Freeze } from '../core/keep/freeze.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { notePinsLoss, type PinsLoss, readPinsLoss } from '../store/pins-loss.ts';
import { type Deed, extendFreeze, holdSeries } from './hold-series.ts';

type SeriesName = Pick<Freeze, 'vault' | 'series'>;

/**
 * With the catalog its freezes and pins are gone, and what they held must not go after them unseen: freezes each of these series as far as it has
 * archives, in one commit. What the owner has released since then stays so.
 *
 * @param reason why they are lost, for a person
 */
export function freezeRebuilt(catalog: Catalog, series: readonly SeriesName[], reason: string, deed: Deed): void {
  catalog.transaction(() => {
    const loss = notePinsLoss(catalog, reason);
    const releases = catalog.freezes.releases();
    for (const known of catalog.counts.seriesNames()) {
      if (!series.some((one) => isOf(one, known))) continue;
      const isReleased = releases.some(
        (one) => one.cause === 'rebuilt' && isOf(one, known) && one.knownEvent > loss.event,
      );
      if (!isReleased) hold(catalog, known, loss, deed);
    }
  });
}

/** What had no series when pins and freezes were lost, or has none since, and comes to one now: nobody has looked yet whether it was pinned. */
export class RebuiltNewcomers {
  readonly #catalog: Catalog;
  readonly #loss: PinsLoss | null;
  readonly #series = new Map<string, SeriesName>();

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
    this.#loss = readPinsLoss(catalog);
  }

  /** The archive, which had no series, belongs to this one from now on. */
  note(id: number, series: SeriesName): void {
    if (this.#loss !== null && id <= this.#loss.throughId)
      this.#series.set(JSON.stringify([series.vault, series.series]), series);
  }

  /** In the transaction in which they come. */
  freeze(deed: Deed): void {
    for (const series of this.#series.values()) if (this.#loss !== null) hold(this.#catalog, series, this.#loss, deed);
  }
}

function hold(catalog: Catalog, { vault, series }: SeriesName, { reason, throughId }: PinsLoss, deed: Deed): void {
  const held = catalog.freezes.open().find((one) => one.cause === 'rebuilt' && isOf(one, { vault, series }));
  if (held === undefined) holdSeries(catalog, { vault, series, cause: 'rebuilt', reason, throughId }, deed);
  else if (held.throughId < throughId) extendFreeze(catalog, held, { reason: held.reason, throughId }, deed);
}

function isOf(one: SeriesName, { vault, series }: SeriesName): boolean {
  return one.vault === vault && one.series === series;
}
