import fc from 'fast-check';
import t from 'tap';
import type { KeepEntry } from '../../../src/core/keep/keep-entry.ts';
import { planThinning } from '../../../src/core/keep/plan-thinning.ts';
import { anyQuestion, verified } from './keep-fixture.ts';
import { setName } from './naive-plan.ts';
import { DAY } from './naive-rules.ts';

const FACTS = { grownBytes: 0, expectEveryMs: null, timezone: 'Europe/Berlin', trustedNowMs: 1000 * DAY };

function daily(firstId: number, count: number, more: Partial<KeepEntry> = {}): readonly KeepEntry[] {
  return Array.from({ length: count }, (_, index) =>
    verified(firstId + index, (firstId + index) * DAY, { sizeBytes: 10, ...more }),
  );
}

t.test('the oldest of all series beyond the floor of each, until there is room', async (t) => {
  const series = [
    { ...FACTS, entries: daily(1, 5) },
    { ...FACTS, entries: daily(3, 5).map((entry) => ({ ...entry, id: entry.id + 100 })) },
  ];
  t.same(planThinning({ series, floor: 2, neededBytes: 25 }), { remove: [1, 2, 3], bytes: 30, isEnough: true });
  t.same(planThinning({ series, floor: 2, neededBytes: 30 }), { remove: [1, 2, 3], bytes: 30, isEnough: true });
  t.same(planThinning({ series, floor: 2, neededBytes: 0 }), { remove: [], bytes: 0, isEnough: true });
  t.same(planThinning({ series, floor: 2, neededBytes: 1000 }), {
    remove: [1, 2, 3, 103, 104, 105],
    bytes: 60,
    isEnough: false,
  });
  t.same(planThinning({ series, floor: 0, neededBytes: 1000 }).remove.length, 8, 'the newest of each stays');
});

t.test('the series that grew most comes first', async (t) => {
  const series = [
    { ...FACTS, grownBytes: 5, entries: daily(1, 5) },
    { ...FACTS, grownBytes: 7, entries: daily(101, 5) },
  ];
  t.same(planThinning({ series, floor: 2, neededBytes: 35 }).remove, [101, 102, 103, 1]);
});

t.test('a flood does not count against the floor', async (t) => {
  const junk = Array.from({ length: 50 }, (_, index) =>
    verified(100 + index, 10 * DAY + index * 1000, { sizeBytes: 10 }),
  );
  const entries = [...daily(1, 9), ...junk];
  const facts = { ...FACTS, expectEveryMs: DAY };
  t.same(planThinning({ series: [{ ...facts, entries }], floor: 3, neededBytes: 1e6 }).remove, [1, 2, 3, 4, 5, 6]);
});

t.test('parts go together', async (t) => {
  const entries = [
    verified(1, DAY, { set: 'a', sizeBytes: 10 }),
    verified(2, 3 * DAY, { set: 'a', sizeBytes: 10 }),
    verified(3, 2 * DAY, { sizeBytes: 10 }),
    verified(4, 9 * DAY),
  ];
  const series = [{ ...FACTS, entries }];
  t.same(planThinning({ series, floor: 1, neededBytes: 5 }).remove, [3], 'a set is as old as its newest part');
  t.same(planThinning({ series, floor: 1, neededBytes: 15 }).remove, [3, 1, 2]);
});

t.test('property: never held, doubtful, the newest, or within the floor, and no more than needed', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        anyQuestion,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 3000 }),
        (question, floor, neededBytes) => {
          const { entries } = question;
          const { remove, bytes, isEnough } = planThinning({
            series: [{ ...question, grownBytes: 0 }],
            floor,
            neededBytes,
          });
          const gone = entries.filter(({ id }) => remove.includes(id));
          const whole = entries.filter((entry) =>
            entries.every((other) => setName(other) !== setName(entry) || other.state === 'verified'),
          );
          const clampedTime = ({ timeMs }: KeepEntry): number => Math.min(timeMs, question.trustedNowMs);
          const newest = whole.toSorted((a, b) => clampedTime(b) - clampedTime(a) || b.id - a.id);
          const floorSets = new Set([...new Set(newest.map(setName))].slice(0, floor));
          const last = gone.length === 0 ? undefined : entries.find(({ id }) => id === remove.at(-1));
          const lastSetBytes = gone.reduce(
            (sum, entry) => sum + (last !== undefined && setName(entry) === setName(last) ? entry.sizeBytes : 0),
            0,
          );
          return (
            gone.length === remove.length &&
            gone.every(
              (entry) => entry.state === 'verified' && !entry.pinned && !entry.frozen && !floorSets.has(setName(entry)),
            ) &&
            gone.every((entry) =>
              entries.every((other) => setName(other) !== setName(entry) || remove.includes(other.id)),
            ) &&
            bytes === gone.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) &&
            isEnough === bytes >= neededBytes &&
            (gone.length === 0 || bytes - lastSetBytes < neededBytes)
          );
        },
      ),
      { numRuns: 1000 },
    ),
  );
});
