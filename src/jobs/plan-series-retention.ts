import type { Config, SeriesConfig } from '../core/config/config.ts';
import { MAX_PLANNED } from '../core/keep/crowded.ts';
import type { KeepEntries, KeepEntry, SeriesPlan } from '../core/keep/keep-entry.ts';
import { KeepEntryTable } from '../core/keep/keep-entry-table.ts';
import { nameTimeMs } from '../core/keep/name-time.ts';
import { planSeries } from '../core/keep/plan-series.ts';
import { setOf } from '../core/keep/set-of.ts';
import { matchKey } from '../core/series-match.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import type { RetentionRow } from '../store/catalog/retention-table.ts';

/**
 * What the keep rules say about one series. What the catalog knows besides is in arrays indexed as `entries`: a series may have a hundred thousand
 * archives, and the heap of the program is small.
 */
export interface SeriesRetention {
  readonly series: SeriesConfig;
  /** All archives of the series that are not pruned, the newest first by the vault's clock. */
  readonly entries: KeepEntries;
  /** Since when its removal is announced, milliseconds since 1970 UTC; NaN: it is not. */
  readonly announcedAtMs: Float64Array;
  /** 1 where the archive is not wanted at present. */
  readonly unwanted: Uint8Array;
  /** 1 where the owner accepted it. */
  readonly accepted: Uint8Array;
  readonly plan: SeriesPlan;
  /** More archives than can be planned at once, so that nothing is decided about any of them: `entries` is empty. 0: no. */
  readonly tooMany: number;
}

export interface RetentionQuestion {
  readonly catalog: Catalog;
  readonly config: Pick<Config, 'timezone'>;
  readonly trustedNowMs: number;
  /** Instead of the program's own limit of archives in one series. */
  readonly maxPlanned?: number;
}

/** The plan of one series: a hundred thousand archives take a second and some 15 MiB. Reads only. */
export function planSeriesRetention(question: RetentionQuestion, series: SeriesConfig): SeriesRetention {
  const { catalog, config, trustedNowMs } = question;
  const { keep, expectEveryMs } = series;
  // A pass may be entering archives between one question and the next.
  const { read, tooMany } = catalog.snapshot(() => {
    const count = catalog.retention.countOfSeries(series.vault, series.name);
    const isTooMany = count > (question.maxPlanned ?? MAX_PLANNED);
    return { read: isTooMany ? NOTHING_READ : readSeries(question, series, count), tooMany: isTooMany ? count : 0 };
  });
  const { timezone } = config;
  const plan = planSeries({ entries: read.entries, keep, expectEveryMs, timezone, trustedNowMs });
  return { series, ...read, plan, tooMany };
}

const NOTHING_READ = {
  entries: [],
  announcedAtMs: new Float64Array(),
  unwanted: new Uint8Array(),
  accepted: new Uint8Array(),
} as const;

/** @param count how many rows there are */
function readSeries(
  question: RetentionQuestion,
  series: SeriesConfig,
  count: number,
): Omit<SeriesRetention, 'series' | 'plan' | 'tooMany'> {
  const { catalog, trustedNowMs } = question;
  const frozenThroughId = catalog.freezes
    .open()
    .filter((freeze) => freeze.vault === series.vault && freeze.series === series.name)
    .reduce((most, { throughId }) => Math.max(most, throughId), 0);
  const expiredPins = new Set(catalog.pins.expired(trustedNowMs).map(({ archiveId }) => archiveId));
  const tornThroughId = lastRemovals(catalog, series);
  const entries = new KeepEntryTable(count);
  const announcedAtMs = new Float64Array(count);
  const unwanted = new Uint8Array(count);
  const accepted = new Uint8Array(count);
  for (const row of catalog.retention.ofSeries(series.vault, series.name)) {
    const state = entryState(row);
    if (state === null) continue;
    const { id, lastModifiedMs, sizeBytes, isPinned } = row;
    const found = matchKey(series.match, row.key);
    announcedAtMs[entries.length] = row.announcedAtMs ?? Number.NaN;
    unwanted[entries.length] = row.state === 'unwanted' ? 1 : 0;
    accepted[entries.length] = row.isAccepted ? 1 : 0;
    const set = found === null ? null : setOf(found, row.key);
    const isTorn = set !== null && id <= (tornThroughId.get(set) ?? 0);
    entries.add({
      id,
      timeMs: lastModifiedMs,
      nameTimeMs: found === null ? null : nameTimeMs(found, question.config.timezone),
      set,
      sizeBytes,
      state,
      pinned: isPinned && !expiredPins.has(id),
      frozen: id <= frozenThroughId,
      ...(isTorn ? { torn: true } : {}),
      ...(row.isUnsound ? { unsound: true } : {}),
    });
  }
  const { length } = entries;
  return {
    entries,
    announcedAtMs: announcedAtMs.subarray(0, length),
    unwanted: unwanted.subarray(0, length),
    accepted: accepted.subarray(0, length),
  };
}

/**
 * By set, the highest number of an archive when a part of it was removed last. What became known later has a higher one, and only the name in common.
 * A set that is removed altogether is in here as well, and tells nothing.
 */
function lastRemovals(catalog: Catalog, { vault, name, match }: SeriesConfig): ReadonlyMap<string, number> {
  const lastId = new Map<string, number>();
  if (!match.elements.some((one) => one.kind === 'token' && one.token === '{part}')) return lastId;
  for (const { key, throughId } of catalog.retention.removedOf(vault, name)) {
    const found = matchKey(match, key);
    const set = found === null ? null : setOf(found, key);
    if (set !== null) lastId.set(set, Math.max(throughId, lastId.get(set) ?? 0));
  }
  return lastId;
}

/** null: on its way out. */
function entryState({ state, isDamaged, isSuspect }: RetentionRow): KeepEntry['state'] | null {
  switch (state) {
    case 'stored':
      return isDamaged || isSuspect ? 'doubtful' : 'verified';
    case 'wanted':
    case 'unwanted':
      return 'wanted';
    case 'held':
    case 'unavailable':
      return 'blocked';
    case 'removing':
    case 'pruned':
      return null;
  }
}
