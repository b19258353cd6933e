import type { Clock } from '../core/clock.ts';
import type { Config, SeriesConfig } from '../core/config/config.ts';
import type { TrustedNow } from '../core/trusted-now.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { inCommits } from './in-commits.ts';
import { rememberTrusted } from './last-trusted.ts';
import { THINNED } from './plan-room.ts';
import { planSeriesRetention, type SeriesRetention } from './plan-series-retention.ts';

export interface MarkUnwantedRequest {
  readonly catalog: Catalog;
  readonly config: Pick<Config, 'series' | 'timezone' | 'store'>;
  /** In doubt, nothing changes: what is not wanted by a wrong clock might be what is needed. */
  readonly now: TrustedNow;
  /** Dates the history. */
  readonly clock: Pick<Clock, 'now'>;
}

export interface Marked {
  /** Listed, and not to be downloaded, because the keep rules would remove it at once. */
  readonly unwanted: number;
  readonly wantedAgain: number;
}

/**
 * Takes out of the queue what the keep rules would remove at once, and puts back what they keep by now: after a listing, before downloads. Looks only at
 * series whose queue, rules or archives have changed, so a pass without news costs and writes nothing. What the owner accepted stays wanted.
 *
 * @throws AppError CATALOG_*
 */
export function markUnwanted(request: MarkUnwantedRequest): Marked {
  const { catalog, config } = request;
  let [unwanted, wantedAgain] = [0, 0];
  const waiting = catalog.retention.unwantedSeries();
  for (const { vault, series } of waiting) {
    const hasRules = config.series.some((one) => one.vault === vault && one.name === series && one.keep !== null);
    if (!hasRules) wantedAgain += wantAllAgain(request, vault, series);
  }
  for (const series of config.series) {
    if (series.keep === null || !request.now.trusted) continue;
    const { vault, name } = series;
    const hasUnwanted = waiting.some((one) => one.vault === vault && one.series === name);
    if (!hasUnwanted && !catalog.retention.hasWanted(vault, name)) continue;
    const marked = markSeries(request, series, request.now.nowMs);
    unwanted += marked.unwanted;
    wantedAgain += marked.wantedAgain;
  }
  return { unwanted, wantedAgain };
}

function wantAllAgain({ catalog, clock }: MarkUnwantedRequest, vault: string, series: string | null): number {
  return catalog.transaction(() => {
    const wantedAgain = catalog.retention.wantAllAgain(vault, series);
    note(catalog, { vault, series, unwanted: 0, wantedAgain }, clock.now());
    return wantedAgain;
  });
}

function markSeries(request: MarkUnwantedRequest, series: SeriesConfig, trustedNowMs: number): Marked {
  const { catalog, config, clock } = request;
  const { vault, name } = series;
  const { keep, expectEveryMs, match } = series;
  const { whenFull } = config.store;
  const standing = catalog.retention.standing(vault, name);
  const fact = `unwanted_plan:${vault}:${name}`;
  const basis = JSON.stringify([keep, expectEveryMs, match.text, config.timezone, whenFull, standing]);
  if (catalog.fact(fact) === basis) return { unwanted: 0, wantedAgain: 0 };

  const retention = planSeriesRetention({ catalog, config, trustedNowMs }, series);
  if (retention.tooMany > 0) return { unwanted: 0, wantedAgain: 0 };
  const thinnedMs = whenFull === 'thin' ? catalog.retention.newestPrunedFor(vault, name, THINNED) : null;
  const unwanted = inCommits(catalog, changesIn(retention, thinnedMs, 'leave'), (id) => {
    // The owner may pin it while this works.
    if (catalog.pins.of(id) === null) catalog.retention.markUnwanted(id);
  });
  const wantedAgain = inCommits(catalog, changesIn(retention, thinnedMs, 'want'), (id) => {
    catalog.retention.markWantedAgain(id);
  });
  const marked = { unwanted, wantedAgain };
  catalog.transaction(() => {
    catalog.setFact(fact, basis);
    note(catalog, { vault, series: name, ...marked }, clock.now());
  });
  rememberTrusted(catalog, trustedNowMs);
  return marked;
}

/**
 * The archives that leave the queue, or that go back into it.
 *
 * @param thinnedMs what is not newer than this would only be thinned from the full disk again, or null
 */
function* changesIn(
  { entries, plan, unwanted, accepted }: SeriesRetention,
  thinnedMs: number | null,
  change: 'leave' | 'want',
): Generator<number> {
  const notWanted = new Uint8Array(entries.length);
  for (const position of plan.notWanted) notWanted[position] = 1;
  let position = -1;
  for (const { id, timeMs, state, pinned } of entries) {
    position += 1;
    if (state !== 'wanted') continue;
    const isThinned = thinnedMs !== null && timeMs <= thinnedMs && !pinned;
    const isWanted = accepted[position] === 1 || !(notWanted[position] === 1 || isThinned);
    const isLeft = unwanted[position] === 1;
    if (isWanted === isLeft && isWanted === (change === 'want')) yield id;
  }
}

/** One event for all: a vault of which nothing was mirrored yet may list a hundred thousand. */
function note(
  catalog: Catalog,
  { vault, series, unwanted, wantedAgain }: Marked & { vault: string; series: string | null },
  nowMs: number,
): void {
  if (unwanted + wantedAgain === 0) return;
  const detail = { series, unwanted, wantedAgain };
  catalog.history.append({ actor: 'sync', event: 'series.unwanted', vault, detail }, nowMs);
}
