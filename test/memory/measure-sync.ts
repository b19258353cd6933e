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
import { type Cost, timedRun } from '../support/timed-run.ts';

const BUDGET_MIB = 120;
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

let broken = 0;

async function measure({ name, extra, bucket }: (typeof WORKLOADS)[number]): Promise<void> {
  const dir = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'pullmirror-memory-'));
  mkdirSync(join(dir, 'server'));
  const server = await startBenchServer(join(dir, 'server'), bucket);
  try {
    const config = writeBenchConfig(dir, server.url, extra);
    execFileSync(process.execPath, [PROGRAM, 'init', join(dir, 'store'), '--not-a-mount'], { stdio: 'ignore' });
    const sync = [process.execPath, PROGRAM, '--config', config, 'sync'];
    judge(`${name}: first sync`, timedRun(sync, dir));
    judge(`${name}: second sync, full listing, nothing new`, timedRun([...sync, '--full'], dir));
    judge(`${name}: third sync, nothing new`, timedRun(sync, dir));
  } finally {
    server.process.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
}

function judge(what: string, { wallS, cpuS, peakMiB }: Cost): void {
  const verdict = peakMiB < BUDGET_MIB ? 'ok' : 'NOT OK';
  if (peakMiB >= BUDGET_MIB) broken += 1;
  const figures = `peak ${peakMiB.toFixed(1)} MiB of ${BUDGET_MIB}, ${wallS.toFixed(1)} s wall, ${cpuS.toFixed(1)} s CPU`;
  process.stdout.write(`${verdict} ${what}: ${figures}\n`);
}

const wanted = process.argv.slice(2).join(' ');
for (const workload of WORKLOADS) if (workload.name.includes(wanted)) await measure(workload);
process.exitCode = broken > 0 ? 1 : 0;
