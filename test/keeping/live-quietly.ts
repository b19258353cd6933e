import { EXIT } from '../../src/core/errors.ts';
import { passExitStatus } from '../../src/core/exit-status.ts';
import { SimulatedClock, SimulatedMirror } from './simulated-mirror.ts';
import { calmWeather, SimulatedReader, SimulatedVault, type VaultObject } from './simulated-vault.ts';
import { DAY_MS } from './world-plan.ts';

/** A pass a day would show no more, and take four times as long. */
const PASS_EVERY_DAYS = 4;

export interface QuietYear {
  /** What needed the owner, or ended a pass or a prune with anything but 0. Empty: nobody was disturbed. */
  readonly alarms: readonly string[];
  /** Keys on the disk at the end, in order. */
  readonly stored: readonly string[];
  /** … and after the first pass. */
  readonly storedFirst: readonly string[];
  readonly mostStoredBytes: number;
  readonly vaultBytes: number;
  readonly downloads: number;
  readonly begunMs: number;
  readonly endedMs: number;
}

/** Some time of one daily series, with a pass and a prune every fourth day. `before` fills the vault; `expiresAfterDays` is its own lifecycle. */
export async function liveQuietly(options: {
  readonly folder: string;
  readonly days: number;
  readonly keep: string;
  readonly archiveBytes: number;
  readonly before: (vault: SimulatedVault, begunMs: number) => void;
  readonly expiresAfterDays?: number;
}): Promise<QuietYear> {
  const { archiveBytes, expiresAfterDays } = options;
  const begunMs = Date.UTC(2026, 0, 5, 12);
  const clock = new SimulatedClock(begunMs);
  const vault = new SimulatedVault({ versioned: true });
  const reader = new SimulatedReader('web', vault, calmWeather(clock));
  const expires = expiresAfterDays === undefined ? '' : `, expiresAfter: ${expiresAfterDays}d`;
  const mirror = new SimulatedMirror({
    folder: options.folder,
    yaml: `timezone: UTC
vaults: [{ name: web, bucket: web-vault, region: eu-central-1${expires} }]
series: [{ name: files, vault: web, match: "files/{date}.gpg", expectEvery: 1d, keep: ${options.keep} }]
`,
    readers: new Map([['web', reader]]),
    clock,
    random: () => 0.5,
  });
  const body = Buffer.alloc(archiveBytes, 'what was backed up ');
  const alarms = new Set<string>();
  let mostStoredBytes = 0;
  let storedFirst: readonly string[] = [];
  options.before(vault, begunMs);
  try {
    for (let day = 0; day < options.days; day += 1) {
      const atMs = begunMs + day * DAY_MS;
      vault.put({ key: keyOf(atMs), atMs, body });
      if (expiresAfterDays !== undefined) expire([...vault.objects()], vault, atMs - expiresAfterDays * DAY_MS);
      if (day % PASS_EVERY_DAYS !== 0) continue;
      clock.nowMs = atMs + 1000;
      for (const alarm of await alarmsOf(mirror)) alarms.add(alarm);
      const [group] = mirror.opened.catalog.counts.summary();
      mostStoredBytes = Math.max(mostStoredBytes, group?.storedBytes ?? 0);
      if (day === 0) storedFirst = storedKeys(mirror, vault);
    }
    const vaultBytes = [...vault.objects()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const stored = [...mirror.opened.catalog.newest.storedPage(null, 10_000)].map(({ key }) => key).sort();
    const endedMs = clock.nowMs;
    return {
      alarms: [...alarms],
      stored,
      storedFirst,
      mostStoredBytes,
      vaultBytes,
      downloads: reader.downloads,
      begunMs,
      endedMs,
    };
  } finally {
    mirror.restart();
  }
}

export function keyOf(atMs: number): string {
  return `files/${new Date(atMs).toISOString().slice(0, 10)}.gpg`;
}

async function alarmsOf(mirror: SimulatedMirror): Promise<string[]> {
  const { report, attention, afterwards } = await mirror.pass();
  const alarms = attention.map(({ cause, next }) => `${cause}: ${next}`);
  const status = passExitStatus(report, attention.length > 0);
  if (status !== EXIT.done) alarms.push(`a pass ended with ${status}`);
  if (afterwards !== null) alarms.push(afterwards.message);
  const pruned = await mirror.prune();
  if (pruned === null) alarms.push('the time was in doubt');
  else {
    if (pruned.stopped !== null) alarms.push(pruned.stopped.message);
    for (const { block } of pruned.series) if (block !== null) alarms.push(block.why);
    for (const { why } of pruned.skipped) alarms.push(why);
  }
  return alarms;
}

function expire(objects: readonly VaultObject[], vault: SimulatedVault, beforeMs: number): void {
  for (const object of objects) if (object.lastModifiedMs < beforeMs) vault.remove(object, 'version');
}

function storedKeys(mirror: SimulatedMirror, vault: SimulatedVault): string[] {
  const { archives } = mirror.opened.catalog;
  const keys = new Set([...vault.objects()].map(({ key }) => key));
  return [...keys].filter((key) => archives.ofKey('web', key).some(({ state }) => state === 'stored')).sort();
}
