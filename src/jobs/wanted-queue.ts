import type { QueueGroup } from '../store/catalog/archive-records.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';

/** Rows read from the catalog at a time for each group: the queue of a first pass is too long for memory. */
const BATCH = 50;

/**
 * Wanted archives in the order in which they should be fetched: the newest of each series first, then the second newest of each, and so
 * on, so that no series waits behind another's backlog. Each archive comes once, also if it stays wanted.
 */
export function* wantedQueue(catalog: Catalog, groups: readonly QueueGroup[]): Generator<ArchiveRow> {
  let streams = groups.map((group) => groupRows(catalog, group));
  while (streams.length > 0) {
    const going: Generator<ArchiveRow>[] = [];
    for (const stream of streams) {
      const next = stream.next();
      if (next.done === true) continue;
      going.push(stream);
      yield next.value;
    }
    streams = going;
  }
}

function* groupRows(catalog: Catalog, group: QueueGroup): Generator<ArchiveRow> {
  let after: ArchiveRow | null = null;
  for (;;) {
    const rows: ArchiveRow[] = catalog.queue.next(group, after, BATCH);
    yield* rows;
    after = rows.at(-1) ?? null;
    if (after === null) return;
  }
}
