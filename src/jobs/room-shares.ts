import { DAY_MS } from '../core/duration.ts';
import { type RoomClaim, roomClaim } from '../core/hold-decision.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';

type SeriesOf = Pick<ArchiveRow, 'vault' | 'series'>;

interface RoomSharesArgs {
  readonly catalog: Catalog;
  readonly expectEveryMs: (row: Pick<ArchiveRow, 'vault' | 'series'>) => number | null;
}

/** Which series has had the room that is kept for its next archive, where room is scarce. */
export class RoomShares {
  readonly #args: RoomSharesArgs;
  readonly #flooded: ReadonlySet<string>;
  /** LastModified of the newest that this pass has begun to fetch, by series. */
  readonly #newestMs = new Map<string, number>();

  constructor(args: RoomSharesArgs) {
    this.#args = args;
    const bulk = args.catalog.freezes.open().filter(({ cause }) => cause === 'bulk');
    this.#flooded = new Set(bulk.map(nameOf));
  }

  claimOf(row: ArchiveRow, usualBytes: number | null): RoomClaim {
    const { catalog, expectEveryMs } = this.#args;
    if (this.#flooded.has(nameOf(row))) return 'flood';
    if (row.series === null) return 'beyond';
    const storedMs = catalog.retention.newestStoredTime(row.vault, row.series);
    const newestMs = Math.max(storedMs ?? 0, this.#newestMs.get(nameOf(row)) ?? 0);
    return roomClaim({
      sizeBytes: row.sizeBytes,
      usualBytes,
      afterNewestMs: row.lastModifiedMs - newestMs,
      expectEveryMs: expectEveryMs(row) ?? DAY_MS,
    });
  }

  take(row: ArchiveRow): void {
    const name = nameOf(row);
    this.#newestMs.set(name, Math.max(row.lastModifiedMs, this.#newestMs.get(name) ?? 0));
  }
}

function nameOf({ vault, series }: SeriesOf): string {
  return JSON.stringify([vault, series]);
}
