import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, uptime } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import type { Clock, SteadyClock } from '../../src/core/clock.ts';
import type { Config } from '../../src/core/config/config.ts';
import { parseConfig } from '../../src/core/config/parse-config.ts';
import type { PassReport } from '../../src/core/pass-report.ts';
import type { SizeLimit } from '../../src/core/size.ts';
import { type S3Server, startS3Server } from '../../src/demo/s3-server/start-s3-server.ts';
import { type PassProgress, silentProgress } from '../../src/jobs/pass-progress.ts';
import { runPass } from '../../src/jobs/run-pass.ts';
import { type SyncOutcome, syncOnce } from '../../src/jobs/sync-once.ts';
import type { Catalog } from '../../src/store/catalog/catalog.ts';
import { initStore } from '../../src/store/init-store.ts';
import { openStoreForWriting, type WritableStore } from '../../src/store/open-store.ts';
import { openStateFile } from '../../src/store/state-file.ts';
import { createVaultReader } from '../../src/vault/create-vault-reader.ts';
import type { VaultReader } from '../../src/vault/vault-reader.ts';

export const BUCKET = 'vault-bucket';
export const VAULT = 'web';
const USER = { accessKeyId: 'AKTEST', secretAccessKey: 'secret-of-the-test' };

/** Real time, except that waiting between retries is short: tests do not sit through a backoff. */
export const impatientClock: SteadyClock = {
  now: () => Date.now(),
  uptimeMs: () => uptime() * 1000,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const timer = setTimeout(resolve, Math.min(ms, 20));
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    }),
};

interface PassOptions {
  /** The server itself by default. */
  endpoint?: string;
  full?: boolean;
  signal?: AbortSignal;
  /** This machine's; the impatient one by default. */
  clock?: SteadyClock;
  progress?: PassProgress;
}

export interface MirrorFixture {
  readonly dir: string;
  readonly storeDir: string;
  readonly server: S3Server;
  readonly config: Config;
  /** The store as a pass sees it; opened by the first use, closed by `reopen` and `close`. */
  readonly open: WritableStore;
  readonly catalog: Catalog;
  /** Runs a pass; a full one by default. */
  pass(
    options?: PassOptions & {
      idleTimeoutMs?: number;
      /** Instead of the 1 MB of the configuration. */
      minFree?: SizeLimit;
    },
  ): Promise<PassReport>;
  /** The same with what `sync` does before and after it, remembered in state.json; full when that is due. */
  sync(options?: PassOptions & { swapped?: boolean }): Promise<SyncOutcome>;
  reader(endpoint?: string, idleTimeoutMs?: number): VaultReader;
  /** A client with all rights, for what an administrator or attacker does to the vault. */
  s3(): S3Client;
  reopen(): void;
  close(): Promise<void>;
}

/** An embedded S3 server with a vault bucket, and a fresh store beside it, in a temporary directory. */
export async function createMirrorFixture(
  options: { yaml?: string; versioned?: boolean; root?: string; serverClock?: Clock } = {},
): Promise<MirrorFixture> {
  const dir = mkdtempSync(join(options.root ?? tmpdir(), 'pullmirror-'));
  const storeDir = join(dir, 'store');
  for (const name of ['store', 'state', 's3']) mkdirSync(join(dir, name));
  const keys = `aws_access_key_id = ${USER.accessKeyId}\naws_secret_access_key = ${USER.secretAccessKey}`;
  writeFileSync(join(dir, 'credentials'), `[default]\n${keys}\n`, { mode: 0o600 });
  const server = await startS3Server({
    dataDir: join(dir, 's3'),
    users: [USER],
    clock: options.serverClock ?? impatientClock,
  });
  server.addBucket(BUCKET, options.versioned === true ? { versioning: 'Enabled' } : {});
  const config = parseConfig({ file: 'test.yaml', text: configText(dir, server.url, options.yaml ?? '') });
  initStore({ directory: storeDir, notAMount: true, nowMs: Date.now(), newId: randomUUID });

  let open: WritableStore | null = null;
  const fixture: MirrorFixture = {
    dir,
    storeDir,
    server,
    config,
    get open() {
      open ??= openStoreForWriting({ path: storeDir, expectedStoreId: null, nowMs: Date.now() });
      return open;
    },
    get catalog() {
      return fixture.open.catalog;
    },
    async pass({ endpoint, full = true, idleTimeoutMs, minFree, ...options } = {}) {
      const reader = fixture.reader(endpoint, idleTimeoutMs);
      try {
        const { report } = await runPass({
          config: minFree === undefined ? config : { ...config, store: { ...config.store, minFree } },
          store: fixture.open.store,
          catalog: fixture.catalog,
          readers: new Map([[VAULT, reader]]),
          wantFull: () => full,
          ...passDefaults(),
          ...options,
        });
        return report;
      } finally {
        reader.close();
      }
    },
    async sync({ endpoint, full = false, swapped = false, ...options } = {}) {
      const reader = fixture.reader(endpoint);
      try {
        return await syncOnce({
          config,
          opened: { ...fixture.open, swapped },
          readers: new Map([[VAULT, reader]]),
          stateFile: openStateFile(config.stateDir),
          full,
          ...passDefaults(),
          ...options,
        });
      } finally {
        reader.close();
      }
    },
    reader: (endpoint = server.url, idleTimeoutMs = 20_000) =>
      createVaultReader({
        name: VAULT,
        bucket: BUCKET,
        region: 'eu-central-1',
        prefix: '',
        endpoint,
        forcePathStyle: true,
        credentials: { file: join(dir, 'credentials'), profile: 'default' },
        idleTimeoutMs,
        connectTimeoutMs: 20_000,
        maxSockets: 16,
        clock: impatientClock,
      }),
    s3: () => new S3Client({ region: 'eu-central-1', endpoint: server.url, forcePathStyle: true, credentials: USER }),
    reopen() {
      open?.close();
      open = null;
    },
    async close() {
      fixture.reopen();
      await server.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return fixture;
}

function passDefaults() {
  return {
    clock: impatientClock,
    random: Math.random,
    signal: new AbortController().signal,
    progress: silentProgress,
  };
}

/** Also good for a command's --config: the credentials lie in a file of their own. */
export function configText(dir: string, endpoint: string, extra: string): string {
  return `
timezone: UTC
store: { path: ${join(dir, 'store')}, minFree: 1MB }
state: ${join(dir, 'state')}
vaults:
  - name: ${VAULT}
    bucket: ${BUCKET}
    region: eu-central-1
    endpoint: "${endpoint}"
    forcePathStyle: true
    credentials: { file: ${join(dir, 'credentials')} }
${extra}
`;
}
