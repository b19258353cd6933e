import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Cost {
  readonly wallS: number;
  readonly cpuS: number;
  readonly peakMiB: number;
}

/** Runs a command under GNU time (Debian: apt install time) and says what it cost. Throws when it fails. */
export function timedRun(command: readonly string[], dir: string, env: Readonly<Record<string, string>> = {}): Cost {
  const out = join(dir, 'time');
  const result = spawnSync('time', ['-f', '%e %U %S %M', '-o', out, ...command], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (result.status !== 0) {
    throw new Error(`${command.join(' ')} failed (${result.status}): ${result.stderr || result.error}`);
  }
  const [wall = 0, user = 0, system = 0, peakKiB = 0] = readFileSync(out, 'utf8').trim().split(' ').map(Number);
  return { wallS: wall, cpuS: user + system, peakMiB: peakKiB / 1024 };
}
