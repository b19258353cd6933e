import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Cost {
  readonly wallS: number;
  readonly cpuS: number;
  readonly peakMiB: number;
}

/**
 * Runs a command under GNU time (Debian: apt install time) and says what it cost. Throws when it ends in any other way than expected.
 *
 * @param options.env besides this process's
 * @param options.status with which it has to exit
 */
export function timedRun(
  command: readonly string[],
  dir: string,
  options: { env?: Readonly<Record<string, string>>; status?: number } = {},
): Cost {
  const { env = {}, status = 0 } = options;
  const out = join(dir, 'time');
  const result = spawnSync('time', ['-f', '%e %U %S %M', '-o', out, ...command], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (result.status !== status) {
    throw new Error(`${command.join(' ')} failed (${result.status}): ${result.stderr || result.error}`);
  }
  const [wall = 0, user = 0, system = 0, peakKiB = 0] = lastLine(readFileSync(out, 'utf8')).split(' ').map(Number);
  return { wallS: wall, cpuS: user + system, peakMiB: peakKiB / 1024 };
}

/** Before its figures GNU time says what a command that failed exited with. */
function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
