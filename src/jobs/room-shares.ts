import type { Clock } from '../core/clock.ts';
import type { SeriesConfig } from '../core/config/config.ts';
import { DAY_MS } from '../core/duration.ts';
import { floodShares, type RoomClaim, roomClaim } from '../core/hold-decision.ts';
import { findBulk } from '../core/keep/bulk-check.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { arrivalsOf } from './freeze-facts.ts';

interface SeriesName {
  readonly vault: string;
  readonly series: string | null;
}

interface RoomSharesArgs {
  readonly catalog: Catalog;
  readonly series: readonly SeriesConfig[];
  readonly clock: Pick<Clock, 'now'>;
}

/** The newest archive that a series has: of when it is by the vault's clock, and when it was taken by this machine's. Milliseconds. */
interface Newest {
  readonly lastModifiedMs: number;
  readonly takenAtMs: number;
}

const NONE: Newest = { lastModifiedMs: 0, takenAtMs: Number.NEGATIVE_INFINITY };

/**
 * The catalog lies on the same disk: what a flood lists makes it and its log grow, by more than is kept for it with the next archives of the other
 * series (disk-room.ts): a flood of ten thousand on a small disk left 20 MB too little without this.
 */
const CATALOG_GROWTH_BYTES = 16 * 1024 * 1024;

/** Which series has had the room that is kept for its next archive, where room is scarce. */
export class RoomShares {
  readonly #args: RoomSharesArgs;
  /** By series; null: not looked for yet. */
  #flooded: ReadonlyMap<string, SeriesConfig> | null = null;
  /** The newest that was stored before, by series: asked once, for where thousands wait for room each would be asked about. */
  readonly #stored = new Map<string, Newest>();
  /** The newest that this pass has begun to fetch, by series. */
  readonly #begun = new Map<string, Newest>();

  constructor(args: RoomSharesArgs) {
    this.#args = args;
  }

  /** All answers are of this moment; without it of the first question. A pass without news, and with nothing held, asks nothing: to look takes a while. */
  lookForFloods(): void {
    this.#floodedSeries();
  }

  claimOf(row: ArchiveRow, usualBytes: number | null): RoomClaim {
    const { series, clock } = this.#args;
    if (row.series === null) return 'beyond';
    const newest = this.#newestOf(row.vault, row.series);
    return roomClaim({
      sizeBytes: row.sizeBytes,
      usualBytes,
      afterNewestMs: row.lastModifiedMs - newest.lastModifiedMs,
      sinceTakenMs: clock.now() - newest.takenAtMs,
      expectEveryMs:
        series.find(({ vault, name }) => vault === row.vault && name === row.series)?.expectEveryMs ?? DAY_MS,
      isFlooded: this.isFlooded(row),
    });
  }

  isFlooded(series: SeriesName): boolean {
    return this.#floodedSeries().has(nameOf(series));
  }

  take(row: ArchiveRow): void {
    const known = this.#begun.get(nameOf(row)) ?? NONE;
    if (row.lastModifiedMs <= known.lastModifiedMs) return;
    this.#begun.set(nameOf(row), { lastModifiedMs: row.lastModifiedMs, takenAtMs: this.#args.clock.now() });
  }

  /** What a flood has to leave for what is still to come while it is looked at, of every flooded series; 0 for an archive of another one. Bytes. */
  floodReserveBytes(
    row: ArchiveRow,
    usualBytesOf: (series: { vault: string; series: string }) => number | null,
  ): number {
    if (!this.isFlooded(row)) return 0;
    let sum = CATALOG_GROWTH_BYTES;
    for (const { vault, name, expectEveryMs } of this.#floodedSeries().values()) {
      sum += floodShares(expectEveryMs ?? DAY_MS) * (usualBytesOf({ vault, series: name }) ?? 0);
    }
    return sum;
  }

  #floodedSeries(): ReadonlyMap<string, SeriesConfig> {
    this.#flooded ??= new Map(
      this.#args.series
        .filter((series) => isFlooded(this.#args, series))
        .map((series) => [nameOf({ vault: series.vault, series: series.name }), series]),
    );
    return this.#flooded;
  }

  #newestOf(vault: string, series: string): Newest {
    const name = nameOf({ vault, series });
    const stored = this.#stored.get(name) ?? this.#args.catalog.newest.ofSeries(vault, series) ?? NONE;
    this.#stored.set(name, stored);
    const begun = this.#begun.get(name) ?? NONE;
    return begun.lastModifiedMs > stored.lastModifiedMs ? begun : stored;
  }
}

/** Also before its freeze begins, which is at the end of the pass: by then the disk would be full. */
function isFlooded({ catalog, clock }: RoomSharesArgs, series: SeriesConfig): boolean {
  const isOwn = (one: { vault: string; series: string; cause: string }) =>
    one.vault === series.vault && one.series === series.name && one.cause === 'bulk';
  if (catalog.freezes.open().some(isOwn)) return true;
  const nowMs = clock.now();
  const releasedThroughId = catalog.freezes.releases().find(isOwn)?.throughId ?? 0;
  const arrivals = arrivalsOf(catalog.freezeEvidence, series, { isOpen: false, releasedThroughId, nowMs });
  return findBulk(arrivals, series.expectEveryMs, nowMs) !== null;
}

function nameOf({ vault, series }: SeriesName): string {
  return JSON.stringify([vault, series]);
}
