import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { generatedContent } from '../../src/demo/s3-server/content.ts';
import type { MainOptions } from '../../src/demo/s3-server/main.ts';

const SERVER = fileURLToPath(new URL('../../src/demo/s3-server/main.ts', import.meta.url));
const COUNTERS_PATH = '/-/counters';
export const BUCKET = 'vault-bucket';
export const USER = { accessKeyId: 'AKTEST', secretAccessKey: 'secret-of-the-test' };

const MIN_SMALL_BYTES = 64 * 1024;
const MAX_SMALL_BYTES = 256 * 1024;

export interface KnownVaultOptions {
  /** So many archives of 64 to 256 KiB, and one large one among them. */
  readonly smallArchives: number;
  readonly largeBytes: number;
  /** Of the line to the vault: without it the kernel's buffers hold more than a whole sync should take. */
  readonly bytesPerSecond: number;
}

export interface KnownArchive {
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface Served {
  readonly requests: number;
  readonly bytesServed: number;
  /** GetObject requests, of the whole object or of a range. */
  readonly downloads: number;
}

/** An S3 server in a process of its own whose bucket holds what is known here byte by byte. */
export interface KnownVault {
  readonly url: string;
  readonly archives: ReadonlyMap<string, KnownArchive>;
  readonly totalBytes: number;
  served(): Promise<Served>;
  close(): Promise<void>;
}

export async function startKnownVault(
  dir: string,
  { smallArchives, largeBytes, bytesPerSecond }: KnownVaultOptions,
  random: () => number,
): Promise<KnownVault> {
  const sizes = new Map<string, number>();
  for (let index = 0; index < smallArchives; index += 1) {
    const key = `web1/${String(index).padStart(4, '0')}.sql.gz.gpg`;
    sizes.set(key, MIN_SMALL_BYTES + Math.floor(random() * (MAX_SMALL_BYTES - MIN_SMALL_BYTES)));
    // In the middle, so that it is under way while small ones are.
    if (index === Math.floor(smallArchives / 2)) sizes.set('web1/large.tar.gz.gpg', largeBytes);
  }
  const newestMs = Date.UTC(2026, 10, 20);
  const objects = [...sizes].map(([key, sizeBytes], index) => ({
    key,
    body: { sizeBytes, seed: index },
    lastModifiedMs: newestMs - index * 60_000,
  }));
  const archives = new Map<string, KnownArchive>();
  for (const { key, body } of objects) {
    const hash = createHash('sha256');
    for await (const chunk of generatedContent(body.sizeBytes, body.seed).read(0, body.sizeBytes)) hash.update(chunk);
    archives.set(key, { sizeBytes: body.sizeBytes, sha256: hash.digest('hex') });
  }
  const { url, stop } = await startServer(dir, {
    dataDir: join(dir, 's3'),
    users: [USER],
    bytesPerSecond,
    buckets: [{ name: BUCKET, objects }],
  });
  return {
    url,
    archives,
    totalBytes: [...sizes.values()].reduce((sum, sizeBytes) => sum + sizeBytes, 0),
    async served() {
      const answer = await fetch(url + COUNTERS_PATH);
      const { requests, bytesServed, requestsByOperation } = (await answer.json()) as {
        requests: number;
        bytesServed: number;
        requestsByOperation: Record<string, number>;
      };
      return { requests, bytesServed, downloads: requestsByOperation.GetObject ?? 0 };
    },
    close: stop,
  };
}

async function startServer(dir: string, options: MainOptions): Promise<{ url: string; stop: () => Promise<void> }> {
  mkdirSync(options.dataDir);
  const file = join(dir, 'server.json');
  writeFileSync(file, JSON.stringify(options));
  const { NODE_OPTIONS: _, ...env } = process.env;
  const strip = ['--experimental-strip-types', '--disable-warning=ExperimentalWarning'];
  const server = spawn(process.execPath, [...strip, SERVER, `@${file}`], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(server, 'close');
  const [line] = (await Promise.race([
    once(createInterface(server.stdout), 'line'),
    closed.then(() => Promise.reject(new Error('the server did not start'))),
  ])) as [string];
  const { url } = JSON.parse(line) as { url: string };
  return {
    url,
    async stop() {
      server.stdin.end();
      await closed;
    },
  };
}
