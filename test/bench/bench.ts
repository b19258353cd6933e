/*
 * pullmirror beside rclone, on the same objects from the same server in the same run: `npm run bench`. Machines differ and are noisy, so only
 * the ratios mean anything. Needs rclone and GNU time (Debian: apt install rclone time).
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BENCH_BUCKET, BENCH_KEY, startBenchServer, writeBenchConfig } from '../support/bench-server.ts';
import { type Cost, timedRun } from '../support/timed-run.ts';

const ROUNDS = Number(process.env.ROUNDS ?? 3);
const PROGRAM = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

interface Workload {
  readonly name: string;
  readonly bucket: Readonly<Record<string, unknown>>;
}

const WORKLOADS: readonly Workload[] = [
  { name: 'one archive of 2 GiB', bucket: { objects: [{ key: 'large', body: { sizeBytes: 2 * 1024 ** 3 } }] } },
  {
    name: '2,000 archives of 256 KiB',
    bucket: { numbered: { count: 2000, keyPrefix: 'small/', sizeBytes: 256 * 1024 } },
  },
];

async function bench(workload: Workload): Promise<void> {
  const dir = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'pullmirror-bench-'));
  const server = await startBenchServer(dir, workload.bucket);
  const { url } = server;
  try {
    const ours: Cost[] = [];
    const theirs: Cost[] = [];
    // The first of each only warms the server: it computes the checksums of what it serves.
    for (let round = 0; round <= ROUNDS; round++) {
      const costs = [pullmirror(join(dir, `ours-${round}`), url), rclone(join(dir, `theirs-${round}`), url)] as const;
      if (round === 0) continue;
      ours.push(costs[0]);
      theirs.push(costs[1]);
    }
    tell(workload.name, ours, theirs);
  } finally {
    server.process.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
}

function pullmirror(dir: string, url: string): Cost {
  const config = writeBenchConfig(dir, url);
  execFileSync(process.execPath, [PROGRAM, 'init', join(dir, 'store'), '--not-a-mount'], { stdio: 'ignore' });
  const cost = timedRun([process.execPath, PROGRAM, '--config', config, 'sync'], dir);
  rmSync(dir, { recursive: true });
  return cost;
}

function rclone(dir: string, url: string): Cost {
  mkdirSync(dir);
  const prefix = 'RCLONE_CONFIG_BENCH_';
  const remote = {
    TYPE: 's3',
    PROVIDER: 'Other',
    ENDPOINT: url,
    REGION: 'eu-central-1',
    ACCESS_KEY_ID: BENCH_KEY.accessKeyId,
    SECRET_ACCESS_KEY: BENCH_KEY.secretAccessKey,
  };
  const env = Object.fromEntries(Object.entries(remote).map(([name, value]) => [prefix + name, value]));
  const copy = ['rclone', '--config', '/dev/null', 'copy', `bench:${BENCH_BUCKET}`, join(dir, 'copy')];
  // A bundle of certificates that rclone cannot read would stop it, although nothing here is encrypted.
  const cost = timedRun(['env', '-u', 'AWS_CA_BUNDLE', ...copy], dir, { env });
  rmSync(dir, { recursive: true });
  return cost;
}

function tell(name: string, ours: readonly Cost[], theirs: readonly Cost[]): void {
  const median = (costs: readonly Cost[], of: keyof Cost): number =>
    costs.map((cost) => cost[of]).sort((a, b) => a - b)[Math.floor(costs.length / 2)] ?? Number.NaN;
  const row = (of: keyof Cost, unit: string): string => {
    const [own, peer] = [median(ours, of), median(theirs, of)];
    return `${(own / peer).toFixed(2)} x rclone (${own.toFixed(2)} / ${peer.toFixed(2)} ${unit})`;
  };
  process.stdout.write(`${name}, median of ${ROUNDS}:\n`);
  process.stdout.write(`  wall  ${row('wallS', 's')}\n  CPU   ${row('cpuS', 's')}\n  peak  ${row('peakMiB', 'MiB')}\n`);
}

const wanted = process.argv.slice(2).join(' ');
for (const workload of WORKLOADS) if (workload.name.includes(wanted)) await bench(workload);
