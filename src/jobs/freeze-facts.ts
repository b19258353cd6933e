import type { SeriesConfig } from '../core/config/config.ts';
import { DAY_MS, HOUR_MS } from '../core/duration.ts';
import { type Arrivals, arrivalWindowMs, isAlwaysNormal, NO_ARRIVALS, QUIET_MS } from '../core/keep/bulk-check.ts';
import { setOf } from '../core/keep/set-of.ts';
import { SIZES_BEFORE, type SizedArchive } from '../core/keep/size-check.ts';
import { matchKey } from '../core/series-match.ts';
import type { FreezeEvidence, SizeRow } from '../store/catalog/freeze-evidence.ts';

type Series = Pick<SeriesConfig, 'name' | 'vault' | 'match' | 'expectEveryMs'>;

/** While a size has yet to prove that it lasts: enough for six days of one archive every few minutes. */
const SIZES_WHILE_OPEN = 5000;
/** A hostile set may have any number of parts. */
const MAX_PART_ROWS = 20_000;
/** A set is whole when none of its parts is still to come: so long after its last one. */
const SET_SETTLES_MS = HOUR_MS;
/** Without `expectEvery` the series' own history of so long tells what is usual. */
const HISTORY_MS = 90 * DAY_MS;
const HISTORY_DAYS = 30;
/** More than this need not be counted to know that they are many. */
const COUNTED = 100;

/** The sizes of the newest verified archives, newest first; of a series with `{part}` those of whole sets. `nowMs`: this machine's clock. */
export function sizesOf(
  evidence: FreezeEvidence,
  series: Series,
  { isOpen, nowMs }: { readonly isOpen: boolean; readonly nowMs: number },
): SizedArchive[] {
  const limit = isOpen ? SIZES_WHILE_OPEN : SIZES_BEFORE + 1;
  if (hasParts(series)) return setSizes(evidence, series, limit, nowMs);
  const sizes: SizedArchive[] = [];
  for (const row of evidence.sizes(series.vault, series.name, { all: false })) {
    sizes.push({ id: row.id, timeMs: row.lastModifiedMs, sizeBytes: row.sizeBytes });
    if (sizes.length === limit) break;
  }
  return sizes;
}

/** How many archives of the series came when. `nowMs`: trusted, or null, and then nothing is counted. */
export function arrivalsOf(
  evidence: FreezeEvidence,
  series: Series,
  { isOpen, releasedThroughId, nowMs }: { isOpen: boolean; releasedThroughId: number; nowMs: number | null },
): Arrivals {
  if (nowMs === null) return NO_ARRIVALS;
  const { vault, name, expectEveryMs } = series;
  const windowMs = arrivalWindowMs(expectEveryMs);
  const beforeMs = nowMs - windowMs;
  // Of almost every pass this is the only question.
  const rows = evidence.countArrivals(vault, name, beforeMs, COUNTED);
  if (!isOpen && isAlwaysNormal(rows)) return NO_ARRIVALS;
  const lookBackMs = expectEveryMs === null ? HISTORY_MS : QUIET_MS;
  const units = unitsSince(evidence, series, beforeMs - lookBackMs);
  return {
    recent: countRecent(units, beforeMs, releasedThroughId),
    lastBeforeMs: evidence.lastArrivalMs(vault, name, beforeMs),
    storedBefore: evidence.countStored(vault, name, beforeMs, COUNTED),
    perDay: expectEveryMs === null ? perDay(units.firstSeenMs, beforeMs) : [],
    mostLately: mostWithin(windowMs, after(units.firstSeenMs, nowMs - QUIET_MS)),
  };
}

function hasParts({ match }: Series): boolean {
  return match.elements.some((element) => element.kind === 'token' && element.token === '{part}');
}

/** What counts as one: the set of a part, else the archive itself. */
function unitOf({ match }: Series, { id, key }: { readonly id: number; readonly key: string }): string | number {
  const found = matchKey(match, key);
  return (found === null ? null : setOf(found, key)) ?? id;
}

function setSizes(evidence: FreezeEvidence, series: Series, limit: number, nowMs: number): SizedArchive[] {
  const sets = new Map<string | number, SizedArchive & { isWhole: boolean }>();
  let rows = 0;
  for (const row of evidence.sizes(series.vault, series.name, { all: true })) {
    const unit = unitOf(series, row);
    const known = sets.get(unit);
    // One set more than needed: the last one may go on beyond where reading ends.
    if (known === undefined && sets.size > limit) break;
    sets.set(unit, known === undefined ? asSet(row) : withPart(known, row));
    rows += 1;
    if (rows === MAX_PART_ROWS) break;
  }
  return [...sets.values()]
    .slice(0, limit)
    .filter(({ isWhole, timeMs }) => isWhole && timeMs <= nowMs - SET_SETTLES_MS)
    .map(({ id, timeMs, sizeBytes }) => ({ id, timeMs, sizeBytes }));
}

function asSet({ id, lastModifiedMs, sizeBytes, isVerified }: SizeRow) {
  return { id, timeMs: lastModifiedMs, sizeBytes, isWhole: isVerified };
}

function withPart(set: SizedArchive & { isWhole: boolean }, row: SizeRow) {
  return {
    id: Math.max(set.id, row.id),
    timeMs: set.timeMs,
    sizeBytes: set.sizeBytes + row.sizeBytes,
    isWhole: set.isWhole && row.isVerified,
  };
}

/** What counts as one, in the order in which it came. After a first pass these may be a hundred thousand, and as objects a third of the heap. */
interface Units {
  /** A set bears the last number of its parts, */
  readonly ids: Float64Array;
  /** and came with the first. Ascending. */
  readonly firstSeenMs: Float64Array;
}

function unitsSince(evidence: FreezeEvidence, series: Series, sinceMs: number): Units {
  const { vault, name } = series;
  const rows = evidence.countArrivals(vault, name, sinceMs, Number.MAX_SAFE_INTEGER);
  const ids = new Float64Array(rows);
  const firstSeenMs = new Float64Array(rows);
  const indexOf = hasParts(series) ? new Map<string | number, number>() : null;
  let count = 0;
  for (const row of evidence.arrivals(vault, name, sinceMs)) {
    const unit = indexOf === null ? row.id : unitOf(series, row);
    const index = indexOf?.get(unit) ?? count;
    ids[index] = row.id;
    if (index < count) continue;
    firstSeenMs[index] = row.firstSeenAtMs;
    indexOf?.set(unit, index);
    count += 1;
  }
  return { ids: ids.subarray(0, count), firstSeenMs: firstSeenMs.subarray(0, count) };
}

function countRecent({ ids, firstSeenMs }: Units, afterMs: number, releasedThroughId: number): number {
  return ids.reduce(
    (sum, id, index) => sum + ((firstSeenMs[index] ?? 0) > afterMs && id > releasedThroughId ? 1 : 0),
    0,
  );
}

/** What of these ascending times is later. */
function after(timesMs: Float64Array, ms: number): Float64Array {
  const first = timesMs.findIndex((timeMs) => timeMs > ms);
  return first < 0 ? new Float64Array() : timesMs.subarray(first);
}

/** The counts of the last days before `beforeMs` that had any. */
function perDay(firstSeenMs: Float64Array, beforeMs: number): number[] {
  const days = new Map<number, number>();
  for (const atMs of firstSeenMs) {
    if (atMs > beforeMs) continue;
    const day = Math.floor((beforeMs - atMs) / DAY_MS);
    days.set(day, (days.get(day) ?? 0) + 1);
  }
  return [...days.entries()]
    .sort(([a], [b]) => a - b)
    .slice(0, HISTORY_DAYS)
    .map(([, count]) => count);
}

/** The most of these times, in ascending order, that lie within one window. */
function mostWithin(windowMs: number, timesMs: Float64Array): number {
  let most = 0;
  let first = 0;
  timesMs.forEach((atMs, index) => {
    while ((timesMs[first] ?? atMs) <= atMs - windowMs) first += 1;
    most = Math.max(most, index - first + 1);
  });
  return most;
}
