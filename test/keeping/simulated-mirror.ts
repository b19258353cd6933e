import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SteadyClock } from '../../src/core/clock.ts';
import type { Config } from '../../src/core/config/config.ts';
import { parseConfig } from '../../src/core/config/parse-config.ts';
import { isAppError } from '../../src/core/errors.ts';
import { silentByteProgress } from '../../src/jobs/byte-progress.ts';
import { silentProgress } from '../../src/jobs/pass-progress.ts';
import { type PruneOutcome, pruneOnce } from '../../src/jobs/prune-once.ts';
import { type SyncOutcome, syncOnce } from '../../src/jobs/sync-once.ts';
import { initStore } from '../../src/store/init-store.ts';
import { openStoreForWriting, type WritableStore } from '../../src/store/open-store.ts';
import { openStateFile, type StateFile } from '../../src/store/state-file.ts';
import type { VaultReader } from '../../src/vault/vault-reader.ts';

/** The Pi's clock: what it shows is the simulation's affair, and neither work nor waiting takes time. */
export class SimulatedClock implements SteadyClock {
  nowMs: number;

  constructor(nowMs: number) {
    this.nowMs = nowMs;
  }

  now(): number {
    return this.nowMs;
  }

  uptimeMs(): number {
    return 0;
  }

  async sleep(): Promise<void> {}
}

/** The real mirror on a real store in a folder of its own, with simulated vaults and a simulated clock. */
export class SimulatedMirror {
  readonly config: Config;
  readonly clock: SimulatedClock;
  readonly storeDir: string;
  readonly #readers: ReadonlyMap<string, VaultReader>;
  readonly #random: () => number;
  #opened: WritableStore | null = null;
  #stateFile: StateFile | null = null;

  constructor(options: {
    folder: string;
    /** Where the machine's own card is another disk. */
    stateFolder?: string;
    /** Everything but `store` and `state`. */
    yaml: string;
    readers: ReadonlyMap<string, VaultReader>;
    clock: SimulatedClock;
    random: () => number;
    minFree?: string;
  }) {
    const { folder, yaml, readers, clock, random } = options;
    this.storeDir = join(folder, 'store');
    const stateDir = join(options.stateFolder ?? folder, 'state');
    for (const path of [this.storeDir, stateDir]) mkdirSync(path);
    const store = `store: { path: ${this.storeDir}, minFree: ${options.minFree ?? '1MB'} }\nstate: ${stateDir}\n`;
    this.config = parseConfig({ file: 'simulated.yaml', text: store + yaml });
    this.clock = clock;
    this.#readers = readers;
    this.#random = random;
    const newId = () => '5b9c4e0e-6a55-4cf0-8d09-0a1f54d1a001';
    initStore({ directory: this.storeDir, notAMount: true, nowMs: clock.now(), newId });
  }

  get opened(): WritableStore {
    this.#opened ??= openStoreForWriting({
      path: this.storeDir,
      expectedStoreId: this.stateFile.state.storeId,
      nowMs: this.clock.now(),
    });
    return this.#opened;
  }

  get stateFile(): StateFile {
    this.#stateFile ??= openStateFile(this.config.stateDir);
    return this.#stateFile;
  }

  /** As another process, later. */
  restart(): void {
    this.#opened?.close();
    this.#opened = null;
    this.#stateFile = null;
  }

  /** As the command `prune`; null when the time is in doubt. */
  async prune(): Promise<PruneOutcome | null> {
    const { config, opened, stateFile, clock } = this;
    const signal = new AbortController().signal;
    const asked = { config, opened, readers: this.#readers, stateFile, only: null, resetClock: false };
    try {
      return await pruneOnce({ ...asked, clock, signal, progress: silentByteProgress });
    } catch (error) {
      if (isAppError(error, 'CLOCK_IN_DOUBT')) return null;
      throw error;
    }
  }

  pass(options: { full?: boolean } = {}): Promise<SyncOutcome> {
    return syncOnce({
      config: this.config,
      opened: this.opened,
      readers: this.#readers,
      stateFile: this.stateFile,
      full: options.full ?? false,
      clock: this.clock,
      random: this.#random,
      signal: new AbortController().signal,
      progress: silentProgress,
    });
  }
}
