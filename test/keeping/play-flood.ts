import { passExitStatus } from '../../src/core/exit-status.ts';
import type { PassReport } from '../../src/core/pass-report.ts';
import { sizeLimitBytes } from '../../src/core/size.ts';
import type { AttentionJson } from '../../src/core/status-document.ts';
import { keptTimes } from './owner-rules.ts';
import { SimulatedClock, SimulatedMirror } from './simulated-mirror.ts';
import { calmWeather, SimulatedReader, SimulatedVault } from './simulated-vault.ts';
import { DAY_MS } from './world-plan.ts';

const SERIES = ['files', 'sql', 'mail'];
const BEGIN_MS = Date.UTC(2026, 2, 2, 0, 0);
const RULES = { last: 3, hourly: 0, daily: 14, weekly: 4, monthly: 0, yearly: 0, withinMs: null };
/** Before the flood one a day, to save time. */
const PASSES_A_DAY = 8;
/** Not so large that it would be held for its size alone. */
const JUNK_FACTOR = 1.1;
const DAYS_BEFORE = 30;

export interface FloodOptions {
  /** For the store, and for everything else of the machine. */
  readonly folder: string;
  readonly stateFolder: string;
  readonly junk: number;
  readonly bytes: number;
  readonly minFree: string;
  /** The bulk freeze lasts for seven days after the flood. */
  readonly daysAfter: number;
}

export interface FloodResult {
  /** What the owner's rules keep of the genuine archives and was not on the disk after some pass; but for what came amid the junk. */
  readonly missing: readonly string[];
  /** The newest of a series, when a pass did not bring it; but for what came amid the junk. */
  readonly late: readonly string[];
  readonly junkOnDisk: number;
  /** The least room above minFree that any moment after a pass had, in bytes. */
  readonly leastRoomBytes: number;
  /** What the owner was told after each pass since the flood began; the same words once. */
  readonly told: readonly string[];
  /** From which hour on, of each. */
  readonly toldSince: readonly string[];
  readonly exits: ReadonlySet<number>;
}

/**
 * Thirty quiet days of three daily series, then a day on which 'files' is flooded from its own server, then some days in which the owner does nothing and
 * the servers go on.
 */
export async function playFlood(options: FloodOptions): Promise<FloodResult> {
  const clock = new SimulatedClock(BEGIN_MS);
  const vault = new SimulatedVault({ versioned: true });
  const reader = new SimulatedReader('web', vault, calmWeather(clock));
  const { withinMs: _, ...keep } = RULES;
  const series = SERIES.map(
    (name) =>
      `  - { name: ${name}, vault: web, match: "${name}/{date}.{name}.gpg", expectEvery: 1d, keep: ${JSON.stringify(keep)} }`,
  );
  const mirror = new SimulatedMirror({
    folder: options.folder,
    stateFolder: options.stateFolder,
    yaml: `timezone: UTC\nvaults: [{ name: web, bucket: web-vault, region: eu-central-1 }]\nseries:\n${series.join('\n')}\n`,
    readers: new Map([['web', reader]]),
    clock,
    random: () => 0.5,
    minFree: options.minFree,
  });
  const flood = new Flood(mirror, vault, clock, options);
  try {
    return await flood.run();
  } finally {
    mirror.restart();
  }
}

interface Genuine {
  readonly series: string;
  readonly key: string;
  readonly atMs: number;
  /** Of the flooded series on that day: what comes after the attacker did is not told apart from what is his. */
  readonly isAmidJunk: boolean;
}

class Flood {
  readonly #mirror: SimulatedMirror;
  readonly #vault: SimulatedVault;
  readonly #clock: SimulatedClock;
  readonly #options: FloodOptions;
  readonly #genuineBody: Buffer;
  readonly #junkBody: Buffer;
  readonly #genuine: Genuine[] = [];
  readonly #missing = new Set<string>();
  readonly #late = new Set<string>();
  /** With the hour since when. */
  readonly #told = new Map<string, string>();
  readonly #exits = new Set<number>();
  #leastRoomBytes = Number.POSITIVE_INFINITY;

  constructor(mirror: SimulatedMirror, vault: SimulatedVault, clock: SimulatedClock, options: FloodOptions) {
    this.#mirror = mirror;
    this.#vault = vault;
    this.#clock = clock;
    this.#options = options;
    this.#genuineBody = Buffer.alloc(options.bytes, 'what was backed up ');
    this.#junkBody = Buffer.alloc(Math.floor(options.bytes * JUNK_FACTOR), 'junk ');
  }

  async run(): Promise<FloodResult> {
    await this.#live(DAYS_BEFORE, 0, 1);
    if (this.#told.size > 0) throw new Error(`there was no peace before the flood: ${[...this.#told].join('; ')}`);
    this.#exits.clear();
    await this.#live(1, this.#options.junk, PASSES_A_DAY);
    await this.#live(this.#options.daysAfter, 0, PASSES_A_DAY / 2);

    return {
      missing: [...this.#missing],
      late: [...this.#late],
      junkOnDisk: [...this.#vault.objects()].filter(({ key }) => key.includes('junk') && this.#isStored(key)).length,
      leastRoomBytes: this.#leastRoomBytes,
      told: [...this.#told.keys()],
      toldSince: [...this.#told.values()],
      exits: this.#exits,
    };
  }

  async #live(days: number, junkADay: number, passesADay: number): Promise<void> {
    const passEveryMs = DAY_MS / passesADay;
    for (let pass = 0; pass < days * passesADay; pass += 1) {
      const fromMs = this.#clock.nowMs;
      const toMs = fromMs + passEveryMs;
      const date = new Date(fromMs).toISOString().slice(0, 10);
      // The servers make their backups in the middle of the flood, at noon.
      const noonMs = Date.parse(`${date}T12:00:00Z`);
      if (noonMs >= fromMs && noonMs < toMs) {
        for (const series of SERIES) this.#putGenuine(series, date, noonMs, junkADay > 0);
      }
      for (let index = 0; index < junkADay / passesADay; index += 1) {
        const key = `files/${date}.junk-${pass}-${index}.gpg`;
        const atMs = fromMs + (passEveryMs * index * passesADay) / junkADay;
        this.#vault.put({ key, atMs, body: this.#junkBody });
      }
      this.#clock.nowMs = toMs;
      const { report, attention } = await this.#mirror.pass();
      await this.#mirror.prune();
      this.#look(report, attention);
      this.#lookForMissing();
    }
  }

  #putGenuine(series: string, date: string, atMs: number, isFlood: boolean): void {
    const key = `${series}/${date}.server.gpg`;
    this.#vault.put({ key, atMs, body: this.#genuineBody });
    this.#genuine.push({ series, key, atMs, isAmidJunk: isFlood && series === 'files' });
  }

  #look(report: PassReport, attention: readonly AttentionJson[]): void {
    const date = new Date(this.#clock.nowMs).toISOString().slice(0, 13);
    for (const told of messages(report, attention)) if (!this.#told.has(told)) this.#told.set(told, date);
    this.#exits.add(passExitStatus(report, attention.length > 0));
    const { store } = this.#mirror.opened;
    const { totalBytes, freeBytes } = store.space();
    const { minFree } = this.#mirror.config.store;
    const roomBytes = freeBytes - sizeLimitBytes(minFree, totalBytes);
    this.#leastRoomBytes = Math.min(this.#leastRoomBytes, roomBytes);
  }

  #lookForMissing(): void {
    for (const series of SERIES) {
      const own = this.#genuine.filter((one) => one.series === series);
      const kept = keptTimes(
        own.map(({ atMs }) => atMs),
        RULES,
        'UTC',
      );
      for (const { key, atMs, isAmidJunk } of own) {
        if (kept.has(atMs) && !isAmidJunk && !this.#isStored(key)) this.#missing.add(key);
      }
      const newest = own.at(-1);
      if (newest !== undefined && !newest.isAmidJunk && !this.#isStored(newest.key)) this.#late.add(newest.key);
    }
  }

  #isStored(key: string): boolean {
    return this.#mirror.opened.catalog.archives.ofKey('web', key).some(({ state }) => state === 'stored');
  }
}

/** What is an alarm of its own, without the numbers in it. */
function messages(report: PassReport, attention: readonly AttentionJson[]): string[] {
  return [
    ...(report.stopped === null ? [] : [report.stopped.code]),
    ...report.vaults.flatMap(({ problem, failures }) => [
      ...(problem === null ? [] : [problem.code]),
      ...failures.map(({ code }) => code),
    ]),
    ...attention.map(
      ({ cause, frozen }) => `${cause}${frozen.map((freeze) => ` ${freeze.series} ${freeze.cause}`).join(',')}`,
    ),
  ];
}
