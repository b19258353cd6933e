/*
 * The memory budget of `sync`: peak resident memory below 120 MiB, whatever the number and size of archives. Runs the built program against the
 * embedded server in another process: `node test/memory/measure-sync.ts`. Needs GNU time. Exits 1 when a budget is broken.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBenchServer, writeBenchConfig } from '../support/bench-server.ts';
import { judgeMemory } from './judge-memory.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const SERIES = 'series: [ { name: small, vault: web, match: "small/{name}" } ]\n';

const WORKLOADS = [
  {
    name: 'one archive of 3 GiB',
    extra: '',
    bucket: { objects: [{ key: 'large', body: { sizeBytes: 3 * 1024 ** 3 } }] },
  },
  {
    name: '100,000 archives of 1 KiB',
    extra: SERIES,
    bucket: { numbered: { count: 100_000, keyPrefix: 'small/', sizeBytes: 1024 } },
  },
];

async function measure({ name, extra, bucket }: (typeof WORKLOADS)[number]): Promise<void> {
  const dir = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'pullmirror-memory-'));
  mkdirSync(join(dir, 'server'));
  const server = await startBenchServer(join(dir, 'server'), bucket);
  try {
    const config = writeBenchConfig(dir, server.url, extra);
    execFileSync(process.execPath, [PROGRAM, 'init', join(dir, 'store'), '--not-a-mount'], { stdio: 'ignore' });
    const sync = [process.execPath, PROGRAM, '--config', config, 'sync'];
    judgeMemory(`${name}: first sync`, sync, dir);
    judgeMemory(`${name}: second sync, full listing, nothing new`, [...sync, '--full'], dir);
    judgeMemory(`${name}: third sync, nothing new`, sync, dir);
  } finally {
    server.process.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
}

const wanted = process.argv.slice(2).join(' ');
for (const workload of WORKLOADS) if (workload.name.includes(wanted)) await measure(workload);
