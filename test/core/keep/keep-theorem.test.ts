import fc from 'fast-check';
import t from 'tap';
import { KEEP_RULES, type KeepEntry, type KeepRule } from '../../../src/core/keep/keep-entry.ts';
import { planSeries } from '../../../src/core/keep/plan-series.ts';
import { anyTimezone, at, NO_RULE, verified } from './keep-fixture.ts';
import { DAY, endOf, HOUR, labelOf, newestFirst, resticKeeps } from './naive-rules.ts';

/**
 * The promise of docs/keeping.md, played: a world in which the server just goes on, by restic's counts alone, and the same world after a
 * break-in, with the planner at work and its removals done. What the first keeps of the time before, the second has to keep.
 */

interface Upload {
  readonly id: number;
  readonly timeMs: number;
  readonly set: string;
}

interface World {
  readonly rule: KeepRule | 'within';
  readonly count: number;
  readonly withinMs: number;
  readonly expectEveryMs: number;
  readonly timezone: string;
  /** All uploads of the world without the attacker, oldest first. */
  readonly genuine: readonly Upload[];
  readonly takeoverMs: number;
  readonly junk: readonly KeepEntry[];
  /** When the planner runs. */
  readonly looksMs: readonly number[];
  /** Archives of before the takeover that never came to the mirror. */
  readonly isMissing: (id: number) => boolean;
}

const START = at('2024-01-01T00:00:00Z');
const FIRST_JUNK_ID = 1_000_000;
const share = fc.double({ min: 0, max: 1, noNaN: true });

/** How the junk is timed. 'honest': the vault's clock, so not before the takeover. 'lying': any time, but known only after what was there. */
function worlds(junkTimes: 'honest' | 'lying', mayHaveHoles: boolean): fc.Arbitrary<World> {
  return fc
    .record({
      rule: fc.constantFrom(...KEEP_RULES, 'within' as const),
      count: fc.integer({ min: 1, max: 5 }),
      expectEveryMs: fc.constantFrom(HOUR, 6 * HOUR, DAY, 7 * DAY),
      timezone: anyTimezone,
      startShare: share,
      // Gaps of the same length, of any allowed length, or just as long as allowed.
      gapShare: fc.array(fc.oneof(share, fc.constantFrom(0.5, 1)), { minLength: 1, maxLength: 7 }),
      /** After which of the uploads before the takeover nothing came for a while, and how many gaps long. */
      hole: fc.record({ after: share, gaps: fc.integer({ min: 0, max: mayHaveHoles ? 40 : 0 }) }),
      takeoverShare: share,
      junk: fc.array(
        fc.record({ place: fc.oneof(share, fc.constantFrom(0, 1e-9, 1)), name: share, isNamed: fc.boolean() }),
        { maxLength: 40 },
      ),
      atEnds: fc.boolean(),
      looks: fc.array(share, { minLength: 1, maxLength: 6 }),
      missing: fc.integer({ min: 1, max: 9 }),
    })
    .map(
      ({
        rule,
        count,
        expectEveryMs,
        timezone,
        startShare,
        gapShare,
        hole,
        takeoverShare,
        junk,
        atEnds,
        looks,
        missing,
      }) => {
        const gapMs = expectEveryMs * 1.125;
        const bucketMs = {
          last: gapMs,
          hourly: HOUR,
          daily: DAY,
          weekly: 7 * DAY,
          monthly: 31 * DAY,
          yearly: 366 * DAY,
          within: 3 * gapMs,
        }[rule];
        // A yearly rule of an hourly series is only long.
        const stepMs = Math.min(Math.max(bucketMs, gapMs), 60 * gapMs);
        const horizonMs = 2 * (count + 1) * stepMs;
        const begin = START + Math.round(startShare * 400) * DAY + Math.round((startShare * HOUR) / 1000) * 1000;
        const takeoverMs = begin + Math.round(((0.3 + 0.4 * takeoverShare) * horizonMs) / 1000) * 1000;
        const endMs = begin + horizonMs;
        const genuine: Upload[] = [];
        let holeLeft = hole.gaps;
        const holeAfterMs = begin + hole.after * (takeoverMs - begin);
        for (let timeMs = begin, index = 0; timeMs <= endMs + 2 * gapMs; index += 1) {
          genuine.push({ id: index + 1, timeMs, set: `g${index}` });
          // Not shorter than two fifths: so at most three lie in one longest gap.
          const chosen = 0.4 + 0.6 * (gapShare[index % gapShare.length] ?? 1);
          const next = timeMs + Math.floor((chosen * gapMs) / 1000) * 1000;
          const isHole = holeLeft > 0 && timeMs >= holeAfterMs;
          timeMs = isHole ? Math.min(next + holeLeft * gapMs, Math.max(next, takeoverMs - 1000)) : next;
          if (isHole) holeLeft = 0;
        }
        const from = junkTimes === 'honest' ? takeoverMs : begin;
        const junkAt = (place: number): number => {
          const timeMs = from + place * (endMs - from);
          if (!atEnds || rule === 'last' || rule === 'within') return Math.round(timeMs);
          return Math.max(from, endOf(rule, timeMs, timezone) - Math.round(place * 1000) - 1);
        };
        return {
          rule,
          count,
          withinMs: count * stepMs,
          expectEveryMs,
          timezone,
          genuine,
          takeoverMs,
          junk: junk.map(({ place, name, isNamed }, index) =>
            verified(FIRST_JUNK_ID + index, junkAt(place), {
              nameTimeMs: isNamed ? Math.round(begin + name * (endMs - begin)) : null,
            }),
          ),
          looksMs: looks.map((look) => Math.round(takeoverMs + look * (endMs - takeoverMs))).sort((a, b) => a - b),
          isMissing: (id: number) => id % 10 === missing,
        };
      },
    );
}

/** Whether buckets go on filling after `sinceMs` as the promise assumes: none stays empty, or one is begun in every longest gap. */
function goesOn(
  { rule, timezone, expectEveryMs }: World,
  history: readonly Upload[],
  sinceMs: number,
  nowMs: number,
): boolean {
  if (rule === 'last' || rule === 'within') return true;
  const filled = new Set(history.map(({ timeMs }) => labelOf(rule, timeMs, timezone)));
  let isFull = true;
  for (let atMs = sinceMs; isFull; ) {
    const endMs = endOf(rule, atMs, timezone);
    if (endMs > nowMs) break;
    isFull = filled.has(labelOf(rule, atMs, timezone));
    atMs = endMs;
  }
  if (isFull) return true;
  const firsts = history.filter(({ timeMs }, index) => {
    const before = history[index - 1];
    return before === undefined || labelOf(rule, before.timeMs, timezone) !== labelOf(rule, timeMs, timezone);
  });
  const begun = [...firsts.map(({ timeMs }) => timeMs), nowMs];
  return begun.every(
    (timeMs, index) => timeMs <= sinceMs || timeMs - (begun[index - 1] ?? timeMs) <= expectEveryMs * 1.125,
  );
}

/** What the rule keeps in the world without the attacker. */
function keptWithout({ rule, count, withinMs, timezone }: World, history: readonly Upload[]): readonly number[] {
  if (rule !== 'within') return [...resticKeeps(history, rule, count, timezone).keys()];
  const newestMs = newestFirst(history)[0]?.timeMs ?? 0;
  return history.filter(({ timeMs }) => timeMs > newestMs - withinMs).map(({ id }) => id);
}

/** The first archive that is gone although the other world has it; null when there is none. `checked` counts what was compared. */
function firstLoss(world: World, needsAllFrom: 'takeover' | 'archive', checked: { count: number }): string | null {
  const { rule, count, withinMs, genuine, takeoverMs, timezone, expectEveryMs } = world;
  const keep = rule === 'within' ? { ...NO_RULE, withinMs } : { ...NO_RULE, [rule]: count };
  const before = genuine.filter(({ timeMs }) => timeMs < takeoverMs);
  const existed = before.filter(({ id }) => !world.isMissing(id));
  let here = existed.map(({ id, timeMs }) => verified(id, timeMs));
  let lookedMs = Number.NEGATIVE_INFINITY;
  for (const nowMs of world.looksMs) {
    const isNew = ({ timeMs }: KeepEntry): boolean =>
      Math.max(timeMs, takeoverMs) <= nowMs && Math.max(timeMs, takeoverMs) > lookedMs;
    here = [...here, ...world.junk.filter(isNew)];
    const plan = planSeries({ entries: here, keep, expectEveryMs, timezone, trustedNowMs: nowMs });
    here = here.filter(({ id }) => !plan.remove.includes(id));
    lookedMs = nowMs;

    const history = genuine.filter(({ timeMs }) => timeMs <= nowMs);
    const kept = new Set(keptWithout(world, history));
    for (const { id, timeMs } of existed) {
      const sinceMs = needsAllFrom === 'archive' ? timeMs : takeoverMs;
      if (!kept.has(id) || !goesOn(world, history, sinceMs, nowMs)) continue;
      checked.count += 1;
      if (!here.some((entry) => entry.id === id))
        return `${new Date(timeMs).toISOString()} at ${new Date(nowMs).toISOString()}`;
    }
  }
  return null;
}

function holds(junkTimes: 'honest' | 'lying', mayHaveHoles: boolean, needsAllFrom: 'takeover' | 'archive'): number {
  const checked = { count: 0 };
  fc.assert(
    fc.property(worlds(junkTimes, mayHaveHoles), (world) => {
      const loss = firstLoss(world, needsAllFrom, checked);
      if (loss !== null) throw new Error(`${world.rule} ${world.count}: lost ${loss}`);
    }),
    { numRuns: 1500 },
  );
  return checked.count;
}

t.test('what the rules keep without the attacker is kept whatever is uploaded', async (t) => {
  t.ok(holds('honest', true, 'takeover') > 3000);
});

t.test('also when listings lie about the times of what was not known yet, where no upload was missed', async (t) => {
  t.ok(holds('lying', false, 'archive') > 3000);
});
