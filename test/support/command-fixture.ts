import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { OUTPUT_SCHEMAS } from '../../src/core/output-schemas.ts';
import type { ArchiveRow } from '../../src/store/catalog/archive-row.ts';
import type { Catalog } from '../../src/store/catalog/catalog.ts';
import { initStore } from '../../src/store/init-store.ts';
import { openStoreForWriting } from '../../src/store/open-store.ts';
import { BUNDLED_CLI } from './bundled-program.ts';
import { compileCacheOf } from './compile-cache.ts';

/** With this the program does not start itself anew to limit its memory, which takes a third of the time of a short command. */
const HEAP_LIMITED = '--max-old-space-size=48';
/** Node strips types without being asked to only from 22.18 on. */
const STRIP_TYPES = ['--experimental-strip-types', '--disable-warning=ExperimentalWarning'];

export interface RunResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  /** Another copy of the program than this one. */
  readonly cli?: string;
  /** Run as this user; only root can. */
  readonly uid?: number;
  /** Let it, or what the demo starts, start itself anew with all that limits its memory, as it does for a person. */
  readonly restarts?: boolean;
  /** Called with the process while it runs. */
  readonly meanwhile?: (child: ReturnType<typeof spawn>) => void;
}

export interface ArchiveSpec {
  readonly key: string;
  readonly content: string | Buffer;
  readonly vault?: string;
  readonly series?: string | null;
  readonly versionId?: string;
  readonly lastModifiedMs?: number;
  /** When it was listed and stored; at once unless said. */
  readonly seenAtMs?: number;
  /** Below the folder of the vault; the key unless said. */
  readonly path?: string;
  /** Its key was known with other content. */
  readonly conflict?: boolean;
  readonly suspect?: string;
}

/** A real store in a temporary directory, with a configuration, and the real program to run on it. */
export interface CommandFixture {
  readonly dir: string;
  readonly storeDir: string;
  readonly stateDir: string;
  readonly configFile: string;
  run(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Puts archives on the disk and into the catalog, as a pass would. */
  store(...archives: ArchiveSpec[]): ArchiveRow[];
  /** Opens the catalog as a pass does, for as long as `work` takes. */
  edit<T>(work: (catalog: Catalog) => T): T;
  fileOf(row: ArchiveRow): string;
  remove(): void;
}

export const DAY = 24 * 60 * 60 * 1000;

export function createCommandFixture(options: { endpoint?: string; yaml?: string } = {}): CommandFixture {
  // The real path: a store behind a symbolic link, as /tmp is on some machines, is refused.
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'pullmirror-command-')));
  const storeDir = join(dir, 'store');
  const stateDir = join(dir, 'state');
  for (const path of [storeDir, stateDir]) mkdirSync(path);
  const configFile = join(dir, 'config.yaml');
  writeFileSync(configFile, configText(dir, options));
  const credentials = '[default]\naws_access_key_id = AKTEST\naws_secret_access_key = secret-of-the-test\n';
  writeFileSync(join(dir, 'credentials'), credentials, { mode: 0o600 });
  initStore({ directory: storeDir, notAMount: true, nowMs: Date.now(), newId: randomUUID });

  const fixture: CommandFixture = {
    dir,
    storeDir,
    stateDir,
    configFile,
    run: (args, runOptions = {}) => runProgram(['--config', configFile, ...args], { cwd: dir, ...runOptions }),
    store: (...archives) => fixture.edit((catalog) => archives.map((spec) => storeOne(storeDir, catalog, spec))),
    edit(work) {
      const opened = openStoreForWriting({ path: storeDir, expectedStoreId: null, nowMs: Date.now() });
      try {
        return work(opened.catalog);
      } finally {
        opened.close();
      }
    },
    fileOf: (row) => join(storeDir, row.vault, row.path ?? ''),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
  return fixture;
}

/** Runs the program as a person does, without a terminal. */
export function runProgram(
  args: readonly string[],
  { cwd, uid, meanwhile, cli = BUNDLED_CLI, restarts = false }: RunOptions,
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    // Without tap's own hooks, which the program is not to notice: they put themselves into the environment of every child.
    const flags = [...STRIP_TYPES, ...(restarts ? [] : [HEAP_LIMITED])];
    const child = spawn('env', ['--unset=NODE_OPTIONS', process.execPath, ...flags, cli, ...args], {
      ...(cwd === undefined ? {} : { cwd }),
      ...(uid === undefined ? {} : { uid, gid: uid }),
      env: { ...process.env, NO_COLOR: '1', NODE_COMPILE_CACHE: compileCacheOf(cli, uid) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
    meanwhile?.(child);
  });
}

/** The document that a command printed; throws unless it is exactly what its published schema says. */
export function parseOutput<Name extends keyof typeof OUTPUT_SCHEMAS>(name: Name, text: string) {
  const document: unknown = JSON.parse(text);
  const checked = OUTPUT_SCHEMAS[name].parse(document);
  // Parsing drops what the schema does not know; nothing of that kind should be printed.
  if (JSON.stringify(sorted(checked)) !== JSON.stringify(sorted(document))) {
    throw new Error(`${name} prints more than its schema says: ${text}`);
  }
  return checked as ReturnType<(typeof OUTPUT_SCHEMAS)[Name]['parse']>;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

function storeOne(storeDir: string, catalog: Catalog, spec: ArchiveSpec): ArchiveRow {
  const { key, vault = 'web', series = null, versionId = null, lastModifiedMs = Date.now() - DAY, path = key } = spec;
  const { seenAtMs = lastModifiedMs } = spec;
  const content = Buffer.from(spec.content);
  const file = join(storeDir, vault, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content, { mode: 0o440 });
  const md5 = createHash('md5').update(content).digest('hex');
  const listed = { key, versionId, etag: md5, sizeBytes: content.length, lastModifiedMs, storageClass: 'STANDARD' };
  const state = 'wanted' as const;
  const id = catalog.archives.insert(
    vault,
    { listed, series, state, reason: null, conflict: spec.conflict === true },
    seenAtMs,
  );
  const sha256 = createHash('sha256').update(content).digest('hex');
  const stored = {
    id,
    path,
    sha256,
    proof: 'etag-md5' as const,
    suspect: spec.suspect ?? null,
    clearsConflict: false,
    isConflict: false,
  };
  catalog.archives.recordStored(stored, seenAtMs);
  const row = catalog.archives.byId(id);
  if (row === null) throw new Error('the archive is not in the catalog');
  return row;
}

function configText(
  dir: string,
  { endpoint = 'http://127.0.0.1:9', yaml }: { endpoint?: string; yaml?: string },
): string {
  const rest =
    yaml ??
    `series:
  - { name: files, vault: web, match: "web1/{date}.tar.gz.gpg", expectEvery: 1d }
  - { name: sql, vault: web, match: "web1/{date}.{hour}.sql.gz.gpg" }`;
  return `timezone: Europe/Berlin
store: { path: ${dir}/store, minFree: 0 }
state: ${dir}/state
vaults:
  - name: web
    bucket: vault-bucket
    region: eu-central-1
    endpoint: ${endpoint}
    forcePathStyle: true
    credentials: { file: ${dir}/credentials }
${rest}
`;
}
