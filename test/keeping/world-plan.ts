import { type Seeded, seeded } from '../support/seeded.ts';
import { localTime, type Rules } from './owner-rules.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
export const MONTH_MS = 30 * DAY_MS;

/** One series as its owner set it up. */
export interface SeriesPlan {
  readonly name: string;
  /** Folder of the server that makes it. */
  readonly server: 'web1' | 'web2';
  readonly match: string;
  readonly everyMs: number;
  /** Without it (`expectEvery` not configured) nothing is promised against floods. */
  readonly isExpected: boolean;
  readonly rules: Rules;
  readonly versions: boolean;
  /** Archives of one backup: 1, or the parts of a set. */
  readonly parts: readonly string[];
  /** When its first backup is made. */
  readonly phaseMs: number;
  keyAt(atMs: number, part: string): string;
}

/** How the attacker goes about it, once he owns web1. */
export interface AttackPlan {
  /** Uploads a day, on average. */
  readonly perDay: number;
  /** Some come all at once. */
  readonly bursts: boolean;
  /** Chances of one upload to … */
  readonly copiesGenuineName: number;
  readonly datesInPast: number;
  readonly datesInFuture: number;
  readonly foreignName: number;
  readonly oddSize: number;
  readonly suspect: number;
  readonly servedWrong: number;
  /** … be listed with another LastModified than it has. */
  readonly lies: number;
  /** Where the vault lets him: deletions and overwriting a day. */
  readonly deletionsPerDay: number;
  /** He begins so long after the takeover. */
  readonly waitsMs: number;
  /** Does the server go on with its own backups? */
  readonly serverGoesOn: boolean;
}

/** Everything about one world that is decided before it begins. */
export interface WorldPlan {
  readonly seed: number;
  readonly timezone: string;
  readonly versioned: boolean;
  /** Whoever owns the server may delete and overwrite in the vault. */
  readonly weak: boolean;
  readonly beginMs: number;
  readonly takeoverMs: number;
  readonly endMs: number;
  readonly passEveryMs: number;
  readonly announceMs: number;
  readonly series: readonly SeriesPlan[];
  readonly attack: AttackPlan;
  /** After so long the vault's lifecycle removes; the configuration says so. */
  readonly expiresAfterMs: number | null;
  /** Chance of a pass that the Pi's clock is wrong, or S3 tells no time. */
  readonly clockTrouble: number;
  /** Chance of a pass that its listing lacks entries, or is empty. */
  readonly listingTrouble: number;
  /** Chances of a day that the owner pins something, and that he releases every freeze and acknowledges everything. */
  readonly pins: number;
  readonly acknowledges: number;
}

const TIMEZONES = ['Europe/Berlin', 'UTC', 'America/New_York', 'Australia/Lord_Howe'];

export function planWorld(seed: number): WorldPlan {
  const draw = seeded(seed);
  const timezone = draw.pick(TIMEZONES);
  const months = draw.int(2, 8);
  const beginMs = Date.UTC(2026, draw.int(0, 11), draw.int(1, 28), draw.int(0, 23));
  const endMs = beginMs + months * MONTH_MS;
  const lies = draw.pick([0, 0, 0.1, 0.9]);
  const takeoverMs = beginMs + Math.floor((0.3 + 0.5 * draw.next()) * (endMs - beginMs));
  return {
    seed,
    timezone,
    versioned: draw.chance(0.6),
    weak: draw.chance(0.4),
    beginMs,
    takeoverMs,
    endMs,
    passEveryMs: draw.pick([8 * HOUR_MS, DAY_MS, DAY_MS, DAY_MS, 2 * DAY_MS, 3 * DAY_MS]),
    announceMs: draw.pick([HOUR_MS, DAY_MS, DAY_MS, 3 * DAY_MS]),
    series: planSeries(draw, timezone, beginMs),
    attack: planAttack(draw, lies),
    expiresAfterMs: draw.pick([null, 40 * DAY_MS, 90 * DAY_MS]),
    clockTrouble: draw.pick([0, 0, 0.1, 0.4]),
    // What is known before the lies begin is promised: every pass has to see what there is.
    listingTrouble: lies > 0 ? 0 : draw.pick([0, 0, 0.1]),
    pins: draw.pick([0, 0.02, 0.1]),
    acknowledges: draw.pick([0, 0.05, 0.5]),
  };
}

function planAttack(draw: Seeded, lies: number): AttackPlan {
  const often = () => draw.pick([0, 0.05, 0.3, 0.9]);
  return {
    perDay: draw.pick([0, 1, 1, 3, 3, 10, 10, 50, 200]),
    bursts: draw.chance(0.4),
    copiesGenuineName: often(),
    datesInPast: often(),
    datesInFuture: often(),
    foreignName: draw.pick([0, 0.05, 0.3]),
    oddSize: often(),
    suspect: draw.pick([0, 0, 0.05, 0.5]),
    servedWrong: draw.pick([0, 0, 0.02, 0.3]),
    lies,
    deletionsPerDay: draw.pick([0, 0.5, 5]),
    waitsMs: draw.chance(0.7) ? 0 : Math.floor(draw.next() * 20 * DAY_MS),
    serverGoesOn: draw.chance(0.5),
  };
}

function planSeries(draw: Seeded, timezone: string, beginMs: number): SeriesPlan[] {
  const stamp = (atMs: number): string => {
    const { date, hour, minute } = localTime(atMs, timezone);
    return `${date}.${hour}.${minute}`;
  };
  const base = { isExpected: true, versions: false, parts: [''] };
  const phase = (everyMs: number): number => drawPhase(draw, timezone, beginMs, everyMs);
  const daily = draw.pick([12 * HOUR_MS, DAY_MS, DAY_MS, DAY_MS, 2 * DAY_MS]);
  const often = draw.pick([HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS, 6 * HOUR_MS]);
  const sets = draw.pick([DAY_MS, 3 * DAY_MS, 7 * DAY_MS]);
  const all: SeriesPlan[] = [
    {
      ...{ ...base, name: 'files', server: 'web1', match: 'web1/files/{date}.{hour}.{minute}.tar.gpg' },
      ...{ everyMs: daily, rules: drawRules(draw, daily), phaseMs: phase(daily) },
      keyAt: (atMs) => `web1/files/${stamp(atMs)}.tar.gpg`,
    },
    {
      ...{ ...base, name: 'sql', server: 'web1', match: 'web1/sql/{date}.{hour}.{minute}.gpg' },
      ...{ everyMs: often, rules: drawRules(draw, often), phaseMs: phase(often) },
      keyAt: (atMs) => `web1/sql/${stamp(atMs)}.gpg`,
    },
    {
      ...{ ...base, name: 'state', server: 'web1', match: 'web1/state.gpg', versions: true },
      ...{ everyMs: DAY_MS, rules: drawRules(draw, DAY_MS), phaseMs: phase(DAY_MS) },
      keyAt: () => 'web1/state.gpg',
    },
    {
      ...{
        ...base,
        name: 'site',
        server: 'web1',
        match: 'web1/site/{date}.{hour}.{part}',
        parts: ['j01', 'j02', 'jpa'],
      },
      ...{ everyMs: sets, rules: drawRules(draw, sets), phaseMs: phase(sets) },
      keyAt: (atMs, part) => `web1/site/${stamp(atMs).slice(0, 13)}.${part}`,
    },
    {
      ...{ ...base, name: 'loose', server: 'web1', match: 'web1/loose/{name}', isExpected: false },
      ...{ everyMs: DAY_MS, rules: drawRules(draw, DAY_MS), phaseMs: phase(DAY_MS) },
      keyAt: (atMs) => `web1/loose/${stamp(atMs)}`,
    },
    {
      ...{ ...base, name: 'other', server: 'web2', match: 'web2/{date}.{hour}.tar.gpg' },
      ...{ everyMs: DAY_MS, rules: drawRules(draw, DAY_MS), phaseMs: phase(DAY_MS) },
      keyAt: (atMs) => `web2/${stamp(atMs).slice(0, 13)}.tar.gpg`,
    },
  ];
  return all.filter(({ name }) => name === 'other' || draw.chance(name === 'sql' ? 0.3 : 0.6));
}

/**
 * Well away from the ends of buckets that are as long as the interval: an upload at 23:50 and one at 00:10 two days later would leave a day empty, which
 * docs/keeping.md excepts. Half an hour is what daylight saving is in Lord Howe.
 */
function drawPhase(draw: Seeded, timezone: string, beginMs: number, everyMs: number): number {
  for (;;) {
    const atMs = beginMs + Math.floor(draw.next() * everyMs);
    const { date, hour, minute } = localTime(atMs, timezone);
    const weekday = new Date(`${date}T00:00:00Z`).getUTCDay();
    const isAwayFromHour = Number(minute) >= 6 && Number(minute) < 22;
    const isAwayFromMidnight = Number(hour) >= 4 && Number(hour) < 20;
    if (everyMs === HOUR_MS && !isAwayFromHour) continue;
    if (everyMs >= DAY_MS && !isAwayFromMidnight) continue;
    if (everyMs >= 7 * DAY_MS && (weekday < 2 || weekday > 5)) continue;
    return atMs;
  }
}

function drawRules(draw: Seeded, everyMs: number): Rules {
  const some = (most: number): number => (draw.chance(0.5) ? draw.int(1, most) : 0);
  const rules = {
    last: some(5),
    hourly: everyMs < DAY_MS || draw.chance(0.1) ? some(24) : 0,
    daily: some(10),
    weekly: some(5),
    monthly: some(5),
    yearly: some(2),
    withinMs: draw.chance(0.2) ? draw.int(1, 14) * DAY_MS : null,
  };
  const isOn = Object.values(rules).some((rule) => rule !== null && rule > 0);
  return isOn ? rules : { ...rules, last: 3, daily: 7 };
}

/** The configuration that its owner wrote. */
export function yamlOf({ timezone, announceMs, series, expiresAfterMs }: WorldPlan): string {
  const lines = series.map(({ name, match, everyMs, isExpected, rules, versions }) => {
    const { withinMs, ...counts } = rules;
    const keep: Record<string, number | string> = { ...counts };
    if (withinMs !== null) keep.within = `${withinMs / DAY_MS}d`;
    const expected = isExpected ? { expectEvery: `${everyMs / HOUR_MS}h` } : {};
    return `  - ${JSON.stringify({ name, vault: 'web', match, ...expected, keep, ...(versions ? { versions } : {}) })}`;
  });
  const expires = expiresAfterMs === null ? '' : `, expiresAfter: ${expiresAfterMs / DAY_MS}d`;
  return [
    `timezone: ${timezone}`,
    `vaults: [{ name: web, bucket: web-vault, region: eu-central-1${expires} }]`,
    `retention: { announce: ${announceMs / HOUR_MS}h }`,
    'series:',
    ...lines,
    '',
  ].join('\n');
}
