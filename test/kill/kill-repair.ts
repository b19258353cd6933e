import { execFileSync } from 'node:child_process';
import { readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Catalog } from '../../src/store/catalog/catalog.ts';
import { openCatalogForReading } from '../../src/store/catalog/open-catalog.ts';
import { CATALOG_NAME, PRIVATE_FOLDER, QUARANTINE_FOLDER } from '../../src/store/store-layout.ts';
import { type Seeded, seeded } from '../support/seeded.ts';
import { KilledStore } from './killed-store.ts';
import type { KnownVault, KnownVaultOptions } from './known-vault.ts';
import type { Ended } from './program-process.ts';
import { type Spoiled, sha256Of, spoilArchives } from './spoil-archives.ts';
import { type KillOptions, withKnownVault } from './with-known-vault.ts';

export interface KillRepairOptions extends KillOptions, KnownVaultOptions {
  /** So many archives are spoiled in each round. */
  readonly spoiled: number;
}

/** What was to be seen of the repairs after a kill; 'between' is a bad file moved away and nothing in its place, 'unrecorded' right and still called damaged. */
export type RepairMoment = 'before' | 'fetching' | 'between' | 'unrecorded' | 'some-repaired';

export interface KillRepairReport {
  readonly moments: Readonly<Record<RepairMoment, number>>;
  readonly rounds: number;
}

/** From the move of a bad file to the row that tells of its repair, on a disk of today. */
const JUST_AFTER_MS = 3;

/** How it is told to repair, after `verify` found the damage, or together. */
const WAYS = [['sync'], ['verify', '--repair']] as const;

/**
 * Spoils archives of a whole store, finds them by `verify`, and kills whatever repairs them with SIGKILL at random moments, until one repair comes
 * through. After each kill: what was not spoiled is as it was; what the catalog calls right is right; what it calls damaged still has its bad file, at
 * its path or in quarantine. At the end everything is right, on the disk and in the catalog. Throws at the first thing that is wrong.
 */
export async function killRepair(options: KillRepairOptions): Promise<KillRepairReport> {
  const random = seeded(options.seed);
  return withKnownVault(options, random.next, async (vault, dir) => {
    const store = await KilledStore.create(options.program, dir, vault);
    await store.run('sync');
    return new KillingRepairs(options, store, vault, random).run();
  });
}

class KillingRepairs {
  readonly #options: KillRepairOptions;
  readonly #store: KilledStore;
  readonly #vault: KnownVault;
  readonly #random: Seeded;
  readonly #moments: Record<RepairMoment, number> = {
    before: 0,
    fetching: 0,
    between: 0,
    unrecorded: 0,
    'some-repaired': 0,
  };
  /** How long the last repair took that came through. */
  #lastedMs = 1500;
  #hits = 0;

  constructor(options: KillRepairOptions, store: KilledStore, vault: KnownVault, random: Seeded) {
    this.#options = options;
    this.#store = store;
    this.#vault = vault;
    this.#random = random;
  }

  async run(): Promise<KillRepairReport> {
    let rounds = 0;
    while (this.#hits < this.#options.kills) {
      const spoiled = spoilArchives(this.#store.vaultDir, this.#choose(), this.#random);
      mustEndWith(3, await this.#store.start('verify').ended);
      await this.#repair(spoiled, WAYS[rounds % WAYS.length] ?? WAYS[0]);
      // A repair does not clear up what an earlier one left behind; the next pass does.
      await this.#store.run('sync');
      await this.#mustBeRight();
      rounds += 1;
      if (rounds % 10 === 0)
        this.#options.tell(`${this.#hits} kills in ${rounds} rounds: ${JSON.stringify(this.#moments)}`);
    }
    return { moments: this.#moments, rounds };
  }

  #choose(): string[] {
    const keys = [...this.#vault.archives.keys()];
    const chosen = new Set<string>();
    while (chosen.size < this.#options.spoiled) chosen.add(this.#random.pick(keys));
    return [...chosen];
  }

  /** Until one comes through before its kill, or there have been kills enough. */
  async #repair(spoiled: readonly Spoiled[], way: readonly string[]): Promise<void> {
    while (this.#hits < this.#options.kills) {
      const startedMs = performance.now();
      const running = this.#store.start(...way);
      await Promise.race([this.#momentToKill(spoiled.length), running.ended]);
      running.kill();
      const ended = await running.ended;
      if (ended.signal !== 'SIGKILL') {
        this.#lastedMs = performance.now() - startedMs;
        return mustEndWith(0, ended);
      }
      this.#hits += 1;
      this.#moments[this.#check(spoiled)] += 1;
    }
    mustEndWith(0, await this.#store.start(...way).ended);
  }

  /** Any moment, or one just after a bad file has left its place: these are few milliseconds, and the ones that matter most. */
  async #momentToKill(spoiled: number): Promise<void> {
    if (this.#random.chance(0.5)) return sleep(this.#random.next() * this.#lastedMs * 1.1);
    const watcher = watch(join(this.#store.root, PRIVATE_FOLDER, QUARANTINE_FOLDER));
    try {
      let left = this.#random.int(1, spoiled);
      const giveUp = setTimeout(() => watcher.close(), this.#lastedMs);
      await new Promise<void>((resolve) => {
        watcher.on('close', resolve).on('change', (_event, name) => {
          if (!String(name).endsWith('.data')) return;
          left -= 1;
          if (left === 0) resolve();
        });
      });
      clearTimeout(giveUp);
      // A timer of nothing takes a millisecond, which is long here.
      if (this.#random.chance(0.5)) await sleep(this.#random.next() * JUST_AFTER_MS);
    } finally {
      watcher.close();
    }
  }

  #check(spoiled: readonly Spoiled[]): RepairMoment {
    const { vaultDir } = this.#store;
    const bad = new Map(spoiled.map((one) => [one.key, one.badSha256]));
    const quarantined = new Set(this.#quarantined());
    const damaged = this.#damaged();
    let moment: RepairMoment = this.#store.partials().length > 0 ? 'fetching' : 'before';
    let repaired = 0;
    for (const [key, { sha256 }] of this.#vault.archives) {
      const found = sha256Of(join(vaultDir, key));
      const badSha256 = bad.get(key);
      if (badSha256 === undefined) {
        if (found !== sha256) throw new Error(`${key} was not spoiled and is not right any more`);
        if (damaged.has(key)) throw new Error(`${key} was not spoiled and is called damaged`);
        continue;
      }
      if (!damaged.has(key)) {
        if (found !== sha256) throw new Error(`${key} is called right and is not`);
        repaired += 1;
        continue;
      }
      if (badSha256 !== null && found !== badSha256 && !quarantined.has(badSha256)) {
        throw new Error(`${key} is damaged, and its bad file is neither at its path nor in quarantine`);
      }
      if (found === sha256) moment = 'unrecorded';
      else if (found === null && badSha256 !== null) moment = 'between';
      else if (found !== null && found !== badSha256) throw new Error(`${key} has bytes that it never had`);
    }
    if (repaired > 0 && (moment === 'before' || moment === 'fetching')) return 'some-repaired';
    return moment;
  }

  async #mustBeRight(): Promise<void> {
    const { archives } = this.#vault;
    const present = await this.#store.finalNames.check();
    if (present !== archives.size) throw new Error(`${present} of ${archives.size} archives are in the store`);
    const damaged = this.#damaged();
    if (damaged.size > 0) throw new Error(`still called damaged: ${[...damaged].join(' ')}`);
    const left = this.#store.partials();
    if (left.length > 0) throw new Error(`left behind: ${left.join(' ')}`);
    execFileSync('sha256sum', ['--quiet', '--strict', '-c', 'SHA256SUMS'], {
      cwd: this.#store.vaultDir,
      stdio: 'pipe',
    });
    mustEndWith(0, await this.#store.start('status').ended);
  }

  #quarantined(): string[] {
    const folder = join(this.#store.root, PRIVATE_FOLDER, QUARANTINE_FOLDER);
    return readdirSync(folder)
      .filter((name) => name.endsWith('.data'))
      .flatMap((name) => sha256Of(join(folder, name)) ?? []);
  }

  /** Keys of what the catalog calls damaged. */
  #damaged(): Set<string> {
    const path = join(this.#store.root, PRIVATE_FOLDER, CATALOG_NAME);
    const catalog = new Catalog(openCatalogForReading({ path, storeId: null }));
    try {
      catalog.check();
      const rows = catalog.scrub.damagedVaults().flatMap((vault) => catalog.scrub.damaged(vault, 0, 10_000));
      return new Set(rows.map(({ key }) => key));
    } finally {
      catalog.close();
    }
  }
}

function mustEndWith(expected: number, { status, signal, stdout, stderr }: Ended): void {
  if (status !== expected)
    throw new Error(`the program ended with ${status ?? signal} instead of ${expected}: ${stdout} ${stderr}`);
}
