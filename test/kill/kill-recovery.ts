import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readAdoptionNote } from '../../src/store/adoption-note.ts';
import { Catalog } from '../../src/store/catalog/catalog.ts';
import { openCatalogForReading } from '../../src/store/catalog/open-catalog.ts';
import {
  CATALOG_NAME,
  INDEX_NAME,
  INDEX_TEMPORARY_NAME,
  PRIVATE_FOLDER,
  README_NAME,
  RESTORE_NAME,
} from '../../src/store/store-layout.ts';
import { type Seeded, seeded } from '../support/seeded.ts';
import { KilledStore } from './killed-store.ts';
import type { KnownVault, KnownVaultOptions } from './known-vault.ts';
import type { Ended } from './program-process.ts';
import { sha256Of } from './spoil-archives.ts';
import { type KillOptions, withKnownVault } from './with-known-vault.ts';

export type KillRecoveryOptions = KillOptions & KnownVaultOptions;

/** How the catalog is lost: its copy, an older one, is left; nothing is left; or the store is a plain folder. */
const WAYS = ['copy', 'nothing', 'folder'] as const;
type Way = (typeof WAYS)[number];

export interface KillRecoveryReport {
  /** Kills, by how the catalog was lost and by what there was of a new one. */
  readonly moments: Readonly<Record<string, number>>;
  readonly rounds: number;
}

const ORPHANS = 12;
/** Instead of the command that was killed, a pass goes on. */
const SYNC_SHARE = 0.3;

/**
 * Takes the catalog away from a whole store, and kills `rebuild`, `adopt`, and passes that go on for them, with SIGKILL at random moments until one
 * comes through. After each kill every file is still there, whole, under one name or two. At the end every archive has its row, what the vault
 * never had by our own SHA256SUMS, and nothing was fetched. Throws at the first thing that is wrong.
 */
export async function killRecovery(options: KillRecoveryOptions): Promise<KillRecoveryReport> {
  const random = seeded(options.seed);
  return withKnownVault(options, random.next, async (vault, dir) => {
    const store = await KilledStore.create(options.program, dir, vault);
    await store.run('sync');
    return new KillingRecoveries(options, dir, store, vault, random).run();
  });
}

class KillingRecoveries {
  readonly #options: KillRecoveryOptions;
  readonly #dir: string;
  readonly #store: KilledStore;
  readonly #vault: KnownVault;
  readonly #random: Seeded;
  readonly #moments: Record<string, number> = {};
  /** SHA-256 by key, of files that were stored and that the vault does not have. */
  readonly #orphans = new Map<string, string>();
  readonly #lastedMs: Record<Way, number> = { copy: 3000, nothing: 3000, folder: 3000 };
  #hits = 0;

  constructor(options: KillRecoveryOptions, dir: string, store: KilledStore, vault: KnownVault, random: Seeded) {
    this.#options = options;
    this.#dir = dir;
    this.#store = store;
    this.#vault = vault;
    this.#random = random;
  }

  async run(): Promise<KillRecoveryReport> {
    copyFileSync(this.#copyPath(), join(this.#dir, 'older-copy'));
    let rounds = 0;
    for (; this.#hits < this.#options.kills; rounds += 1) {
      const way = WAYS[rounds % WAYS.length] ?? 'copy';
      this.#lose(way);
      const { downloads } = await this.#vault.served();
      await this.#recover(way);
      if ((await this.#vault.served()).downloads !== downloads) throw new Error(`${way}: something was fetched`);
      await this.#mustBeWhole(way);
      if (rounds % 10 === 9) this.#options.tell(`${this.#hits} kills in ${rounds + 1} rounds`);
    }
    return { moments: this.#moments, rounds };
  }

  #lose(way: Way): void {
    const { root, vaultDir } = this.#store;
    const privateDir = join(root, PRIVATE_FOLDER);
    const copy = this.#copyPath();
    if (way === 'folder') {
      for (const key of this.#orphans.keys()) rmSync(join(vaultDir, key));
      this.#orphans.clear();
      for (const name of [PRIVATE_FOLDER, README_NAME, RESTORE_NAME, INDEX_NAME]) {
        rmSync(join(root, name), { recursive: true });
      }
      rmSync(join(vaultDir, 'SHA256SUMS'));
      for (const key of this.#vault.archives.keys()) {
        if (!this.#random.chance(0.5)) continue;
        mkdirSync(dirname(join(root, key)), { recursive: true });
        renameSync(join(vaultDir, key), join(root, key));
      }
      return;
    }
    this.#addOrphans();
    if (way === 'copy') {
      // Of another store, the one that `adopt` made anew, an older copy is none.
      if (this.#olderCopyIsOurs()) copyFileSync(join(this.#dir, 'older-copy'), copy);
      truncateSync(join(privateDir, CATALOG_NAME), 4096 * this.#random.int(0, 3));
    } else {
      rmSync(copy);
      for (const suffix of ['', '-wal', '-shm']) rmSync(join(privateDir, CATALOG_NAME + suffix), { force: true });
    }
  }

  #addOrphans(): void {
    if (this.#orphans.size > 0) return;
    const { vaultDir } = this.#store;
    mkdirSync(join(vaultDir, 'gone'), { recursive: true });
    for (let n = 0; n < ORPHANS; n += 1) {
      const key = `gone/${this.#hits}-${n}.gpg`;
      const bytes = Buffer.from(`an archive that the vault has lost, ${key}`);
      writeFileSync(join(vaultDir, key), bytes, { mode: 0o440 });
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      this.#orphans.set(key, sha256);
      appendFileSync(join(vaultDir, 'SHA256SUMS'), `${sha256}  ${key}\n`);
    }
  }

  async #recover(way: Way): Promise<void> {
    const command = way === 'folder' ? ['adopt', this.#store.root, '--not-a-mount'] : ['rebuild'];
    while (this.#hits < this.#options.kills) {
      const going = this.#random.chance(SYNC_SHARE) ? ['sync'] : command;
      const startedMs = performance.now();
      const running = this.#store.start(...going);
      await Promise.race([sleep(this.#random.next() * this.#lastedMs[way] * 1.1), running.ended]);
      running.kill();
      const ended = await running.ended;
      if (ended.signal !== 'SIGKILL') {
        if (going === command) {
          this.#lastedMs[way] = performance.now() - startedMs;
          return mustBe(DONE[way], ended);
        }
        // A pass cannot begin without a catalog or a marker, goes on when there are both, and tells of what has left the vault.
        mustBe([0, 3, 75, 78], ended);
        continue;
      }
      // A machine that has other things to do may take longer than the time that one came through in.
      this.#lastedMs[way] *= 1.05;
      this.#hits += 1;
      const moment = `${way}: ${this.#check(way)}`;
      this.#moments[moment] = (this.#moments[moment] ?? 0) + 1;
    }
    mustBe(DONE[way], await this.#store.start(...command).ended);
  }

  /** Every file is whole, under its own name or where it was found. Answers what there is of the catalog. */
  #check(way: Way): string {
    const { root, vaultDir } = this.#store;
    for (const [key, { sha256 }] of this.#vault.archives) {
      const places = [join(vaultDir, key), ...(way === 'folder' ? [join(root, key)] : [])].filter(existsSync);
      if (places.length === 0) throw new Error(`${key} is lost`);
      for (const place of places) if (sha256Of(place) !== sha256) throw new Error(`${place} is not what it was`);
    }
    for (const [key, sha256] of this.#orphans) {
      if (sha256Of(join(vaultDir, key)) !== sha256) throw new Error(`${key}, which the vault has lost, is lost here`);
    }
    return this.#stateOfCatalog();
  }

  #stateOfCatalog(): string {
    const path = join(this.#store.root, PRIVATE_FOLDER, CATALOG_NAME);
    if (!existsSync(path)) return 'no catalog';
    let catalog: Catalog;
    try {
      catalog = new Catalog(openCatalogForReading({ path, storeId: null }));
    } catch {
      return 'the bad catalog';
    }
    try {
      catalog.check();
      if (readAdoptionNote(catalog) === null) return 'done';
      return catalog.counts.withoutFile().archives === 0 ? 'all adopted' : 'adopting';
    } catch {
      return 'the bad catalog';
    } finally {
      catalog.close();
    }
  }

  async #mustBeWhole(way: Way): Promise<void> {
    const { root, vaultDir } = this.#store;
    const state = this.#stateOfCatalog();
    if (state !== 'done') throw new Error(`${way} came through, and there is ${state}`);
    const catalog = new Catalog(
      openCatalogForReading({ path: join(root, PRIVATE_FOLDER, CATALOG_NAME), storeId: null }),
    );
    try {
      for (const [key, { sha256 }] of this.#vault.archives) {
        const row = catalog.archives.atPath('web', key);
        if (row?.state !== 'stored' || row.sha256 !== sha256 || row.goneAtMs !== null)
          throw new Error(`${key} has no row`);
      }
      for (const [key, sha256] of this.#orphans) {
        const row = catalog.archives.atPath('web', key);
        if (row?.proof !== 'own-sums' || row.sha256 !== sha256 || row.goneAtMs === null)
          throw new Error(`${key} has no row`);
      }
    } finally {
      catalog.close();
    }
    const lines = readFileSync(join(vaultDir, 'SHA256SUMS'), 'utf8').trimEnd().split('\n').length;
    const expected = this.#vault.archives.size + this.#orphans.size;
    if (lines !== expected) throw new Error(`SHA256SUMS has ${lines} lines instead of ${expected}`);
    execFileSync('sha256sum', ['--quiet', '--strict', '-c', 'SHA256SUMS'], { cwd: vaultDir, stdio: 'pipe' });
    // What a pass that was killed left of the next index page, the one after it takes.
    const top = readdirSync(root)
      .filter((name) => name !== INDEX_TEMPORARY_NAME)
      .sort();
    if (top.join() !== ['web', PRIVATE_FOLDER, README_NAME, RESTORE_NAME, INDEX_NAME].sort().join()) {
      throw new Error(`something else lies in the store: ${top.join(' ')}`);
    }
    mustBe([0], await this.#store.start('verify').ended);
    mustBe([0, 3], await this.#store.start('sync', '--full').ended);
  }

  #copyPath(): string {
    const stateDir = join(dirname(this.#store.root), 'state');
    const storeId = this.#storeId();
    return join(stateDir, `catalog-${storeId}.db`);
  }

  #storeId(): string {
    const marker = readFileSync(join(this.#store.root, PRIVATE_FOLDER, 'store.json'), 'utf8');
    return (JSON.parse(marker) as { storeId: string }).storeId;
  }

  #olderCopyIsOurs(): boolean {
    const catalog = new Catalog(openCatalogForReading({ path: join(this.#dir, 'older-copy'), storeId: null }));
    try {
      return catalog.fact('store_id') === this.#storeId();
    } finally {
      catalog.close();
    }
  }
}

/** Without a copy, or with one that is older than the disk, pins and freezes are lost, and the owner's word is needed; a run that finds the work done by a pass says 0. */
const DONE: Readonly<Record<Way, readonly number[]>> = { folder: [0], copy: [0, 3], nothing: [0, 3] };

function mustBe(allowed: readonly number[], { status, signal, stdout, stderr }: Ended): void {
  if (status !== null && allowed.includes(status)) return;
  throw new Error(`the program ended with ${status ?? signal} instead of ${allowed.join(' or ')}: ${stdout} ${stderr}`);
}
