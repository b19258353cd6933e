import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { KilledStore } from './killed-store.ts';
import type { KnownVault, KnownVaultOptions, Served } from './known-vault.ts';
import { mustBeDone } from './program-process.ts';
import { type KillOptions, withKnownVault } from './with-known-vault.ts';

export interface KillSyncOptions extends KillOptions, KnownVaultOptions {
  /** So many kills that hit a sync at work; those that come before its first request are not counted. */
  readonly kills: number;
  /** Kills fall up to so long after a sync's first request. */
  readonly windowMs: number;
}

/** What a sync was doing when it was killed; 'listing' is also looking through what the kill before left. */
export type Moment = 'starting' | 'listing' | 'downloading' | 'publishing' | 'finishing';

export interface KillReport {
  readonly moments: Readonly<Record<Moment, number>>;
  /** Stores that were filled, from nothing to the last archive. */
  readonly stores: number;
  /** Of all stores together, per byte of archives in them. */
  readonly servedPerByte: number;
}

/** So many kills fall before the first request, where a store is opened. */
const START_SHARE = 0.1;
const POLL_MS = 5;

/**
 * Fills stores from a vault by syncs that are killed with SIGKILL at random moments, again and again, until one comes through. After each
 * kill every file under its final name must be complete and right; at the end everything is there, by `sha256sum -c` too, no partial file
 * is left, and one more sync downloads nothing. Throws at the first thing that is wrong.
 */
export async function killSync(options: KillSyncOptions): Promise<KillReport> {
  const random = mulberry32(options.seed);
  return withKnownVault(options, random, (vault, dir) => new Killing(options, dir, vault, random).run());
}

class Killing {
  readonly #options: KillSyncOptions;
  readonly #dir: string;
  readonly #vault: KnownVault;
  readonly #random: () => number;
  readonly #moments: Record<Moment, number> = { starting: 0, listing: 0, downloading: 0, publishing: 0, finishing: 0 };
  /** How long the last sync took to its first request. */
  #startMs = 0;
  #stores = 0;
  #hits = 0;

  constructor(options: KillSyncOptions, dir: string, vault: KnownVault, random: () => number) {
    this.#options = options;
    this.#dir = dir;
    this.#vault = vault;
    this.#random = random;
  }

  async run(): Promise<KillReport> {
    const { kills, program, tell } = this.#options;
    // Fills Node's compile cache, which killed processes never do, and lets the vault compute its digests.
    await (await KilledStore.create(program, this.#dir, this.#vault)).run('doctor');
    const before = await this.#vault.served();
    while (this.#hits < kills) {
      const store = await KilledStore.create(program, this.#dir, this.#vault);
      await this.#fill(store);
      await this.#mustBeComplete(store);
      store.remove();
      this.#stores += 1;
      tell(`${this.#hits} kills, ${this.#stores} stores: ${JSON.stringify(this.#moments)}`);
    }
    const after = await this.#vault.served();
    const servedPerByte = (after.bytesServed - before.bytesServed) / (this.#stores * this.#vault.totalBytes);
    return { moments: this.#moments, stores: this.#stores, servedPerByte };
  }

  /** Until a sync ends before its kill comes, or there have been kills enough. */
  async #fill(store: KilledStore): Promise<void> {
    while (this.#hits < this.#options.kills) {
      const before = await this.#vault.served();
      const linkedBefore = new Set(store.linkedPartials());
      const running = store.start('sync');
      await Promise.race([this.#momentToKill(before), running.ended]);
      running.kill();
      const ended = await running.ended;
      const present = await store.finalNames.check();
      if (ended.signal !== 'SIGKILL') return mustBeDone(ended);
      const published = store.linkedPartials().some((path) => !linkedBefore.has(path));
      const moment = published ? 'publishing' : this.#momentOf(before, await this.#vault.served(), present);
      this.#moments[moment] += 1;
      if (moment !== 'starting') this.#hits += 1;
    }
    await store.run('sync');
  }

  /** Most moments lie after the first request, wherever the machine's speed puts that; some before. */
  async #momentToKill(before: Served): Promise<void> {
    const startedMs = performance.now();
    if (this.#random() < START_SHARE) return sleep(this.#random() * this.#startMs);
    while ((await this.#vault.served()).requests === before.requests) await sleep(POLL_MS);
    this.#startMs = performance.now() - startedMs;
    await sleep(this.#random() * this.#options.windowMs);
  }

  #momentOf(before: Served, after: Served, present: number): Moment {
    if (after.requests === before.requests) return 'starting';
    if (present === this.#vault.archives.size) return 'finishing';
    return after.downloads === before.downloads ? 'listing' : 'downloading';
  }

  async #mustBeComplete(store: KilledStore): Promise<void> {
    const { archives } = this.#vault;
    const present = await store.finalNames.check();
    if (present !== archives.size) throw new Error(`${present} of ${archives.size} archives are in the store`);
    const left = store.partials();
    if (left.length > 0) throw new Error(`left behind: ${left.join(' ')}`);
    execFileSync('sha256sum', ['--quiet', '--strict', '-c', 'SHA256SUMS'], { cwd: store.vaultDir, stdio: 'pipe' });
    const lines = execFileSync('wc', ['-l', 'SHA256SUMS'], { cwd: store.vaultDir, encoding: 'utf8' });
    if (Number.parseInt(lines, 10) !== archives.size) throw new Error(`SHA256SUMS has ${lines} lines`);

    const before = await this.#vault.served();
    await store.run('sync');
    const after = await this.#vault.served();
    if (after.downloads !== before.downloads) throw new Error('a sync with nothing to do downloads something');
  }
}

/** Tommy Ettinger's small generator: the same seed, the same vault and delays. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
