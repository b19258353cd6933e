import type { SteadyClock } from '../core/clock.ts';
import type { Config } from '../core/config/config.ts';
import type { Problem } from '../core/pass-report.ts';
import type { WritableStore } from '../store/open-store.ts';
import type { StateFile } from '../store/state-file.ts';
import type { VaultReader } from '../vault/vault-reader.ts';
import { assignSeries } from './assign-series.ts';
import type { ByteProgress } from './byte-progress.ts';
import { finishPass } from './finish-pass.ts';
import type { JudgedSeries } from './judge-retention.ts';
import { forgetTrusted, rememberTrusted } from './last-trusted.ts';
import { problemOf } from './problem-of.ts';
import { type PruneReport, prune } from './prune.ts';
import { pruneBlocksNow } from './prune-blocks-now.ts';
import { requireTrusted, trustClock } from './trust-clock.ts';
import { unfinishedAdoption } from './unfinished-adoption.ts';
import { updateFreezes } from './update-freezes.ts';

export interface PruneOnceRequest {
  readonly config: Config;
  readonly opened: WritableStore;
  /** Asked for the time only. */
  readonly readers: ReadonlyMap<string, VaultReader>;
  readonly stateFile: Pick<StateFile, 'state'>;
  readonly only: string | null;
  /** The owner says that the later time that was trusted before was wrong. */
  readonly resetClock: boolean;
  readonly clock: SteadyClock;
  readonly signal: AbortSignal;
  readonly progress: ByteProgress;
  readonly onJudged?: (judged: JudgedSeries) => Promise<void>;
}

export interface PruneOutcome extends PruneReport {
  readonly trustedNowMs: number;
  /** A `rebuild` or `adopt` that has to go on: the plan was made by what the catalog knows so far, and nothing is removed by it. */
  readonly unfinished: Problem | null;
  /** What went wrong after the work (index page, copy of the catalog), or null. */
  readonly afterwards: Problem | null;
}

/**
 * Prunes with all that belongs to it: the time is asked for first, freezes are brought up to date, and what changed is copied and shown afterwards.
 *
 * @throws AppError CLOCK_IN_DOUBT, and as `prune`; nothing was announced or removed then
 */
export async function pruneOnce(request: PruneOnceRequest): Promise<PruneOutcome> {
  const { config, opened, readers, stateFile, resetClock, clock, signal } = request;
  const { store, catalog } = opened;
  const changesBefore = catalog.changeCount();
  if (resetClock) forgetTrusted(catalog, clock.now());
  const now = await trustClock({ catalog, readers: readers.values(), clock, signal });
  const trustedNowMs = requireTrusted(now);
  rememberTrusted(catalog, trustedNowMs);
  assignSeries(catalog, config.series, { actor: 'prune', nowMs: clock.now() });
  updateFreezes({ catalog, config, localNowMs: clock.now(), now, actor: 'prune' });
  const { storeId } = store.marker;
  const blocks = pruneBlocksNow({ catalog, config, state: stateFile.state, storeId });
  const report = await prune({ ...request, store, catalog, trustedNowMs, blocks });
  const afterwards = await problemOf(() =>
    finishPass({ store, catalog, stateDir: config.stateDir, clock, changed: catalog.changeCount() !== changesBefore }),
  );
  return { ...report, trustedNowMs, unfinished: unfinishedAdoption(catalog), afterwards };
}
