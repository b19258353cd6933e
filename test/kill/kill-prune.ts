import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { recordPass } from '../../src/core/mirror-state.ts';
import { SUMS_NAME } from '../../src/core/sha256sums.ts';
import { Catalog } from '../../src/store/catalog/catalog.ts';
import { openCatalogForReading } from '../../src/store/catalog/open-catalog.ts';
import { openStoreForWriting } from '../../src/store/open-store.ts';
import { openStateFile } from '../../src/store/state-file.ts';
import { CATALOG_NAME, PRIVATE_FOLDER } from '../../src/store/store-layout.ts';
import { quietReport } from '../support/pass-report.ts';
import { type Seeded, seeded } from '../support/seeded.ts';
import { KilledStore } from './killed-store.ts';
import type { KnownVault } from './known-vault.ts';
import { type KillOptions, withKnownVault } from './with-known-vault.ts';

export interface KillPruneOptions extends KillOptions {
  /** In each store, of which only KEPT stay. */
  readonly archives: number;
}

/** What was to be seen of the removals after a kill; 'half' is rows on their way out with and without their files. */
export type PruneMoment = 'before' | 'marked' | 'half' | 'unlinked' | 'some-pruned' | 'all-pruned';

export interface KillPruneReport {
  readonly moments: Readonly<Record<PruneMoment, number>>;
  readonly stores: number;
}

const KEPT = 20;
const PER_FOLDER = 7;
const DAY_MS = 24 * 60 * 60 * 1000;
/** From the first file that is gone to the last step of a removal, on a disk of today. */
const WINDOW_MS = 20;
const SERIES = `series: [{ name: files, vault: web, match: "**.gpg", keep: { last: ${KEPT} } }]`;

/**
 * Fills stores with archives of which most are due to be removed, and kills the prune that does it with SIGKILL at random moments, again and again, until
 * one comes through. After each kill, and after the next opening: what is kept is untouched, what the catalog calls stored is on the disk and right, and
 * what it calls pruned is not there. At the end exactly the kept ones are left, by `sha256sum -c` too. Throws at the first thing that is wrong.
 */
export async function killPrune(options: KillPruneOptions): Promise<KillPruneReport> {
  const random = seeded(options.seed);
  // Asked for the time only.
  const small = { smallArchives: 1, largeBytes: 1, bytesPerSecond: 2 ** 24 };
  return withKnownVault(small, random.next, (vault, dir) => new KillingPrunes(options, dir, vault, random).run());
}

/** Path below the folder of the vault, and content. */
type Contents = ReadonlyMap<string, string>;

class KillingPrunes {
  readonly #options: KillPruneOptions;
  readonly #dir: string;
  readonly #vault: KnownVault;
  readonly #random: Seeded;
  readonly #moments: Record<PruneMoment, number> = {
    before: 0,
    marked: 0,
    half: 0,
    unlinked: 0,
    'some-pruned': 0,
    'all-pruned': 0,
  };
  #lastedMs = 1000;
  #hits = 0;

  constructor(options: KillPruneOptions, dir: string, vault: KnownVault, random: Seeded) {
    this.#options = options;
    this.#dir = dir;
    this.#vault = vault;
    this.#random = random;
  }

  async run(): Promise<KillPruneReport> {
    const { kills, program, tell } = this.#options;
    let stores = 0;
    while (this.#hits < kills) {
      const store = await KilledStore.create(program, this.#dir, this.#vault, SERIES);
      const { doomed, kept } = await this.#fill(store);
      await this.#prune(store, doomed, kept);
      this.#mustBeDone(store, doomed, kept);
      store.remove();
      stores += 1;
      tell(`${this.#hits} kills, ${stores} stores: ${JSON.stringify(this.#moments)}`);
    }
    return { moments: this.#moments, stores };
  }

  /** Archives as a pass stores them, and the state after a pass without errors; the removal of all but the newest is announced since two days ago. */
  async #fill(store: KilledStore): Promise<{ doomed: Contents; kept: Contents }> {
    const nowMs = Date.now();
    const contents = Array.from({ length: this.#options.archives }, (_, index) => {
      const path = `web1/${Math.floor(index / PER_FOLDER)}/${index}.gpg`;
      return [path, `content of ${index}`] as const;
    });
    const opened = openStoreForWriting({ path: store.root, expectedStoreId: null, nowMs });
    const { catalog } = opened;
    catalog.transaction(() => {
      for (const [index, [path, content]] of contents.entries()) {
        const file = join(store.vaultDir, path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, content, { mode: 0o440 });
        const lastModifiedMs = nowMs - (contents.length - index) * DAY_MS;
        const listed = {
          key: path,
          versionId: null,
          etag: path,
          sizeBytes: content.length,
          lastModifiedMs,
          storageClass: null,
        };
        const state = 'wanted' as const;
        const id = catalog.archives.insert('web', { listed, series: 'files', state, reason: null, conflict: false }, 1);
        const what = { id, path, sha256: sha256(content), proof: 'checksum-full' as const, suspect: null };
        catalog.archives.recordStored({ ...what, clearsConflict: false, isConflict: false }, 1);
        if (index < contents.length - KEPT) catalog.retention.announce(id, nowMs - 2 * DAY_MS);
      }
      catalog.setFact('sums_behind:web', 'yes');
    });
    const { storeId } = opened.store.marker;
    opened.close();
    const stateFile = openStateFile(store.stateDir);
    const report = { startedAtMs: nowMs, endedAtMs: nowMs, vaults: [quietReport('web')], stopped: null };
    await stateFile.save(recordPass(stateFile.state, report, storeId));
    return { doomed: new Map(contents.slice(0, -KEPT)), kept: new Map(contents.slice(-KEPT)) };
  }

  /** Until a prune ends before its kill comes, or there have been kills enough. */
  async #prune(store: KilledStore, doomed: Contents, kept: Contents): Promise<void> {
    while (this.#hits < this.#options.kills) {
      const startedMs = performance.now();
      const running = store.start('prune');
      await Promise.race([this.#momentToKill(store, doomed), running.ended]);
      running.kill();
      const ended = await running.ended;
      if (ended.signal !== 'SIGKILL') {
        this.#lastedMs = performance.now() - startedMs;
        if (ended.status !== 0) throw new Error(`prune ended with ${ended.status}: ${ended.stdout} ${ended.stderr}`);
        return;
      }
      this.#hits += 1;
      const moment = look(store, doomed, kept);
      this.#moments[moment] += 1;
      if (moment === 'all-pruned') break;
      // What follows a crash is not always the same command.
      if (this.#random.chance(0.3)) await this.#verify(store, doomed, kept);
    }
    await store.run('prune');
  }

  async #verify(store: KilledStore, doomed: Contents, kept: Contents): Promise<void> {
    await store.run('verify');
    const moment = look(store, doomed, kept);
    if (moment === 'marked' || moment === 'half' || moment === 'unlinked')
      throw new Error(`after verify still ${moment}`);
  }

  /** Some at any time; most when a file has just gone that is, or will be, on its way out, anywhere in the order. */
  async #momentToKill(store: KilledStore, doomed: Contents): Promise<void> {
    const left = [...doomed.keys()].map((path) => join(store.vaultDir, path)).filter(existsSync);
    if (left.length === 0 || this.#random.chance(0.2)) return sleep(this.#random.next() * this.#lastedMs);
    const watcher = watch(dirname(this.#random.pick(left)));
    const giveUp = setTimeout(() => watcher.close(), 2 * this.#lastedMs);
    await new Promise<void>((resolve) => watcher.on('close', resolve).on('change', () => resolve()));
    clearTimeout(giveUp);
    watcher.close();
    // A timer of nothing takes a millisecond, which is long here.
    if (this.#random.chance(0.6)) await sleep(this.#random.next() * WINDOW_MS);
  }

  #mustBeDone(store: KilledStore, doomed: Contents, kept: Contents): void {
    const moment = look(store, doomed, kept);
    if (moment !== 'all-pruned') throw new Error(`at the end still ${moment}`);
    execFileSync('sha256sum', ['--quiet', '--strict', '-c', SUMS_NAME], { cwd: store.vaultDir, stdio: 'pipe' });
    const lines = readFileSync(join(store.vaultDir, SUMS_NAME), 'utf8').trim().split('\n').length;
    if (lines !== kept.size) throw new Error(`${SUMS_NAME} has ${lines} lines`);
    const catalog = openCatalog(store);
    try {
      const events = catalog.history.newest({ event: 'archive.pruned' }, 10_000);
      const told = new Set(events.map(({ key }) => key));
      if (events.length !== doomed.size || told.size !== doomed.size)
        throw new Error(`${events.length} events of pruning`);
    } finally {
      catalog.close();
    }
  }
}

/** Compares disk and catalog. Throws where they disagree about what is stored or gone. */
function look(store: KilledStore, doomed: Contents, kept: Contents): PruneMoment {
  const onDisk = new Set(
    readdirSync(store.vaultDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(store.vaultDir.length + 1)),
  );
  const counts = { stored: 0, removingHere: 0, removingGone: 0, pruned: 0 };
  const catalog = openCatalog(store);
  try {
    catalog.check();
    for (const [path, content] of [...doomed, ...kept]) {
      const [row] = catalog.archives.ofKey('web', path);
      const isThere = onDisk.has(path);
      if (isThere && readFileSync(join(store.vaultDir, path), 'utf8') !== content)
        throw new Error(`${path} is changed`);
      if (kept.has(path) && (row?.state !== 'stored' || !isThere))
        throw new Error(`${path} is kept, and ${row?.state}`);
      if (row?.state === 'stored' && !isThere) throw new Error(`${path} is stored, and not on the disk`);
      if (row?.damagedAtMs !== null) throw new Error(`${path} is called damaged`);
      if (row.state === 'pruned' && isThere) throw new Error(`${path} is pruned, and still on the disk`);
      if (row.state === 'stored') counts.stored += 1;
      else if (row.state === 'pruned') counts.pruned += 1;
      else if (row.state !== 'removing') throw new Error(`${path} is ${row.state}`);
      else if (isThere) counts.removingHere += 1;
      else counts.removingGone += 1;
    }
  } finally {
    catalog.close();
  }
  if (counts.pruned === doomed.size) return 'all-pruned';
  if (counts.removingHere > 0) return counts.removingGone > 0 ? 'half' : 'marked';
  if (counts.removingGone > 0) return 'unlinked';
  return counts.pruned > 0 ? 'some-pruned' : 'before';
}

function openCatalog({ root }: KilledStore): Catalog {
  return new Catalog(openCatalogForReading({ path: join(root, PRIVATE_FOLDER, CATALOG_NAME), storeId: null }));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
