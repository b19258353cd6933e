import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { KeepConfig } from '../../src/core/config/config.ts';
import { HOUR_MS } from '../../src/core/duration.ts';
import { KEEP_RULES } from '../../src/core/keep/keep-entry.ts';
import { isRepeatedHour, localFieldsAt } from '../../src/core/zoned-time.ts';

export interface Snapshot {
  readonly id: string;
  readonly timeMs: number;
}

/** A restic repository in a directory, with snapshots of whatever times one likes. */
export class ResticRepository {
  readonly #dir: string;
  readonly #timezone: string;

  constructor(dir: string, timezone: string) {
    this.#dir = dir;
    this.#timezone = timezone;
  }

  async create(): Promise<void> {
    mkdirSync(join(this.#dir, 'source'), { recursive: true });
    writeFileSync(join(this.#dir, 'source', 'file'), 'content');
    await this.#restic(this.#timezone, ['init']);
  }

  /** One snapshot; restic remembers the offset from UTC with its time and counts by that. */
  async backup(timeMs: number): Promise<void> {
    const { year, month, day, hour, minute, second, offsetMs } = localFieldsAt(timeMs, this.#timezone);
    const two = (value: number): string => `${value}`.padStart(2, '0');
    const time = `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}`;
    // Only another timezone can say that the second of two equal hours is meant. Etc/GMT-1 is an hour east.
    const isSecond = isRepeatedHour(timeMs, this.#timezone) && offsetMs % HOUR_MS === 0;
    const east = offsetMs / HOUR_MS;
    const timezone = isSecond ? `Etc/GMT${east > 0 ? '-' : '+'}${Math.abs(east)}` : this.#timezone;
    await this.#restic(timezone, ['backup', '--host', 'web1', '--time', time, join(this.#dir, 'source')]);
  }

  /** As restic recorded them. */
  async snapshots(): Promise<readonly Snapshot[]> {
    const listed: { id: string; time: string }[] = JSON.parse(
      await this.#restic(this.#timezone, ['snapshots', '--json']),
    );
    return listed.map(({ id, time }) => ({ id, timeMs: Date.parse(time) }));
  }

  /** Ids of the snapshots that `forget` with these rules keeps. */
  async kept(keep: KeepConfig): Promise<readonly string[]> {
    const rules = KEEP_RULES.flatMap((rule) => (keep[rule] > 0 ? [`--keep-${rule}`, `${keep[rule]}`] : []));
    if (keep.withinMs !== null) rules.push('--keep-within', `${keep.withinMs / HOUR_MS}h`);
    const text = await this.#restic(this.#timezone, ['forget', '--dry-run', '--json', '--group-by', '', ...rules]);
    const groups: { keep: { id: string }[] }[] = JSON.parse(text);
    if (groups.length !== 1) throw new Error(`restic made ${groups.length} groups of all snapshots`);
    return groups.flatMap((group) => group.keep.map(({ id }) => id));
  }

  async #restic(timezone: string, words: readonly string[]): Promise<string> {
    const options = ['--quiet', '--no-cache', '--repo', join(this.#dir, 'repository')];
    const env = { ...process.env, TZ: timezone, RESTIC_PASSWORD: 'of no use' };
    const { stdout } = await promisify(execFile)('restic', [...options, ...words], { env, maxBuffer: 2 ** 26 });
    return stdout;
  }
}

/** From 0.17 on, `forget` also keeps the oldest snapshot while a rule has counts left (seen in its manual page; 0.14's has no word of it). */
export function keepsTheOldest(): boolean {
  const version = /^restic (\d+)\.(\d+)\./.exec(execFileSync('restic', ['version'], { encoding: 'utf8' }));
  if (version === null) throw new Error('restic does not tell its version');
  return Number(version[1]) > 0 || Number(version[2]) > 14;
}
