import type { Config, SeriesConfig } from '../core/config/config.ts';
import type { KeepEntry, SeriesPlan } from '../core/keep/keep-entry.ts';
import { nameTimeMs } from '../core/keep/name-time.ts';
import { planSeries } from '../core/keep/plan-series.ts';
import { setOf } from '../core/keep/set-of.ts';
import { matchKey } from '../core/series-match.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import type { RetentionRow } from '../store/catalog/retention-table.ts';

/** What the keep rules say about one series. */
export interface SeriesRetention {
  readonly series: SeriesConfig;
  /** All archives of the series that are not pruned, by id, the newest first by the vault's clock. */
  readonly rows: ReadonlyMap<number, RetentionRow>;
  readonly entries: readonly KeepEntry[];
  readonly plan: SeriesPlan;
}

export interface RetentionQuestion {
  readonly catalog: Catalog;
  readonly config: Pick<Config, 'timezone'>;
  readonly trustedNowMs: number;
}

export interface RetentionPlan {
  readonly series: readonly SeriesRetention[];
  /** On the disk, and of no series that is configured: no rule touches them. */
  readonly outside: Outside;
}

export interface Outside {
  readonly archives: number;
  readonly bytes: number;
}

/** The plans of all configured series, and what lies outside. Reads only. */
export function planRetention(
  question: RetentionQuestion & { readonly config: Pick<Config, 'timezone' | 'series'> },
): RetentionPlan {
  const { catalog, config } = question;
  return {
    series: config.series.map((series) => planSeriesRetention(question, series)),
    outside: countOutside(catalog, config.series),
  };
}

/** The plan of one series: a hundred thousand archives take a second and some ten MiB. Reads only. */
export function planSeriesRetention(question: RetentionQuestion, series: SeriesConfig): SeriesRetention {
  const { config, trustedNowMs } = question;
  const { keep, expectEveryMs } = series;
  const { rows, entries } = readSeries(question, series);
  const { timezone } = config;
  return { series, rows, entries, plan: planSeries({ entries, keep, expectEveryMs, timezone, trustedNowMs }) };
}

/** What is on the disk of no configured series. */
export function countOutside(catalog: Catalog, series: readonly Pick<SeriesConfig, 'name' | 'vault'>[]): Outside {
  const groups = catalog.archives
    .summary()
    .filter((group) => !series.some(({ name, vault }) => name === group.series && vault === group.vault));
  return {
    archives: groups.reduce((sum, { stored }) => sum + stored, 0),
    bytes: groups.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
  };
}

function readSeries(
  { catalog, config, trustedNowMs }: RetentionQuestion,
  series: SeriesConfig,
): Pick<SeriesRetention, 'rows' | 'entries'> {
  const frozenThroughId = catalog.freezes
    .open()
    .filter((freeze) => freeze.vault === series.vault && freeze.series === series.name)
    .reduce((most, { throughId }) => Math.max(most, throughId), 0);
  const expiredPins = new Set(catalog.pins.expired(trustedNowMs).map(({ archiveId }) => archiveId));
  const rows = new Map<number, RetentionRow>();
  const entries: KeepEntry[] = [];
  for (const row of catalog.retention.ofSeries(series.vault, series.name)) {
    const state = entryState(row);
    if (state === null) continue;
    rows.set(row.id, row);
    const { id, lastModifiedMs, sizeBytes } = row;
    const found = matchKey(series.match, row.key);
    entries.push({
      id,
      timeMs: lastModifiedMs,
      nameTimeMs: found === null ? null : nameTimeMs(found, config.timezone),
      set: found === null ? null : setOf(found, row.key),
      sizeBytes,
      state,
      pinned: row.isPinned && !expiredPins.has(id),
      frozen: id <= frozenThroughId,
    });
  }
  return { rows, entries };
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
