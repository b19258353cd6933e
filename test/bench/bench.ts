/*
 * pullmirror beside rclone, on the same objects from the same server in the same run: `npm run bench`. Machines differ and are noisy, so only
 * the ratios mean anything. Needs rclone and GNU time (Debian: apt install rclone time).
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROUNDS = Number(process.env.ROUNDS ?? 3);
const KEY = { accessKeyId: 'AKBENCH', secretAccessKey: 'secret-of-the-bench' };
const BUCKET = 'bench-vault';
const file = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const PROGRAM = file('dist/cli.js');
const NODE_FLAGS = (process.env.BENCH_NODE_FLAGS ?? '').split(' ').filter(Boolean);

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

interface Cost {
  readonly wallS: number;
  readonly cpuS: number;
  readonly peakMiB: number;
}

async function bench(workload: Workload): Promise<void> {
  const dir = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'pullmirror-bench-'));
  const options = { dataDir: dir, users: [KEY], buckets: [{ name: BUCKET, ...workload.bucket }] };
  writeFileSync(join(dir, 'server.json'), JSON.stringify(options));
  const server = spawn(process.execPath, [file('src/demo/s3-server/main.ts'), `@${join(dir, 'server.json')}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(createInterface(server.stdout), 'line')) as [string];
    const { url } = JSON.parse(line) as { url: string };
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
    server.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
}

function pullmirror(dir: string, url: string): Cost {
  for (const name of ['store', 'state']) mkdirSync(join(dir, name), { recursive: true });
  const credentials = `[default]\naws_access_key_id = ${KEY.accessKeyId}\naws_secret_access_key = ${KEY.secretAccessKey}\n`;
  writeFileSync(join(dir, 'credentials'), credentials, { mode: 0o600 });
  const vault = `{ name: web, bucket: ${BUCKET}, region: eu-central-1, endpoint: "${url}", credentials: { file: ${join(dir, 'credentials')} } }`;
  const config = `store: { path: ${join(dir, 'store')}, minFree: 1MB }\nstate: ${join(dir, 'state')}\nvaults: [ ${vault} ]\n`;
  writeFileSync(join(dir, 'config.yaml'), config);
  execFileSync(process.execPath, [PROGRAM, 'init', join(dir, 'store'), '--not-a-mount'], { stdio: 'ignore' });
  const cost = timed([process.execPath, ...NODE_FLAGS, PROGRAM, '--config', join(dir, 'config.yaml'), 'sync'], dir, {});
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
    ACCESS_KEY_ID: KEY.accessKeyId,
    SECRET_ACCESS_KEY: KEY.secretAccessKey,
  };
  const env = Object.fromEntries(Object.entries(remote).map(([name, value]) => [prefix + name, value]));
  const cost = timed(['rclone', '--config', '/dev/null', 'copy', `bench:${BUCKET}`, join(dir, 'copy')], dir, env);
  rmSync(dir, { recursive: true });
  return cost;
}

function timed(command: readonly string[], dir: string, env: Record<string, string>): Cost {
  const out = join(dir, 'time');
  const { AWS_CA_BUNDLE: _, ...inherited } = process.env;
  const result = spawnSync('time', ['-f', '%e %U %S %M', '-o', out, ...command], {
    env: { ...inherited, ...env },
    encoding: 'utf8',
  });
  if (result.status !== 0) throw new Error(`${command.join(' ')} failed (${result.status}): ${result.stderr || result.error}`);
  const [wall = 0, user = 0, system = 0, peakKiB = 0] = readFileSync(out, 'utf8').trim().split(' ').map(Number);
  return { wallS: wall, cpuS: user + system, peakMiB: peakKiB / 1024 };
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
