import type { Clock } from '../core/clock.ts';
import type { Config } from '../core/config/config.ts';
import type { AppError } from '../core/errors.ts';
import { describeReason } from '../core/keep/describe-reason.ts';
import type { PruneBlock, PruneBlocks } from '../core/prune-blocks.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { type RemovedArchive, removeArchives, type SkippedRemoval } from '../store/remove-archives.ts';
import { repairSums } from '../store/sums-repair.ts';
import { assignSeries } from './assign-series.ts';
import type { ByteProgress } from './byte-progress.ts';
import { type JudgedSeries, judgeRetention, type PlannedRemoval } from './judge-retention.ts';
import { countOutside, type Outside } from './plan-retention.ts';
import { interruption, throwIfInterrupted } from './retry.ts';
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

export interface PruneReport {
  readonly series: readonly SeriesOutcome[];
  readonly removed: readonly RemovedArchive[];
  /** Were due and stay: found damaged, pinned or frozen meanwhile, or refused by the disk. */
  readonly skipped: readonly SkippedRemoval[];
  readonly outside: Outside;
  readonly expiredPins: number;
  /** What ended the work early, or null. */
  readonly stopped: AppError | null;
}

/** The owner's other commands write between two of these. */
const PER_COMMIT = 1000;
const ACTOR = 'prune';

/**
 * Carries the keep rules out: takes off expired pins, announces what they would remove, withdraws what they keep again, and removes what has been
 * announced for long enough and is planned still. All by a trusted time. The store has to be open for writing.
 *
 * @throws AppError STORE_*, CATALOG_*, INTERRUPTED before anything was removed; later ones are `stopped`
 */
export async function prune(request: PruneRequest): Promise<PruneReport> {
  const { catalog, config, store, blocks, signal, only } = request;
  store.assertAttached();
  assignSeries(catalog, config.series);
  for (const { name } of config.vaults) await repairSums(store, catalog, name);
  const expiredPins = expirePins(request);
  withdrawForeign(request);

  const outcomes: SeriesOutcome[] = [];
  const due: PlannedRemoval[] = [];
  for (const judged of judgeRetention({ ...request, only })) {
    throwIfInterrupted(signal);
    await request.onJudged?.(judged);
    announce(request, judged);
    const block: PruneBlock | null = blocks.get(judged.series.vault) ?? null;
    if (block === null) for (const one of judged.planned) if (one.isDue) due.push(one);
    outcomes.push(summariseSeries(judged, block));
  }
  const { removed, skipped, stopped } = await remove(request, due);
  return {
    series: outcomes,
    removed,
    skipped,
    outside: countOutside(catalog, config.series),
    expiredPins,
    stopped: stopped ?? interruption(signal),
  };
}

async function remove(
  { store, catalog, config, trustedNowMs, clock, signal, progress }: PruneRequest,
  due: PlannedRemoval[],
) {
  if (due.length > 0)
    progress.begin({ archives: due.length, bytes: due.reduce((sum, { row }) => sum + row.sizeBytes, 0) });
  try {
    return await removeArchives({
      store,
      catalog,
      clock,
      actor: ACTOR,
      removals: due.map(({ row, reason }) => ({ archiveId: row.id, reason })),
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

function expirePins({ catalog, trustedNowMs, clock }: PruneRequest): number {
  return catalog.transaction(() => {
    const pins = catalog.pins.expired(trustedNowMs);
    for (const { archiveId, reason } of pins) {
      catalog.pins.unpin(archiveId);
      const row = catalog.archives.byId(archiveId);
      const about = row === null ? {} : { vault: row.vault, key: row.key };
      const event = { actor: ACTOR, event: 'archive.pin-expired', ...about, archiveId, detail: { reason } };
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
        const about = { actor: ACTOR, event: 'archive.announcement-withdrawn', vault, key, archiveId: id };
        catalog.history.append({ ...about, detail }, clock.now());
      }
    });
  }
}

/** Writes down what is new about the announcements of a series, an event for each archive. */
function announce(
  { catalog, trustedNowMs, clock }: PruneRequest,
  { series, planned, withdrawn, plan }: JudgedSeries,
): void {
  const { retention, history } = catalog;
  const about = { actor: ACTOR, vault: series.vault };
  const fresh = planned.filter(({ isNew }) => isNew);
  for (let at = 0; at < fresh.length; at += PER_COMMIT) {
    catalog.transaction(() => {
      for (const { row, reason, dueAtMs } of fresh.slice(at, at + PER_COMMIT)) {
        // Announced by a clock that was wrong: anew.
        if (row.announcedAtMs !== null) retention.withdraw(row.id);
        retention.announce(row.id, trustedNowMs);
        const detail = { reason, dueAt: new Date(dueAtMs).toISOString() };
        history.append({ ...about, event: 'archive.announced', key: row.key, archiveId: row.id, detail }, clock.now());
      }
    });
  }
  for (let at = 0; at < withdrawn.length; at += PER_COMMIT) {
    catalog.transaction(() => {
      for (const { id, key } of withdrawn.slice(at, at + PER_COMMIT)) {
        retention.withdraw(id);
        const [first] = plan.keep.get(id) ?? [];
        const detail = { why: first === undefined ? 'there is room again' : describeReason(first) };
        history.append({ ...about, event: 'archive.announcement-withdrawn', key, archiveId: id, detail }, clock.now());
      }
    });
  }
}
