import type { Freeze } from '../core/keep/freeze.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { type Deed, extendFreeze, holdSeries } from './hold-series.ts';

type SeriesName = Pick<Freeze, 'vault' | 'series'>;

interface Moved {
  readonly from: Freeze;
  readonly series: string;
}

/**
 * Freezes go with the archives that they hold when these change their series: names are the owner's, and another name is no reason to remove what was
 * held. What leaves for no series is removed by nobody.
 */
export class FreezeMoves {
  readonly #catalog: Catalog;
  readonly #open: readonly Freeze[];
  /** Of series that are not configured: what was in them may be in none by now. */
  readonly #homeless: readonly Freeze[];
  readonly #moved = new Map<string, Moved>();
  /** Freezes of which something left for no series, or may have come from none. */
  readonly #torn = new Set<number>();

  /** Reads the freezes that hold now. `isConfigured` asks for the configuration that the archives move to. */
  constructor(catalog: Catalog, isConfigured: (series: SeriesName) => boolean) {
    this.#catalog = catalog;
    this.#open = catalog.freezes.open();
    this.#homeless = this.#open.filter((freeze) => !isConfigured(freeze));
  }

  /** The archive is of another series from now on; null: of none. */
  note(
    { id, vault, series: former, state }: Pick<ArchiveRow, 'id' | 'vault' | 'series' | 'state'>,
    to: string | null,
  ): void {
    if (this.#open.length === 0 || state === 'pruned') return;
    // Nobody knows of which series an archive of none was.
    const among = former === null ? this.#homeless : this.#open.filter(({ series }) => series === former);
    for (const from of among) {
      if (from.vault !== vault || from.series === to || id > from.throughId) continue;
      if (to === null || former === null) this.#torn.add(from.id);
      if (to !== null) this.#moved.set(JSON.stringify([from.id, to]), { from, series: to });
    }
  }

  /** After all rows have their new series; in the same transaction. */
  carry(deed: Deed): void {
    for (const { from, series } of this.#moved.values()) {
      const whole = this.#isWhole(from);
      this.#hold(from, series, whole, deed);
      if (whole) this.#end(from, series, deed);
    }
  }

  /** Did all that is left of the series go to one other, which nothing but the name tells from it? */
  #isWhole(from: Freeze): boolean {
    const goals = [...this.#moved.values()].filter((one) => one.from.id === from.id);
    const stays = this.#catalog.retention.countOfSeries(from.vault, from.series) > 0;
    return goals.length === 1 && !stays && this.#homeless.includes(from) && !this.#torn.has(from.id);
  }

  #hold(from: Freeze, series: string, whole: boolean, deed: Deed): void {
    const { vault, throughId } = from;
    // What was doubted may not be there, and what is not there ends a freeze of its cause at once: only the owner's word ends this one.
    const isAsIs = whole || from.cause === 'owner' || from.cause === 'rebuilt';
    const cause = isAsIs ? from.cause : 'owner';
    const words = isAsIs ? from.reason : movedWords(from);
    const there = this.#catalog.freezes
      .open()
      .find((one) => one.vault === vault && one.series === series && one.cause === cause);
    const awaitsRelease = isAsIs && from.awaitsRelease;
    if (there === undefined) {
      const hold = { vault, series, cause, reason: words, throughId, movedFrom: from.series, awaitsRelease };
      holdSeries(this.#catalog, hold, deed);
      return;
    }
    if (awaitsRelease) this.#catalog.freezes.awaitRelease(there.id);
    if (throughId > there.throughId) {
      const reason = `${there.reason}; of the series ${from.series}: ${from.reason}`;
      extendFreeze(this.#catalog, there, { reason, throughId }, deed);
    }
  }

  #end({ id, vault, series, cause }: Freeze, to: string, { actor, nowMs }: Deed): void {
    const because = `all that it held belongs to the series ${to} now`;
    this.#catalog.freezes.end(id, because, nowMs);
    const detail = { series, cause, because };
    this.#catalog.history.append({ actor, event: 'series.released', vault, detail }, nowMs);
  }
}

function movedWords({ series, cause, reason }: Freeze): string {
  return `part of it was in the series ${series}, frozen there (${cause}): ${reason}`;
}
