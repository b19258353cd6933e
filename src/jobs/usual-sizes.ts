import type { SeriesConfig } from '../core/config/config.ts';
import { DAY_MS } from '../core/duration.ts';
import { usualSize } from '../core/hold-decision.ts';
import type { Catalog } from '../store/catalog/catalog.ts';

/** The newest sizes that say what is usual for a series. */
const SIZES_LOOKED_AT = 15;
/** In so many intervals at least one archive of the server's own has come, early or late. */
const SPAN_INTERVALS = 2;

interface SeriesName {
  readonly vault: string;
  readonly series: string;
}

/**
 * What size the next archive of each series will have, read once from the catalog and kept up to date while a pass stores archives. The larger of two
 * medians: of the newest archives, and of the largest one in each of the latest spans of time. Whoever can upload can upload any number of small ones,
 * but cannot take the server's own out of the second; it would rise only by the factor that is accepted, and only over the time of several spans.
 */
export class UsualSizes {
  readonly #sizes = new Map<string, number[]>();
  /** Of each span, from the catalog alone: what one pass brings is not to raise it. */
  readonly #largest = new Map<string, number[]>();

  constructor(catalog: Catalog, series: readonly Pick<SeriesConfig, 'name' | 'vault' | 'expectEveryMs'>[]) {
    for (const one of catalog.counts.seriesNames()) {
      const config = series.find(({ vault, name }) => vault === one.vault && name === one.series);
      const spanMs = SPAN_INTERVALS * Math.max(DAY_MS, config?.expectEveryMs ?? 0);
      const newest: number[] = [];
      const largest: number[] = [];
      let span = Number.NaN;
      for (const { lastModifiedMs, sizeBytes } of catalog.freezeEvidence.sizes(one.vault, one.series, { all: false })) {
        if (newest.length < SIZES_LOOKED_AT) newest.push(sizeBytes);
        const at = Math.floor(lastModifiedMs / spanMs);
        if (at === span) largest.push(Math.max(sizeBytes, largest.pop() ?? 0));
        else if (largest.length === SIZES_LOOKED_AT) break;
        else largest.push(sizeBytes);
        span = at;
      }
      this.#sizes.set(nameOf(one), newest);
      this.#largest.set(nameOf(one), largest);
    }
  }

  stored(series: SeriesName, sizeBytes: number): void {
    const sizes = this.#sizes.get(nameOf(series)) ?? [];
    this.#sizes.set(nameOf(series), [sizeBytes, ...sizes].slice(0, SIZES_LOOKED_AT));
  }

  /** null when the series has too few archives to tell. */
  of(series: SeriesName): number | null {
    return this.#of(nameOf(series));
  }

  /** The largest usual size of any series; 0 when none is known. */
  largest(): number {
    return Math.max(0, ...[...this.#sizes.keys()].map((name) => this.#of(name) ?? 0));
  }

  /** What one more archive of every other series will need, in bytes. */
  sumOfOthers(except: SeriesName | null): number {
    let sum = 0;
    for (const name of this.#sizes.keys()) {
      if (except === null || name !== nameOf(except)) sum += this.#of(name) ?? 0;
    }
    return sum;
  }

  #of(name: string): number | null {
    const newest = usualSize(this.#sizes.get(name) ?? []);
    const lasting = usualSize(this.#largest.get(name) ?? []);
    return newest === null || lasting === null ? newest : Math.max(newest, lasting);
  }
}

function nameOf({ vault, series }: SeriesName): string {
  return JSON.stringify([vault, series]);
}
