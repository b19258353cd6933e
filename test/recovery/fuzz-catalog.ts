import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Catalog } from '../../src/store/catalog/catalog.ts';
import { openCatalogForReading, openCatalogForWriting } from '../../src/store/catalog/open-catalog.ts';
import { catalogCopyPath } from '../../src/store/catalog-copy.ts';
import { readMarker } from '../../src/store/marker.ts';
import {
  BUCKET,
  configText,
  createMirrorFixture,
  impatientClock,
  type MirrorFixture,
  VAULT,
} from '../support/mirror-fixture.ts';
import { type Seeded, seeded } from '../support/seeded.ts';
import { runHere } from './run-here.ts';
import { spoilCatalog } from './spoil-catalog.ts';

export interface FuzzCatalogOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly archives: number;
  readonly tell: (line: string) => void;
}

export interface FuzzCatalogReport {
  /** Answers by command and exit status. */
  readonly answers: Readonly<Record<string, number>>;
  /** Rounds whose damage no check of SQLite sees: bytes within a value. */
  readonly unseen: number;
}

const COMMANDS = [['status'], ['list'], ['history'], ['sync'], ['prune'], ['verify']] as const;
/** What a command may answer about a damaged catalog: done, something failed, needs the owner, temporary, configuration. */
const EXITS = [0, 1, 3, 75, 78];

/**
 * Damages the catalog of a whole store at random, again and again. Each command must answer in its own words with the way out, and touch no archive;
 * `rebuild` must end in a catalog that agrees with the disk. Throws at the first thing that is wrong.
 */
export async function fuzzCatalog(options: FuzzCatalogOptions): Promise<FuzzCatalogReport> {
  const fixture = await createMirrorFixture();
  try {
    return await new Fuzzing(options, fixture).run();
  } finally {
    await fixture.close();
  }
}

class Fuzzing {
  readonly #options: FuzzCatalogOptions;
  readonly #fixture: MirrorFixture;
  readonly #random: Seeded;
  readonly #privateDir: string;
  readonly #catalogPath: string;
  readonly #configFile: string;
  readonly #stateDir: string;
  readonly #good: string;
  readonly #answers: Record<string, number> = {};
  /** SHA-256 by path below the vault's folder. */
  readonly #files = new Map<string, string>();

  constructor(options: FuzzCatalogOptions, fixture: MirrorFixture) {
    this.#options = options;
    this.#fixture = fixture;
    this.#random = seeded(options.seed);
    this.#privateDir = join(fixture.storeDir, '.pullmirror');
    this.#catalogPath = join(this.#privateDir, 'catalog.db');
    this.#configFile = join(fixture.dir, 'config.yaml');
    this.#stateDir = join(fixture.dir, 'state');
    this.#good = join(fixture.dir, 'good');
  }

  async run(): Promise<FuzzCatalogReport> {
    await this.#prepare();
    let unseen = 0;
    for (let round = 0; round < this.#options.rounds; round += 1) {
      const before = this.#random.int(0, 2 ** 31);
      this.#reset();
      const what = `round ${round}: ${spoilCatalog(this.#catalogPath, seeded(before))}`;
      for (const command of COMMANDS) await this.#try(command, what);
      await this.#mustRebuild([], what);
      this.#mustBeUntouched(what);

      this.#reset();
      // The copy is lost as well, now and then; and nobody has worked with the damaged catalog.
      spoilCatalog(this.#catalogPath, seeded(before));
      if (this.#random.chance(0.3)) rmSync(this.#copyPath());
      await this.#mustRebuild([], what);
      if (!this.#agrees()) {
        unseen += 1;
        await this.#mustRebuild(['--force'], what);
      }
      if (!this.#agrees()) throw new Error(`${what}: what rebuild made does not agree with the disk`);
      this.#mustBeUntouched(what);
      if (round % 20 === 19) this.#options.tell(`${round + 1} rounds: ${JSON.stringify(this.#answers)}`);
    }
    return { answers: this.#answers, unseen };
  }

  /** A store with a catalog of several pages, of which some are in the -wal only, and a copy in the state directory. */
  async #prepare(): Promise<void> {
    const { server, dir, storeDir } = this.#fixture;
    writeFileSync(this.#configFile, configText(dir, server.url, ''));
    const objects = Array.from({ length: this.#options.archives }, (_, n) => ({
      key: `web1/${n}-${'x'.repeat(n % 40)}.gpg`,
      body: Buffer.from(`archive ${n}`),
      lastModifiedMs: Date.UTC(2026, 10, 1) + n * 1000,
    }));
    server.seed(BUCKET, objects);
    const synced = await runHere(['--config', this.#configFile, 'sync'], impatientClock);
    if (synced.status !== 0) throw new Error(synced.text);
    for (const { key, body } of objects) this.#files.set(key, sha256(body));
    mkdirSync(this.#good);
    const { storeId } = readMarker(storeDir);
    const catalog = new Catalog(openCatalogForWriting({ path: this.#catalogPath, storeId, mustExist: true }));
    try {
      for (let n = 0; n < 40; n += 1) {
        catalog.history.append({ actor: 'owner', event: 'archive.remark', detail: { n, words: 'y'.repeat(200) } }, n);
      }
      for (const suffix of ['', '-wal'])
        copyFileSync(this.#catalogPath + suffix, join(this.#good, `catalog.db${suffix}`));
    } finally {
      catalog.close();
    }
    cpSync(this.#stateDir, join(this.#good, 'state'), { recursive: true });
    cpSync(join(storeDir, VAULT), join(this.#good, VAULT), { recursive: true, preserveTimestamps: true });
  }

  #reset(): void {
    for (const name of readdirSync(this.#privateDir)) {
      if (name.startsWith('catalog.')) rmSync(join(this.#privateDir, name), { recursive: true });
    }
    rmSync(this.#stateDir, { recursive: true });
    cpSync(join(this.#good, 'state'), this.#stateDir, { recursive: true });
    rmSync(join(this.#fixture.storeDir, VAULT), { recursive: true });
    cpSync(join(this.#good, VAULT), join(this.#fixture.storeDir, VAULT), { recursive: true, preserveTimestamps: true });
    for (const suffix of ['', '-wal'])
      copyFileSync(join(this.#good, `catalog.db${suffix}`), this.#catalogPath + suffix);
  }

  async #try(command: readonly string[], what: string): Promise<void> {
    const { status, text } = await runHere(['--config', this.#configFile, ...command], impatientClock);
    const name = `${command.join(' ')} ${status}`;
    this.#answers[name] = (this.#answers[name] ?? 0) + 1;
    if (!EXITS.includes(status) || /unexpected: /.test(text)) {
      throw new Error(`${what}: ${command.join(' ')} ended with ${status}: ${text}`);
    }
    if (status === 78 && !/next: .*(pullmirror rebuild|Install the release|marker)/.test(text)) {
      throw new Error(`${what}: ${command.join(' ')} names no way out: ${text}`);
    }
  }

  async #mustRebuild(more: readonly string[], what: string): Promise<void> {
    let { status, text } = await runHere(['--config', this.#configFile, 'rebuild', ...more], impatientClock);
    // The number of the schema itself was hit: only the owner knows that there never was a newer release.
    if (status === 78 && /--force/.test(text)) {
      ({ status, text } = await runHere(['--config', this.#configFile, 'rebuild', '--force'], impatientClock));
    }
    // Without a copy that could be used pins and freezes are lost, and the owner's word is needed.
    const isDone = status === 0 || (status === 3 && /LOST with it are/.test(text));
    if (!isDone) throw new Error(`${what}: rebuild ended with ${status}: ${text}`);
  }

  /** Whatever was done meanwhile: the archives themselves are as they were. */
  #mustBeUntouched(what: string): void {
    for (const [path, hash] of this.#files) {
      const file = join(this.#fixture.storeDir, VAULT, path);
      if (!existsSync(file) || sha256(readFileSync(file)) !== hash) throw new Error(`${what}: ${path} was touched`);
    }
  }

  #agrees(): boolean {
    const catalog = new Catalog(openCatalogForReading({ path: this.#catalogPath, storeId: null }));
    try {
      catalog.checkThoroughly();
      const rows = catalog.archives.page({ storedOnly: false }, null, this.#files.size + 1);
      return (
        rows.length === this.#files.size &&
        rows.every(({ vault, key, path, sha256, state, damagedAtMs, goneAtMs }) => {
          const fits =
            vault === VAULT && key === path && state === 'stored' && damagedAtMs === null && goneAtMs === null;
          return fits && sha256 !== null && sha256 === this.#files.get(key);
        })
      );
    } finally {
      catalog.close();
    }
  }

  #copyPath(): string {
    return catalogCopyPath(this.#stateDir, readMarker(this.#fixture.storeDir).storeId);
  }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
