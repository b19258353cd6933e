/*
 * The keep rules beside restic's `forget`: random histories in several timezones, many sets of rules for each, and what is kept has to be the same.
 * Usage: node test/restic/main.ts [SEED]. Exits 1 when something differs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import pLimit from 'p-limit';
import type { KeepConfig } from '../../src/core/config/config.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/duration.ts';
import type { KeepEntry } from '../../src/core/keep/keep-entry.ts';
import { KEEP_RULES } from '../../src/core/keep/keep-entry.ts';
import { planSeries } from '../../src/core/keep/plan-series.ts';
import { type Seeded, seeded } from '../support/seeded.ts';
import { keepsTheOldest, ResticRepository, type Snapshot } from './restic-repository.ts';

const RULE_SETS = 40;

/** How a history is made: `times` gives the instants of its snapshots, which all lie in the past. */
const HISTORIES = [
  {
    name: 'clocks go back, hours',
    timezone: 'Europe/Berlin',
    times: (random: Seeded) => spread(random, 45, '2025-10-25T18:00:00Z', '2025-10-26T12:00:00Z'),
  },
  {
    name: 'clocks go forward and back, days',
    timezone: 'America/New_York',
    times: (random: Seeded) => [
      ...spread(random, 20, '2025-03-05T00:00:00Z', '2025-03-12T00:00:00Z'),
      ...spread(random, 20, '2025-10-30T00:00:00Z', '2025-11-05T00:00:00Z'),
    ],
  },
  {
    name: 'ends of years and their weeks',
    timezone: 'Pacific/Auckland',
    times: (random: Seeded) =>
      [2019, 2020, 2021, 2022, 2023, 2024].flatMap((year) =>
        spread(random, 8, `${year}-12-26T00:00:00Z`, `${year + 1}-01-06T00:00:00Z`),
      ),
  },
  {
    name: 'months and years',
    timezone: 'America/St_Johns',
    times: (random: Seeded) => spread(random, 50, '2015-01-01T00:00:00Z', '2025-06-01T00:00:00Z'),
  },
  {
    name: 'half an hour of daylight saving',
    timezone: 'Australia/Lord_Howe',
    times: (random: Seeded) => spread(random, 40, '2025-04-01T00:00:00Z', '2025-04-12T00:00:00Z'),
  },
];

/** Different whole seconds, half of them within minutes of a full hour. */
function spread(random: Seeded, count: number, from: string, to: string): readonly number[] {
  const times = new Set<number>();
  while (times.size < count) {
    const timeMs = random.int(Date.parse(from) / 1000, Date.parse(to) / 1000) * 1000;
    const nearHour = Math.round(timeMs / HOUR_MS) * HOUR_MS + random.int(-2, 2) * MINUTE_MS;
    times.add(random.chance(0.5) ? timeMs : nearHour);
  }
  return [...times];
}

/** One rule alone, or a few together. */
function drawRules(random: Seeded): KeepConfig {
  const count = (): number => random.pick([1, 2, 3, 5, 8, 13, 40]);
  const chosen = new Set<string>(random.chance(0.4) ? [] : [random.pick(KEEP_RULES), random.pick(KEEP_RULES)]);
  chosen.add(random.pick([...KEEP_RULES, 'within']));
  const [last, hourly, daily, weekly, monthly, yearly] = KEEP_RULES.map((rule) => (chosen.has(rule) ? count() : 0));
  const withinMs = chosen.has('within') ? random.pick([1, 5, 24, 24 * 40, 24 * 800]) * HOUR_MS : null;
  return {
    last: last ?? 0,
    hourly: hourly ?? 0,
    daily: daily ?? 0,
    weekly: weekly ?? 0,
    monthly: monthly ?? 0,
    yearly: yearly ?? 0,
    withinMs,
  };
}

function planned(snapshots: readonly Snapshot[], keep: KeepConfig, timezone: string): readonly string[] {
  const entries = snapshots.map(({ timeMs }, index): KeepEntry => {
    return {
      id: index,
      timeMs,
      nameTimeMs: null,
      set: null,
      sizeBytes: 1,
      state: 'verified',
      pinned: false,
      frozen: false,
    };
  });
  const plan = planSeries({ entries, keep, expectEveryMs: null, timezone, trustedNowMs: Date.now() + DAY_MS });
  return snapshots.filter((_, index) => plan.reasonsAt(index) !== null).map(({ id }) => id);
}

interface Outcome {
  readonly compared: number;
  readonly different: number;
}

async function compareHistory(
  { name, timezone, times }: (typeof HISTORIES)[number],
  random: Seeded,
  dir: string,
): Promise<Outcome> {
  const repository = new ResticRepository(dir, timezone);
  await repository.create();
  for (const timeMs of times(random)) await repository.backup(timeMs);
  const snapshots = await repository.snapshots();
  const oldest = snapshots.toSorted((a, b) => a.timeMs - b.timeMs)[0]?.id;
  // Of two snapshots of the very same second (restic makes one of the hour that is repeated) either may be kept.
  const comparable = (ids: readonly string[]): readonly number[] =>
    snapshots
      .filter(({ id }) => ids.includes(id) && (!exceptOldest || id !== oldest))
      .map(({ timeMs }) => timeMs)
      .toSorted((a, b) => a - b);
  let different = 0;
  for (let round = 0; round < RULE_SETS; round += 1) {
    const keep = drawRules(random);
    const theirs = comparable(await repository.kept(keep));
    const ours = comparable(planned(snapshots, keep, timezone));
    if (isDeepStrictEqual(theirs, ours)) continue;
    different += 1;
    const only = (times: readonly number[], others: readonly number[]): string =>
      times.flatMap((timeMs) => (others.includes(timeMs) ? [] : [new Date(timeMs).toISOString()])).join(' ');
    say(
      `${name}, ${timezone}, ${JSON.stringify(keep)}: only restic keeps ${only(theirs, ours)}, only we keep ${only(ours, theirs)}`,
    );
  }
  say(`${name}: ${snapshots.length} snapshots, ${RULE_SETS} sets of rules, ${different} with another result`);
  return { compared: RULE_SETS, different };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const seed = Number(process.argv[2] ?? 1);
const scratch = mkdtempSync(join(tmpdir(), 'pullmirror-restic-'));
const exceptOldest = keepsTheOldest();
// Two at a time: there are two cores.
const limit = pLimit(2);
try {
  const outcomes = await Promise.all(
    HISTORIES.map((history, index) =>
      limit(() => compareHistory(history, seeded(seed * 100 + index), join(scratch, `${index}`))),
    ),
  );
  const sum = (what: keyof Outcome): number => outcomes.reduce((total, outcome) => total + outcome[what], 0);
  say(`seed ${seed}: ${sum('compared')} compared, ${sum('different')} different`);
  process.exitCode = sum('compared') > 0 && sum('different') === 0 ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
