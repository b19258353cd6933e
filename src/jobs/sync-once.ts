import { asProblem } from '../core/as-problem.ts';
import { vaultExpiries } from '../core/attention.ts';
import { attentionGroups } from '../core/attention-groups.ts';
import type { Random, SteadyClock } from '../core/clock.ts';
import type { Config } from '../core/config/config.ts';
import { DAY_MS } from '../core/duration.ts';
import { type AppError, ERROR_KINDS, isAppError } from '../core/errors.ts';
import { rememberListing } from '../core/listing-memory.ts';
import { beginPass, type MirrorState, recordPass } from '../core/mirror-state.ts';
import type { PassReport, Problem } from '../core/pass-report.ts';
import { recordAttention } from '../core/record-attention.ts';
import type { AttentionJson } from '../core/status-document.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import { collectMatters } from '../store/catalog/collect-matters.ts';
import type { WritableStore } from '../store/open-store.ts';
import type { StateFile } from '../store/state-file.ts';
import { repairFormerSums } from '../store/sums-repair.ts';
import type { VaultReader } from '../vault/vault-reader.ts';
import { type ByteProgress, silentByteProgress } from './byte-progress.ts';
import { findCrowded } from './find-crowded.ts';
import { finishPass } from './finish-pass.ts';
import type { PassProgress } from './pass-progress.ts';
import { type PreparedPass, preparePass } from './prepare-pass.ts';
import { problemOf } from './problem-of.ts';
import { recordAlarms } from './record-alarms.ts';
import { type PassOutcome, type RunPassArgs, runPass } from './run-pass.ts';
import { trustAnswers } from './trust-clock.ts';
import { updateFreezes } from './update-freezes.ts';

export interface SyncOnceRequest {
  readonly config: Config;
  readonly opened: WritableStore;
  readonly readers: ReadonlyMap<string, VaultReader>;
  readonly stateFile: StateFile;
  /** List every vault in full, whenever that was done last. */
  readonly full: boolean;
  /** The vault that the owner says was emptied, or null. */
  readonly emptied?: string | null;
  readonly clock: SteadyClock;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly progress: PassProgress;
  /** Of what comes before the pass: the end of an interrupted rebuild. */
  readonly adoptionProgress?: ByteProgress;
}

export interface SyncOutcome {
  readonly prepared: PreparedPass;
  readonly report: PassReport;
  /** Another store than last time is mounted, so everything was listed anew. */
  readonly swapped: boolean;
  /** Empty also when the catalog could not be read any more; `afterwards` then says so. */
  readonly attention: readonly AttentionJson[];
  /** What went wrong after the pass (index page, copy of the catalog, state.json) or in the daily check before it, or null. */
  readonly afterwards: Problem | null;
}

const FULL_LISTING_EVERY_MS = DAY_MS;

/** One pass with what belongs to it: the index page and the copy of the catalog when something changed, and state.json. */
export async function syncOnce(request: SyncOnceRequest): Promise<SyncOutcome> {
  const { config, opened, readers, stateFile, clock, random, signal, progress } = request;
  const { store, catalog } = opened;
  const changesBefore = catalog.changeCount();
  const startedAtMs = clock.now();
  if (opened.swapped) {
    const detail = { storeId: store.marker.storeId, before: stateFile.state.storeId };
    catalog.history.append({ actor: 'sync', event: 'store.swapped', detail }, startedAtMs);
  }
  // Where it cannot be written, that is told at the end.
  await problemOf(() => stateFile.save(beginPass(stateFile.state, startedAtMs)));
  // What was listed last is of the other store.
  const before = opened.swapped ? withoutListingTimes(stateFile.state) : stateFile.state;
  const prepared = await preparePass({
    config,
    opened,
    readers,
    lastSelfCheckMs: before.lastSelfCheckAt,
    clock,
    random,
    signal,
    progress: request.adoptionProgress ?? silentByteProgress,
  });
  if (prepared.problem !== null) return stoppedBefore(request, prepared, startedAtMs);
  const { report, answers } = await runPassOrTell(stateFile, {
    config,
    store,
    catalog,
    readers,
    wantFull: (vault) =>
      request.full || request.emptied === vault || opened.swapped || isFullListingDue(before, vault, startedAtMs),
    emptied: request.emptied ?? null,
    clock,
    random,
    signal,
    progress,
  });
  let attention: readonly AttentionJson[] = [];
  let state = recordPass(before, report, store.marker.storeId);
  if (prepared.selfCheck !== null) state = { ...state, lastSelfCheckAt: startedAtMs };
  // Whatever is the matter with their folders is no trouble of the vaults that are mirrored.
  const former = await problemOf(async () => {
    if (report.stopped !== null || !isStoreInPlace(store)) return;
    const error = await repairFormerSums(store, catalog, config.vaults);
    if (error !== null) throw error;
  });
  const problems = [
    await problemOf(async () => {
      // Of a store that is gone the report tells already.
      if (!isStoreInPlace(store)) return;
      recordAlarms(catalog, report);
      if (catalog.changeCount() === changesBefore && catalog.freezes.open().length === 0) return;
      const now = trustAnswers(catalog, clock, answers);
      updateFreezes({ catalog, config, localNowMs: report.endedAtMs, now, actor: 'sync' });
    }),
    await problemOf(async () => {
      const changed = catalog.changeCount() !== changesBefore;
      const endClock = { now: () => report.endedAtMs };
      await finishPass({ store, catalog, stateDir: config.stateDir, clock: endClock, changed });
    }),
    await problemOf(async () => {
      attention = attentionGroups(
        collectMatters(catalog, vaultExpiries(config.vaults)),
        catalog.freezes.open(),
        findCrowded(catalog, config.series),
      );
      state = recordAttention(state, attention, report.endedAtMs);
    }),
    await problemOf(() => stateFile.save(recordListingModes(state, readers, config))),
  ];
  return {
    prepared,
    report,
    swapped: opened.swapped,
    attention,
    afterwards: problems.find((problem) => problem !== null) ?? prepared.selfCheck?.problem ?? former,
  };
}

/** Nothing is written but state.json: the copy of a catalog that is damaged must not replace the good one. */
async function stoppedBefore(
  { opened, stateFile, clock }: SyncOnceRequest,
  prepared: PreparedPass,
  startedAtMs: number,
): Promise<SyncOutcome> {
  const report = { startedAtMs, endedAtMs: clock.now(), vaults: [], stopped: prepared.problem };
  const afterwards = await problemOf(() =>
    stateFile.save(recordPass(stateFile.state, report, opened.store.marker.storeId)),
  );
  return { prepared, report, swapped: opened.swapped, attention: [], afterwards };
}

/** A pass that ends in a defect of ours must not leave `status` showing the last good one for ever. */
async function runPassOrTell(stateFile: StateFile, args: RunPassArgs): Promise<PassOutcome> {
  const startedAtMs = args.clock.now();
  try {
    return await runPass(args);
  } catch (error) {
    const message = `the pass ended in a defect: ${error instanceof Error ? error.message : String(error)}`;
    const stopped = { code: 'INTERNAL', message, hint: ERROR_KINDS.INTERNAL.hint } as const;
    const report = { startedAtMs, endedAtMs: args.clock.now(), vaults: [], stopped };
    // The defect is what has to be told; that it could not be written down as well would only hide it.
    await stateFile.save(recordPass(stateFile.state, report, null)).catch(() => undefined);
    throw error;
  }
}

/** A store that could not be opened is a pass that ended before it began: `status` is to tell why nothing comes. Errors: STATE_UNUSABLE. */
export async function recordUnopenedStore(stateFile: StateFile, error: AppError, nowMs: number): Promise<void> {
  const report = { startedAtMs: nowMs, endedAtMs: nowMs, vaults: [], stopped: asProblem(error) };
  const { passBegan } = stateFile.state;
  // A pass before it that was cut off has not been told yet: the disk may have been away after a power cut.
  await stateFile.save({ ...recordPass(stateFile.state, report, null), passBegan });
}

function isFullListingDue({ vaults }: MirrorState, vault: string, nowMs: number): boolean {
  const lastMs = vaults[vault]?.lastFullListingAt ?? null;
  // A last time in the future: the clock was set back since.
  return lastMs === null || lastMs > nowMs || nowMs - lastMs >= FULL_LISTING_EVERY_MS;
}

function isStoreInPlace(store: AttachedStore): boolean {
  try {
    store.assertAttached();
    return true;
  } catch (error) {
    if (!isAppError(error)) throw error;
    return false;
  }
}

function withoutListingTimes(state: MirrorState): MirrorState {
  const vaults = Object.entries(state.vaults).map(
    ([name, vault]) => [name, { ...vault, lastFullListingAt: null }] as const,
  );
  return { ...state, vaults: Object.fromEntries(vaults) };
}

/** A vault that has shown versions must not be listed without them because of one refusal. */
function recordListingModes(
  state: MirrorState,
  readers: ReadonlyMap<string, VaultReader>,
  config: Config,
): MirrorState {
  const vaults = Object.entries(state.vaults).map(([name, vault]) => {
    const kind = readers.get(name)?.listing ?? null;
    const place = config.vaults.find((one) => one.name === name);
    const listingMode = kind === null || place === undefined ? vault.listingMode : rememberListing(kind, place);
    return [name, { ...vault, listingMode }] as const;
  });
  return { ...state, vaults: Object.fromEntries(vaults) };
}
