import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const BENCH_BUCKET = 'bench-vault';
export const BENCH_KEY = { accessKeyId: 'AKBENCH', secretAccessKey: 'secret-of-the-bench' };

export interface BenchServer {
  readonly url: string;
  readonly process: ChildProcess;
}

/** The embedded S3 server in a process of its own, so that what it uses is not counted as the mirror's. `bucket` as main.ts takes it. */
export async function startBenchServer(dir: string, bucket: Readonly<Record<string, unknown>>): Promise<BenchServer> {
  const options = { dataDir: dir, users: [BENCH_KEY], buckets: [{ name: BENCH_BUCKET, ...bucket }] };
  writeFileSync(join(dir, 'server.json'), JSON.stringify(options));
  const main = fileURLToPath(new URL('../../src/demo/s3-server/main.ts', import.meta.url));
  const server = spawn(process.execPath, [main, `@${join(dir, 'server.json')}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(server.stdout), 'line')) as [string];
  const { url } = JSON.parse(line) as { url: string };
  return { url, process: server };
}

/** Folders and configuration of a mirror of that server; returns the configuration file's path. The store is not made yet. */
export function writeBenchConfig(dir: string, url: string, extra = ''): string {
  for (const name of ['store', 'state']) mkdirSync(join(dir, name), { recursive: true });
  const { accessKeyId, secretAccessKey } = BENCH_KEY;
  const keys = `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
  writeFileSync(join(dir, 'credentials'), keys, { mode: 0o600 });
  const credentials = `{ file: ${join(dir, 'credentials')} }`;
  const vault = `{ name: web, bucket: ${BENCH_BUCKET}, region: eu-central-1, endpoint: "${url}", credentials: ${credentials} }`;
  const file = join(dir, 'config.yaml');
  const store = `store: { path: ${join(dir, 'store')}, minFree: 1MB }\nstate: ${join(dir, 'state')}\n`;
  writeFileSync(file, `${store}vaults: [ ${vault} ]\n${extra}`);
  return file;
}
