import type { Clock } from '../core/clock.ts';
import type { Config } from '../core/config/config.ts';
import type { EventName } from '../core/event-names.ts';
import { describeReason } from '../core/keep/describe-reason.ts';
import { setOf } from '../core/keep/set-of.ts';
import type { PruneBlocks } from '../core/prune-blocks.ts';
import { matchKey } from '../core/series-match.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import type { Removal } from '../store/removal-groups.ts';
import { type RemovalReport, removeArchives } from '../store/remove-archives.ts';
import { repairFormerSums, repairSums } from '../store/sums-repair.ts';
import { assignSeries } from './assign-series.ts';
import type { ByteProgress } from './byte-progress.ts';
import { countOutside, type Outside } from './count-outside.ts';
import { inCommits } from './in-commits.ts';
import { interruption, throwIfInterrupted } from './interruption.ts';
import { type JudgedSeries, judgeRetention } from './judge-retention.ts';
import type { PlannedRemoval } from './planned-removals.ts';
import { type SeriesOutcome, summariseSeries } from './summarise-series.ts';

export interface PruneRequest {
  readonly config: Pick<Config, 'series' | 'timezone' | 'retention' | 'store' | 'vaults'>;
  readonly store: AttachedStore;
  readonly catalog: Catalog;
  /** From `trustClock`; everything is announced and due by it. */
  readonly trustedNowMs: number;
  /** Vaults of which nothing is removed now; announcing goes on. */
  readonly blocks: PruneBlocks;
  /** Only this series; null: all. */
  readonly only: string | null;
  /** Dates the history. */
  readonly clock: Pick<Clock, 'now'>;
  readonly signal: AbortSignal;
  readonly progress: ByteProgress;
  /** Told of each series before anything is done to it: to explain it. */
  readonly onJudged?: (judged: JudgedSeries) => Promise<void>;
}

/** `skipped` were due and stay: found damaged, pinned or frozen meanwhile, or refused by the disk. */
export interface PruneReport extends RemovalReport {
  readonly series: readonly SeriesOutcome[];
  readonly outside: Outside;
  readonly expiredPins: number;
}

const ACTOR = 'prune' as const;

/**
 * Carries the keep rules out: takes off expired pins, announces what they would remove, withdraws what they keep again, and removes what has been
 * announced for long enough and is planned still. All by a trusted time. The store has to be open for writing.
 *
 * @throws AppError STORE_*, CATALOG_*, INTERRUPTED before anything was removed; later ones are `stopped`
 */
export async function prune(request: PruneRequest): Promise<PruneReport> {
  const { catalog, config, store, blocks, signal, only, clock } = request;
  store.assertAttached();
  assignSeries(catalog, config.series, { actor: ACTOR, nowMs: clock.now() });
  for (const { name } of config.vaults) await repairSums(store, catalog, name);
  const expiredPins = expirePins(request);
  withdrawForeign(request);

  const outcomes: SeriesOutcome[] = [];
  for (const judged of judgeRetention({ ...request, only })) {
    throwIfInterrupted(signal);
    await request.onJudged?.(judged);
    announce(request, judged);
    outcomes.push(summariseSeries(judged, blocks.get(judged.series.vault) ?? null));
  }
  const removal = await remove(request, outcomes);
  // Whatever is the matter with their folders is no trouble of the vaults that are configured.
  const former = removal.stopped === null ? await repairFormerSums(store, catalog, config.vaults) : null;
  return {
    ...removal,
    series: outcomes,
    outside: countOutside(catalog, config.series),
    expiredPins,
    stopped: removal.stopped ?? interruption(signal) ?? former,
  };
}

async function remove(request: PruneRequest, outcomes: readonly SeriesOutcome[]): Promise<RemovalReport> {
  const { store, catalog, config, trustedNowMs, clock, signal, progress } = request;
  const total = { archives: 0, bytes: 0 };
  for (const { sizeBytes } of dueOf(outcomes)) {
    total.archives += 1;
    total.bytes += sizeBytes;
  }
  if (total.archives > 0) progress.begin(total);
  try {
    return await removeArchives({
      store,
      catalog,
      clock,
      actor: ACTOR,
      removals: removalsOf(request, outcomes),
      announcedUntilMs: trustedNowMs - config.retention.announceMs,
      signal,
      onRemoved(row) {
        progress.advanced(row.sizeBytes);
        progress.finished(`removed ${row.vault}/${row.key}`);
      },
    });
  } finally {
    progress.end();
  }
}

function* dueOf(outcomes: readonly SeriesOutcome[]): Generator<PlannedRemoval> {
  for (const outcome of outcomes) yield* dueOfSeries(outcome);
}

function* dueOfSeries({ planned, block }: SeriesOutcome): Generator<PlannedRemoval> {
  if (block === null) for (const one of planned) if (one.isDue) yield one;
}

function* removalsOf({ config, catalog }: PruneRequest, outcomes: readonly SeriesOutcome[]): Generator<Removal> {
  for (const outcome of outcomes) {
    const match = config.series.find(({ name, vault }) => name === outcome.series && vault === outcome.vault)?.match;
    for (const { id, reason } of dueOfSeries(outcome)) {
      const key = catalog.archives.byId(id)?.key ?? '';
      const found = match === undefined ? null : matchKey(match, key);
      const set = found === null ? null : setOf(found, key);
      const name = set === null ? null : JSON.stringify([outcome.vault, outcome.series, set]);
      yield { archiveId: id, reason, set: name };
    }
  }
}

function expirePins({ catalog, trustedNowMs, clock }: PruneRequest): number {
  return catalog.transaction(() => {
    const pins = catalog.pins.expired(trustedNowMs);
    for (const { archiveId, reason } of pins) {
      catalog.pins.unpin(archiveId);
      const row = catalog.archives.byId(archiveId);
      const about = row === null ? {} : { vault: row.vault, key: row.key };
      const event = { actor: ACTOR, event: 'archive.pin-expired', ...about, archiveId, detail: { reason } } as const;
      catalog.history.append(event, clock.now());
    }
    return pins.length;
  });
}

/** What is announced of a series that the configuration does not name any more, or of none: no rule removes it. */
function withdrawForeign({ catalog, config, only, clock }: PruneRequest): void {
  if (only !== null) return;
  for (const { vault, series } of catalog.retention.announcedSeries()) {
    if (config.series.some((one) => one.vault === vault && one.name === series)) continue;
    catalog.transaction(() => {
      for (const { id, key } of catalog.retention.announcedOf(vault, series)) {
        catalog.retention.withdraw(id);
        const detail = { why: 'it belongs to no series any more' };
        const about = { actor: ACTOR, event: 'archive.announcement-withdrawn', vault, key, archiveId: id } as const;
        catalog.history.append({ ...about, detail }, clock.now());
      }
    });
  }
}

/** Writes down what is new about the announcements of a series, an event for each archive. */
function announce(
  { catalog, trustedNowMs, clock }: PruneRequest,
  { series, entries, planned, withdrawn, plan }: JudgedSeries,
): void {
  const { retention, history, archives } = catalog;
  const note = (id: number, event: EventName, detail: Record<string, unknown>) => {
    const about = { actor: ACTOR, event, vault: series.vault, archiveId: id, detail };
    const key = archives.byId(id)?.key;
    history.append({ ...about, ...(key === undefined ? {} : { key }) }, clock.now());
  };
  inCommits(catalog, newOf(planned), ({ id, reason, dueAtMs }) => {
    // It may be announced by a clock that was wrong: anew.
    retention.withdraw(id);
    retention.announce(id, trustedNowMs);
    note(id, 'archive.announced', { reason, dueAt: new Date(dueAtMs).toISOString() });
  });
  inCommits(catalog, withdrawn, (position) => {
    const id = entries.at(position)?.id ?? 0;
    retention.withdraw(id);
    const [first] = plan.reasonsAt(position) ?? [];
    note(id, 'archive.announcement-withdrawn', {
      why: first === undefined ? 'it need not make room now' : describeReason(first),
    });
  });
}

function* newOf(planned: Iterable<PlannedRemoval>): Generator<PlannedRemoval> {
  for (const one of planned) if (one.isNew) yield one;
}
