import fc from 'fast-check';
import type { KeepConfig } from '../../../src/core/config/config.ts';
import type { KeepEntry, KeepReason, PlanQuestion } from '../../../src/core/keep/keep-entry.ts';
import { KeepEntryTable } from '../../../src/core/keep/keep-entry-table.ts';
import { planSeries } from '../../../src/core/keep/plan-series.ts';
import { DAY, HOUR, MINUTE } from './naive-rules.ts';

export const NO_RULE: KeepConfig = { last: 0, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0, withinMs: null };

/** An instant from RFC 3339. */
export function at(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new Error(`${text} is no time`);
  return ms;
}

export function verified(id: number, timeMs: number, more: Partial<KeepEntry> = {}): KeepEntry {
  return {
    id,
    timeMs,
    nameTimeMs: null,
    set: null,
    sizeBytes: 1,
    state: 'verified',
    pinned: false,
    frozen: false,
    ...more,
  };
}

/** A plan that speaks of archives by their numbers. */
export interface PlanById {
  readonly keep: ReadonlyMap<number, readonly KeepReason[]>;
  readonly remove: readonly number[];
  readonly notWanted: readonly number[];
}

export function planById(asked: PlanQuestion): PlanById {
  // As the catalog gives them, and not as the array that tests begin with.
  const entries = new KeepEntryTable(asked.entries.length);
  for (const entry of asked.entries) entries.add(entry);
  const plan = planSeries({ ...asked, entries });
  const ids = Array.from(entries, ({ id }) => id);
  const idsAt = (positions: Uint32Array) => Array.from(positions, (position) => ids[position] ?? Number.NaN);
  const keep = new Map<number, readonly KeepReason[]>();
  for (const [position, id] of ids.entries()) {
    const reasons = plan.reasonsAt(position);
    if (reasons !== null) keep.set(id, reasons);
  }
  return { keep, remove: idsAt(plan.remove), notWanted: idsAt(plan.notWanted) };
}

/** A question whose archives are an array. */
export interface ListedQuestion extends PlanQuestion {
  readonly entries: readonly KeepEntry[];
}

export function question(
  entries: readonly KeepEntry[],
  keep: Partial<KeepConfig> | null,
  more: Partial<Omit<PlanQuestion, 'entries'>> = {},
): ListedQuestion {
  return {
    entries,
    keep: keep === null ? null : { ...NO_RULE, ...keep },
    expectEveryMs: null,
    timezone: 'Europe/Berlin',
    trustedNowMs: at('2030-01-01T00:00:00Z'),
    ...more,
  };
}

const count = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 4 }) },
);

/** Mostly null. */
function seldom<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
}

export const anyKeep: fc.Arbitrary<KeepConfig> = fc
  .record({
    last: count,
    hourly: count,
    daily: count,
    weekly: count,
    monthly: count,
    yearly: count,
    withinMs: seldom(fc.constantFrom(MINUTE, HOUR, 36 * HOUR, 30 * DAY)),
  })
  .filter(({ withinMs, ...counts }) => withinMs !== null || Object.values(counts).some((value) => value > 0));

export const anyTimezone = fc.constantFrom(
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Beirut',
  'Pacific/Apia',
);

/** Any series, from minutes to years long, with everything that an archive can be. */
export const anyQuestion: fc.Arbitrary<ListedQuestion> = fc
  .record({
    nowMs: fc
      .integer({ min: at('2011-01-01T00:00:00Z') / 1000, max: at('2027-12-31T00:00:00Z') / 1000 })
      .map((s) => s * 1000),
    spanMs: fc.constantFrom(6 * HOUR, 3 * DAY, 40 * DAY, 800 * DAY, 4000 * DAY),
    keep: anyKeep,
    expectEveryMs: fc.option(fc.constantFrom(5 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY), { freq: 2 }),
    timezone: anyTimezone,
    drafts: fc.array(
      fc.record({
        // Some are later than now, many at the very same time.
        place: fc.oneof(
          { weight: 4, arbitrary: fc.double({ min: -0.05, max: 1, noNaN: true }) },
          { weight: 1, arbitrary: fc.constantFrom(0, 0.25, 0.5) },
        ),
        namePlace: fc.option(fc.double({ min: -0.2, max: 1.2, noNaN: true }), { freq: 2 }),
        namesItsTime: fc.boolean(),
        set: seldom(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')),
        state: fc.oneof(
          { weight: 8, arbitrary: fc.constant('verified' as const) },
          { weight: 3, arbitrary: fc.constantFrom('doubtful' as const, 'wanted' as const, 'blocked' as const) },
        ),
        pinned: fc.integer({ min: 0, max: 19 }).map((dice) => dice === 0),
        frozen: fc.integer({ min: 0, max: 19 }).map((dice) => dice === 0),
        sizeBytes: fc.integer({ min: 0, max: 1000 }),
        isUnsound: fc.integer({ min: 0, max: 3 }).map((dice) => dice === 0),
      }),
      { maxLength: 40, size: 'max' },
    ),
    ids: fc.infiniteStream(fc.integer({ min: 0, max: 1000 })),
  })
  .map(({ nowMs, spanMs, keep, expectEveryMs, timezone, drafts, ids }) => {
    const numbers = drafts
      .map((_, index) => ({ index, dice: ids.next().value ?? 0 }))
      .sort((a, b) => a.dice - b.dice || a.index - b.index);
    const idOf = new Map(numbers.map(({ index }, place) => [index, place + 1]));
    const timeAt = (place: number): number => nowMs - Math.round((place * spanMs) / 1000) * 1000;
    const entries = drafts.map(({ place, namePlace, namesItsTime, isUnsound, ...facts }, index) => ({
      id: idOf.get(index) ?? 0,
      timeMs: timeAt(place),
      nameTimeMs: namePlace === null ? null : timeAt(namesItsTime ? place : namePlace),
      ...facts,
      ...(isUnsound ? { unsound: true as const } : {}),
    }));
    return { entries, keep, expectEveryMs, timezone, trustedNowMs: nowMs };
  });
