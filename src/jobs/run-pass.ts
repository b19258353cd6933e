import type { Random, SteadyClock } from '../core/clock.ts';
import { clockSkewProblem } from '../core/clock-skew.ts';
import type { Config, VaultConfig } from '../core/config/config.ts';
import { ERROR_KINDS, isAppError } from '../core/errors.ts';
import type { ArchiveProblem, PassReport, Problem, VaultReport } from '../core/pass-report.ts';
import { elapsedMs, offsetsAt, type TimeAnswer } from '../core/told-time.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { Publisher } from '../store/publisher.ts';
import { markSumsLevel, repairSums } from '../store/sums-repair.ts';
import type { UntimedObject, VaultReader } from '../vault/vault-reader.ts';
import { askAgain } from './ask-again.ts';
import { assignSeries } from './assign-series.ts';
import { Bandwidth } from './bandwidth.ts';
import { clearPartials } from './clear-partials.ts';
import { DiskRoom } from './disk-room.ts';
import { findBackfill } from './find-backfill.ts';
import { throwIfInterrupted } from './interruption.ts';
import { lastTrusted } from './last-trusted.ts';
import { MAX_VERSIONS } from './list-vault.ts';
import { markUnwanted } from './mark-unwanted.ts';
import { type MirrorResult, mirrorArchives } from './mirror-archives.ts';
import { momentOf } from './moment-of.ts';
import { PassClock } from './pass-clock.ts';
import type { PassProgress } from './pass-progress.ts';
import { problemOf } from './problem-of.ts';
import { createReconcileContext, type Reconciliation, reconcileVault } from './reconcile-vault.ts';
import { type RepairResult, repairArchives } from './repair-archives.ts';
import { createTransferContext } from './transfer-context.ts';
import { trustAnswers } from './trust-clock.ts';

export interface RunPassArgs {
  readonly config: Config;
  readonly store: AttachedStore;
  readonly catalog: Catalog;
  /** One reader for each vault of the configuration. */
  readonly readers: ReadonlyMap<string, VaultReader>;
  /** The vault that the owner says was emptied, or null. */
  readonly emptied?: string | null;
  /** Should this vault be listed in full (daily, after a swap of disks, on the owner's word)? */
  readonly wantFull: (vault: string) => boolean;
  readonly clock: SteadyClock;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly progress: PassProgress;
}

/**
 * One pass: repair what a crash left, list every vault, then download, verify and publish what is wanted. A vault that fails does not keep
 * the others from being mirrored. Never deletes an archive. Returns what happened; only defects are thrown.
 */
export async function runPass(args: RunPassArgs): Promise<PassOutcome> {
  const pass = new Pass(args);
  return pass.run();
}

export interface PassOutcome {
  readonly report: PassReport;
  /** What each vault told of the time. */
  readonly answers: readonly TimeAnswer[];
}

interface VaultPass {
  readonly vault: VaultConfig;
  readonly reader: VaultReader;
  /** Dates what is recorded of this vault's archives. */
  readonly clock: PassClock;
  readonly publisher: Publisher;
  readonly requestsBefore: number;
  listed: Reconciliation | null;
  repaired: RepairResult | null;
  mirrored: MirrorResult | null;
  problem: Problem | null;
  skew: Problem | null;
  readonly failures: ArchiveProblem[];
}

class Pass {
  readonly #args: RunPassArgs;
  /** Dates what concerns the pass as a whole. */
  readonly #clock: PassClock;
  readonly #bandwidth: Bandwidth;

  constructor(args: RunPassArgs) {
    const { catalog, clock, config } = args;
    this.#args = args;
    this.#clock = new PassClock(clock, lastTrusted(catalog));
    this.#bandwidth = new Bandwidth({ clock, downloads: config.downloads, timezone: config.timezone });
  }

  async run(): Promise<PassOutcome> {
    const started = momentOf(this.#args.clock);
    const passes = this.#args.config.vaults.map((vault) => this.#begin(vault));
    const stopped = await problemOf(() => this.#onStore(() => this.#work(passes)));
    const endedAtMs = this.#clock.now();
    return {
      report: {
        startedAtMs: endedAtMs - elapsedMs(started, momentOf(this.#args.clock)),
        endedAtMs,
        vaults: passes.map((pass) => this.#report(pass)),
        stopped,
      },
      answers: passes.map(answerOf),
    };
  }

  #begin(vault: VaultConfig): VaultPass {
    const reader = this.#args.readers.get(vault.name);
    if (reader === undefined) throw new Error(`no reader for vault ${vault.name}`);
    const { store, catalog } = this.#args;
    const clock = new PassClock(this.#args.clock, lastTrusted(catalog));
    return {
      vault,
      reader,
      clock,
      publisher: new Publisher({ store, catalog, clock, actor: 'sync' }),
      requestsBefore: reader.requests,
      listed: null,
      repaired: null,
      mirrored: null,
      problem: null,
      skew: null,
      failures: [],
    };
  }

  async #work(passes: readonly VaultPass[]): Promise<void> {
    const { store, catalog, progress, config, signal } = this.#args;
    assignSeries(catalog, config.series, { actor: 'sync', nowMs: this.#clock.now() });
    for (const pass of passes) {
      await this.#list(pass);
      throwIfInterrupted(signal);
    }
    this.#clock.learn(passes.map(answerOf));
    await clearPartials(store, catalog);
    // What was here and is broken comes before what is new.
    for (const pass of passes) {
      await this.#repair(pass);
      throwIfInterrupted(signal);
    }

    // Before the rules are asked: what would be removed at once is not worth the room.
    for (const pass of passes) await this.#releaseHolds(pass);
    for (const pass of passes) {
      await this.#askAgain(pass);
      throwIfInterrupted(signal);
    }
    this.#markUnwanted(passes);
    const groups = catalog.queue.groups();
    const archives = groups.reduce((sum, group) => sum + group.archives, 0);
    const bytes = groups.reduce((sum, group) => sum + group.bytes, 0);
    if (archives > 0) progress.queued(archives, bytes);
    for (const pass of passes) {
      await this.#mirror(pass);
      throwIfInterrupted(signal);
    }
    for (const pass of passes) {
      // Without a listing nothing was appended, and what an earlier pass left undone may not have been mended.
      if (pass.listed === null) continue;
      const problem = await problemOf(() => this.#levelSums(pass));
      pass.problem ??= problem;
    }
  }

  async #list(pass: VaultPass): Promise<void> {
    const { store, catalog } = this.#args;
    const { vault, reader, clock } = pass;
    pass.problem = await problemOf(async () => {
      await repairSums(store, catalog, vault.name);
      pass.listed = await reconcileVault(
        createReconcileContext({ ...this.#args, vault, reader, clock }),
        this.#args.wantFull(vault.name),
        this.#args.emptied === vault.name,
      );
      pass.skew = this.#skewOf(pass);
      for (const key of pass.listed.crowdedKeys) pass.failures.push(crowded(vault, key));
      for (const object of pass.listed.untimed) pass.failures.push(untimed(vault, object));
      for (const key of pass.listed.undecodableKeys) pass.failures.push(undecodable(vault, key));
      if (pass.listed.alarm !== null) throw pass.listed.alarm;
    });
  }

  #markUnwanted(passes: readonly VaultPass[]): void {
    const { catalog, config, clock } = this.#args;
    markUnwanted({ catalog, config, now: trustAnswers(catalog, clock, passes.map(answerOf)), clock: this.#clock });
  }

  #skewOf({ vault, listed }: VaultPass): Problem | null {
    const now = momentOf(this.#args.clock);
    const [offsetMs = null] = offsetsAt(now, [listed?.told ?? null]);
    return clockSkewProblem(vault.name, now.localMs, offsetMs);
  }

  /** SHA256SUMS has all lines now, or is written anew where appending failed. */
  async #levelSums({ vault, publisher }: VaultPass): Promise<void> {
    const { store, catalog } = this.#args;
    if (publisher.sumsLacking.has(vault.name)) await repairSums(store, catalog, vault.name);
    else markSumsLevel(catalog, vault.name);
  }

  async #repair(pass: VaultPass): Promise<void> {
    if (pass.listed === null) return;
    const transfer = createTransferContext({ ...this.#args, clock: pass.clock, bandwidth: this.#bandwidth });
    const context = { ...transfer, reader: pass.reader, actor: 'sync', insist: false } as const;
    const problem = await problemOf(async () => {
      pass.repaired = await this.#onStore(() => repairArchives(context, pass.vault.name));
      if (pass.repaired.stopped !== null) throw pass.repaired.stopped;
    });
    pass.problem ??= problem;
  }

  async #releaseHolds(pass: VaultPass): Promise<void> {
    if (pass.listed === null) return;
    const { store, catalog, config } = this.#args;
    const { clock } = pass;
    const room = () => new DiskRoom({ store, catalog, minFree: config.store.minFree, series: config.series, clock });
    const problem = await problemOf(() => this.#onStore(async () => room().releaseHolds(pass.vault.name)));
    pass.problem ??= problem;
  }

  /** Of what was refused before. */
  async #askAgain(pass: VaultPass): Promise<void> {
    if (pass.listed === null) return;
    const { concurrency } = this.#args.config.downloads;
    const problem = await problemOf(async () => {
      const context = { ...this.#args, clock: pass.clock, reader: pass.reader, concurrency };
      const { failures, stopped } = await askAgain(context, pass.vault.name);
      pass.failures.push(...failures);
      if (stopped !== null) throw stopped;
    });
    pass.problem ??= problem;
  }

  async #mirror(pass: VaultPass): Promise<void> {
    const { config, store, catalog } = this.#args;
    // A listing that shrank is an alarm, and no reason to leave the new archives where they are.
    if (pass.listed === null) return;
    const context = {
      ...createTransferContext({ ...this.#args, clock: pass.clock, bandwidth: this.#bandwidth }),
      reader: pass.reader,
      publisher: pass.publisher,
      mayHaveVersions: (row: ArchiveRow) => config.series.some((one) => one.name === row.series && one.versions),
      series: config.series,
      backfill: config.store.whenFull === 'thin' ? () => findBackfill(catalog, config) : null,
    };
    const problem = await problemOf(async () => {
      store.requireVaultFolder(pass.vault.name);
      pass.mirrored = await this.#onStore(() => mirrorArchives(context, pass.vault.name));
      if (pass.mirrored.stopped !== null) throw pass.mirrored.stopped;
    });
    pass.problem ??= problem;
  }

  /** Whatever fails on a store that is gone failed because it is gone: a disk may vanish between any look at it and the next call. */
  async #onStore<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!isAppError(error)) this.#args.store.assertAttached();
      throw error;
    }
  }

  #report(pass: VaultPass): VaultReport {
    const { vault, reader, requestsBefore, listed, repaired, mirrored, problem, failures } = pass;
    const told = listed?.told ?? null;
    return {
      vault: vault.name,
      requests: reader.requests - requestsBefore,
      listing: listed?.listing ?? 'failed',
      listed: listed?.listed ?? 0,
      newArchives: listed?.newArchives ?? 0,
      downloaded: mirrored?.downloaded ?? 0,
      downloadedBytes: mirrored?.downloadedBytes ?? 0,
      adopted: mirrored?.adopted ?? 0,
      repaired: repaired?.repaired.count ?? 0,
      quarantined: repaired?.quarantined ?? 0,
      failures: [...failures, ...(repaired?.failures ?? []), ...(mirrored?.failures ?? [])],
      // Of whatever else went wrong the owner hears first: a wrong clock keeps nothing from being mirrored.
      // The clock may have been set since.
      problem: problem ?? pass.skew ?? this.#skewOf(pass),
      clockOffsetMs: told === null ? null : told.vaultMs - told.localMs,
    };
  }
}

function answerOf({ listed, problem }: VaultPass): TimeAnswer {
  return problem?.code === 'VAULT_CLOCK_SKEW' ? 'refused' : (listed?.told ?? null);
}

function crowded(vault: VaultConfig, key: string): ArchiveProblem {
  const message = `vault ${vault.name}: ${JSON.stringify(key)} has more than ${MAX_VERSIONS} versions in bucket ${vault.bucket}; new ones of this key are not mirrored`;
  return { key, code: 'VAULT_KEY_CROWDED', message, hint: ERROR_KINDS.VAULT_KEY_CROWDED.hint };
}

function untimed(vault: VaultConfig, { key, lastModified }: UntimedObject): ArchiveProblem {
  const time = JSON.stringify(lastModified);
  const message = `vault ${vault.name}: ${JSON.stringify(key)} is listed with ${time} as its time, which is none; it is left out`;
  return { key, code: 'VAULT_TIME_UNREADABLE', message, hint: ERROR_KINDS.VAULT_TIME_UNREADABLE.hint };
}

function undecodable(vault: VaultConfig, key: string): ArchiveProblem {
  const message = `vault ${vault.name}: the key ${key} (percent-encoded here) is not valid UTF-8 and cannot be requested`;
  return { key, code: 'VAULT_KEY_UNREADABLE', message, hint: ERROR_KINDS.VAULT_KEY_UNREADABLE.hint };
}
