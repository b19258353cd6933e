import { join } from 'node:path';
import type { Random, SteadyClock } from '../core/clock.ts';
import type { Config, VaultConfig } from '../core/config/config.ts';
import type { ArchiveProblem, Problem } from '../core/pass-report.ts';
import type { SeriesCounts } from '../core/series-counts.ts';
import { matchSeries } from '../core/series-match.ts';
import { type AdoptionNote, endAdoption, noteAdoptionTried, readAdoptionNote } from '../store/adoption-note.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { removeIfEmpty } from '../store/found-file.ts';
import { foundFolders } from '../store/found-name.ts';
import { Publisher } from '../store/publisher.ts';
import { savedListPaths } from '../store/saved-checksum-lists.ts';
import { PRIVATE_FOLDER, RESERVED_TOP_NAMES } from '../store/store-layout.ts';
import { markSumsBehind, repairSums } from '../store/sums-repair.ts';
import { vaultFolders } from '../store/vault-folders.ts';
import type { VaultReader } from '../vault/vault-reader.ts';
import { ArchiveAdoption } from './adopt-archives.ts';
import { adoptOrphans } from './adopt-orphans.ts';
import { assignSeries } from './assign-series.ts';
import type { ByteProgress } from './byte-progress.ts';
import type { Ground } from './candidate-files.ts';
import { type CheckedFiles, checkFiles } from './check-files.ts';
import { ClaimedPlaces } from './claimed-places.ts';
import { finishPass } from './finish-pass.ts';
import { freezeRebuilt } from './freeze-rebuilt.ts';
import { throwIfInterrupted } from './interruption.ts';
import { LeftFiles } from './left-files.ts';
import { silentProgress } from './pass-progress.ts';
import { problemOf } from './problem-of.ts';
import { createReconcileContext, reconcileVault } from './reconcile-vault.ts';
import { whatIsLost } from './what-is-lost.ts';

export interface AdoptFilesRequest {
  readonly config: Config;
  readonly store: AttachedStore;
  readonly catalog: Catalog;
  readonly readers: ReadonlyMap<string, VaultReader>;
  readonly clock: SteadyClock;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly progress: ByteProgress;
}

export interface AdoptedVault {
  readonly vault: string;
  readonly listed: number;
  /** Archives on the disk of which the catalog knew before: from its copy, or from a run that was interrupted. */
  readonly known: number;
  /** Files that proved to be archives which the vault has. */
  readonly adopted: number;
  readonly adoptedBytes: number;
  /** Files that the vault has lost, and for which our own SHA256SUMS vouches. */
  readonly orphans: number;
  /** Listed archives without a file here: the next pass fetches them, or the keep rules do not want them. */
  readonly lacking: number;
  /** Those of them that the keep rules do not want. */
  readonly unwanted: number;
  readonly failures: readonly ArchiveProblem[];
  /** What kept the vault from being listed or asked, or null. */
  readonly problem: Problem | null;
}

export interface AdoptFilesReport {
  readonly note: AdoptionNote;
  readonly vaults: readonly AdoptedVault[];
  /** Archives of the former catalog whose file is missing or has another size; the next pass fetches them again. */
  readonly damaged: CheckedFiles;
  /** Files that nothing vouches for, below the store; left as they are. */
  readonly left: { readonly count: number; readonly names: readonly string[] };
  /** Files, `vault/path`, of which the catalog and our own SHA256SUMS say different things, and nobody knows who is right. */
  readonly disagreeing: readonly string[];
  /** Files, `vault/path`, of which the catalog had a wrong SHA-256. */
  readonly corrected: readonly string[];
  /** Series that are frozen because pins and freezes were lost with the catalog. */
  readonly frozen: readonly string[];
  /** All vaults were listed and all files looked at. Otherwise the same call goes on later. */
  readonly finished: boolean;
  readonly stopped: Problem | null;
}

const LISTED_STEP = 20_000;

/**
 * Finds rows for the files of the store, after its catalog was lost (`rebuild`) or after a plain folder became a store (`adopt`): lists every
 * vault in full, proves what is here, believes our own SHA256SUMS about what the vault has lost, and renews what follows a pass. Downloads nothing, removes no file. What is
 * done is committed in groups: after any end the same call goes on. The catalog has to hold an adoption note; it is taken away at the end.
 */
export async function adoptFiles(request: AdoptFilesRequest): Promise<AdoptFilesReport> {
  const note = readAdoptionNote(request.catalog);
  if (note === null) throw new Error('nothing says that files are to be adopted');
  return new FilesAdoption(request, note).run();
}

interface VaultWork {
  readonly vault: VaultConfig;
  readonly known: number;
  listed: number;
  isListed: boolean;
  orphans: number;
  adoption: ArchiveAdoption | null;
  problem: Problem | null;
}

class FilesAdoption {
  readonly #request: AdoptFilesRequest;
  readonly #note: AdoptionNote;
  readonly #publisher: Publisher;
  readonly #ground: Ground;
  readonly #listed = new Set<string>();
  readonly #claims: ClaimedPlaces;
  readonly #disagreeing: string[] = [];
  readonly #corrected: string[] = [];
  readonly #left: LeftFiles;
  /** Pins and freezes are lost, at least those of the last time, for this reason; null: they are not. */
  #loss: string | null = null;
  #damaged: CheckedFiles = { checked: 0, damaged: 0, names: [] };

  constructor(request: AdoptFilesRequest, note: AdoptionNote) {
    const { store, catalog, clock, config } = request;
    this.#request = request;
    this.#note = note;
    this.#publisher = new Publisher({ store, catalog, clock, actor: note.kind === 'rebuild' ? 'rebuild' : 'adopt' });
    const found = { plainNames: note.kind === 'folder', foundFolders: foundFolders(store.root) };
    this.#ground = { resolve: (path) => store.resolveBelow(path), ownNames: RESERVED_TOP_NAMES, ...found };
    const configured = new Set(config.vaults.map(({ name }) => name));
    const isAway = (vault: string): boolean => configured.has(vault) && !this.#listed.has(vault);
    this.#claims = new ClaimedPlaces({ catalog, isAway });
    this.#left = new LeftFiles({ store, catalog, vaults: config.vaults, whole: note.kind === 'folder' });
  }

  async run(): Promise<AdoptFilesReport> {
    const { config, catalog, progress } = this.#request;
    const works = config.vaults.map((vault): VaultWork => {
      const known = this.#count(vault.name, ({ stored }) => stored);
      return { vault, known, listed: 0, isListed: false, orphans: 0, adoption: null, problem: null };
    });
    let finished = false;
    const stopped = await problemOf(async () => {
      finished = await this.#work(works);
    });
    progress.end();
    const frozen = catalog.freezes.open().flatMap(({ cause, series }) => (cause === 'rebuilt' ? [series] : []));
    return {
      note: this.#note,
      vaults: works.map((work) => this.#report(work)),
      damaged: this.#damaged,
      left: this.#left.found,
      disagreeing: this.#disagreeing,
      corrected: this.#corrected,
      frozen: [...new Set(frozen)],
      finished,
      stopped,
    };
  }

  async #work(works: readonly VaultWork[]): Promise<boolean> {
    const { store, catalog, config, clock, signal, progress } = this.#request;
    const changesBefore = catalog.changeCount();
    assignSeries(catalog, config.series, { actor: this.#publisher.actor, nowMs: clock.now() });
    if (this.#note.kind === 'rebuild') this.#loss = await whatIsLost(this.#note, this.#request);
    // At once: what follows may take long, and a process that is killed leaves a catalog that does not know the owner's latest pins.
    this.#freezeAll();
    if (this.#note.kind === 'rebuild' && this.#note.from !== 'nothing') {
      this.#damaged = await checkFiles({ store, catalog, clock, signal, actor: this.#publisher.actor });
    }
    for (const work of works) await this.#onVault(work, () => this.#list(work));
    const waiting = catalog.counts.withoutFile();
    progress.begin({ archives: waiting.archives, bytes: waiting.bytes });
    for (const work of works) {
      if (!work.isListed) continue;
      // Before the first file has a row that a prune could plan with.
      this.#freezeAll();
      await this.#onVault(work, () => this.#adopt(work));
    }
    this.#freezeAll();
    await this.#goThroughLists(works);
    this.#freezeAll();
    await this.#left.look(works, signal);
    this.#left.removeEmptyFolders();
    if (this.#note.kind === 'folder') removeIfEmpty(join(store.root, PRIVATE_FOLDER, this.#note.aside));
    throwIfInterrupted(signal);
    // Of a vault that was not listed nobody knows what it has lost, and what could not be asked about is asked again.
    const complete = works.every(
      ({ problem, adoption }) => problem === null && (adoption?.result.failures.length ?? 0) === 0,
    );
    // While a vault is away all of this is done once more by and by, without any news.
    if (complete || catalog.changeCount() !== changesBefore) {
      for (const vault of this.#vaultsWithRows()) {
        catalog.transaction(() => markSumsBehind(catalog, vault));
        await repairSums(store, catalog, vault);
      }
      // Before the note goes: a process that is killed here does this again.
      await finishPass({ store, catalog, stateDir: config.stateDir, clock, changed: true });
    }
    if (complete) this.#end();
    else {
      const away = works.filter(({ problem }) => problem !== null);
      noteAdoptionTried(
        catalog,
        clock.now(),
        away.map(({ vault }) => vault.name),
      );
    }
    return complete;
  }

  #freezeAll(): void {
    if (this.#loss === null) return;
    const { catalog, config, clock } = this.#request;
    const series = config.series.map(({ vault, name }) => ({ vault, series: name }));
    freezeRebuilt(catalog, series, this.#loss, { actor: this.#publisher.actor, nowMs: clock.now() });
  }

  async #onVault(work: VaultWork, step: () => Promise<void>): Promise<void> {
    const problem = await problemOf(step);
    work.problem ??= problem;
    throwIfInterrupted(this.#request.signal);
    if (problem !== null) this.#request.store.assertAttached();
  }

  async #list(work: VaultWork): Promise<void> {
    const { readers, progress } = this.#request;
    const { vault } = work;
    const reader = readers.get(vault.name);
    if (reader === undefined) throw new Error(`no reader for vault ${vault.name}`);
    let told = 0;
    const listing = (name: string, count: number): void => {
      if (Math.floor(count / LISTED_STEP) > told) progress.say(`${name}: ${count} objects listed`);
      told = Math.floor(count / LISTED_STEP);
    };
    const listed = { vault, reader, progress: { ...silentProgress, listing } };
    const found = await reconcileVault(createReconcileContext({ ...this.#request, ...listed }), true);
    work.listed = found.listed;
    // An alarm about what is missing is for the next pass to tell; what was listed is known now.
    work.isListed = true;
    this.#listed.add(vault.name);
  }

  async #adopt(work: VaultWork): Promise<void> {
    const { config, store, catalog, readers, clock, random, signal, progress } = this.#request;
    const { vault } = work;
    const reader = readers.get(vault.name);
    if (reader === undefined) throw new Error(`no reader for vault ${vault.name}`);
    store.requireVaultFolder(vault.name);
    work.adoption = new ArchiveAdoption({
      vault,
      reader,
      store,
      catalog,
      publisher: this.#publisher,
      ground: this.#ground,
      claims: this.#claims,
      progress,
      clock,
      random,
      signal,
      mayHaveVersions: (row: ArchiveRow) => config.series.some((one) => one.name === row.series && one.versions),
    });
    await work.adoption.adoptListed();
    const { stopped } = work.adoption.result;
    if (stopped !== null) throw stopped;
  }

  /** Our own lists vouch only for what we stored: a plain folder's list is a stranger's. */
  async #goThroughLists(works: readonly VaultWork[]): Promise<void> {
    if (this.#note.kind !== 'rebuild') return;
    const { store } = this.#request;
    for (const name of vaultFolders(store.root)) {
      const work = works.find(({ vault }) => vault.name === name);
      if (work !== undefined && !(work.isListed && work.problem === null)) continue;
      // A vault that is not in the configuration is asked nothing; its archives count as gone from it.
      if (work === undefined) await this.#goThroughList(name, null);
      else await this.#onVault(work, () => this.#goThroughList(name, work));
    }
  }

  async #goThroughList(vault: string, work: VaultWork | null): Promise<void> {
    const { config, store, catalog, clock, signal } = this.#request;
    const { orphans, disagreeing, corrected } = await adoptOrphans({
      store,
      catalog,
      vault,
      listPaths: savedListPaths(store.root, vault),
      seriesOf: (key) => {
        const match = matchSeries(config.series, vault, key);
        return match === null ? null : { name: match.series.name, found: match.found };
      },
      timezone: config.timezone,
      adoptAt: async (...found) => (await work?.adoption?.adoptAt(...found)) ?? false,
      askVault: async (...stored) => (await work?.adoption?.ask(...stored)) ?? null,
      clock,
      signal,
    });
    this.#disagreeing.push(...disagreeing);
    this.#corrected.push(...corrected);
    if (work !== null) work.orphans = orphans;
  }

  #vaultsWithRows(): Set<string> {
    return new Set(this.#request.catalog.counts.summary().map(({ vault }) => vault));
  }

  #end(): void {
    const { catalog, clock } = this.#request;
    const { kind, from, aside, copyMadeAtMs } = this.#note;
    const detail = { from, aside, copyMadeAt: copyMadeAtMs === null ? null : new Date(copyMadeAtMs).toISOString() };
    catalog.transaction(() => {
      endAdoption(catalog);
      const event = kind === 'rebuild' ? 'catalog.rebuilt' : 'store.adopted';
      catalog.history.append({ actor: this.#publisher.actor, event, detail }, clock.now());
    });
  }

  #count(vault: string, of: (one: SeriesCounts) => number): number {
    const own = this.#request.catalog.counts.summary().filter((one) => one.vault === vault);
    return own.reduce((sum, one) => sum + of(one), 0);
  }

  #report({ vault, known, listed, adoption, orphans, problem }: VaultWork): AdoptedVault {
    const { catalog } = this.#request;
    const result = adoption?.result ?? { adopted: 0, adoptedBytes: 0, failures: [] };
    return {
      vault: vault.name,
      listed,
      known,
      adopted: result.adopted,
      adoptedBytes: result.adoptedBytes,
      orphans,
      lacking: catalog.counts.withoutFile(vault.name).archives,
      unwanted: this.#count(vault.name, ({ unwanted }) => unwanted),
      failures: result.failures,
      problem,
    };
  }
}
