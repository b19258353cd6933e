import { usualSize } from '../core/hold-decision.ts';
import type { Catalog } from '../store/catalog/catalog.ts';

/** The newest sizes that say what is usual for a series. */
const SIZES_LOOKED_AT = 15;

interface SeriesName {
  readonly vault: string;
  readonly series: string;
}

/** What size the next archive of each series will have, read once from the catalog and kept up to date while a pass stores archives. */
export class UsualSizes {
  readonly #sizes = new Map<string, number[]>();

  constructor(catalog: Catalog) {
    for (const { vault, series } of catalog.archives.seriesNames()) {
      this.#sizes.set(nameOf({ vault, series }), catalog.archives.recentSizes(vault, series, SIZES_LOOKED_AT));
    }
  }

  stored(series: SeriesName, sizeBytes: number): void {
    const sizes = this.#sizes.get(nameOf(series)) ?? [];
    this.#sizes.set(nameOf(series), [sizeBytes, ...sizes].slice(0, SIZES_LOOKED_AT));
  }

  /** null when the series has too few archives to tell. */
  of(series: SeriesName): number | null {
    return usualSize(this.#sizes.get(nameOf(series)) ?? []);
  }

  /** The largest usual size of any series; 0 when none is known. */
  largest(): number {
    return Math.max(0, ...[...this.#sizes.values()].map((sizes) => usualSize(sizes) ?? 0));
  }

  /** What one more archive of every other series will need, in bytes. */
  sumOfOthers(except: SeriesName | null): number {
    let sum = 0;
    for (const [name, sizes] of this.#sizes) {
      if (except === null || name !== nameOf(except)) sum += usualSize(sizes) ?? 0;
    }
    return sum;
  }
}

function nameOf({ vault, series }: SeriesName): string {
  return JSON.stringify([vault, series]);
}
