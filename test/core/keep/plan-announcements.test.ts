import fc from 'fast-check';
import t from 'tap';
import { DAY_MS, HOUR_MS } from '../../../src/core/duration.ts';
import { type AnnounceEntry, planAnnouncements } from '../../../src/core/keep/plan-announcements.ts';

const NOW_MS = Date.UTC(2026, 10, 22);

function plan(remove: readonly number[], ...entries: [id: number, announcedAtMs: number | null, set?: string][]) {
  const { dueAtMs, ...rest } = planAnnouncements({
    remove,
    entries: entries.map(([id, announcedAtMs, set = null]) => ({ id, announcedAtMs, set })),
    trustedNowMs: NOW_MS,
    announceMs: DAY_MS,
  });
  return { ...rest, dueAtMs: [...dueAtMs] };
}

t.test('planned for the first time: announced, due a day later', async (t) => {
  const due = [1, NOW_MS + DAY_MS];
  t.strictSame(plan([1], [1, null], [2, null]), { announce: [1], withdraw: [], due: [], dueAtMs: [due] });
});

t.test('announced for long enough: due, and not a moment earlier', async (t) => {
  t.match(plan([1], [1, NOW_MS - DAY_MS]), { announce: [], due: [1], dueAtMs: [] });
  t.match(plan([1], [1, NOW_MS - DAY_MS + 1]), { announce: [], due: [], dueAtMs: [[1, NOW_MS + 1]] });
});

t.test('not planned any more: withdrawn', async (t) => {
  t.match(plan([], [1, NOW_MS - 9 * DAY_MS]), { withdraw: [1], due: [] });
});

t.test('announced by a clock that was ahead: anew', async (t) => {
  t.match(plan([1], [1, NOW_MS + HOUR_MS]), { announce: [1], due: [], dueAtMs: [[1, NOW_MS + DAY_MS]] });
  t.match(plan([1], [1, NOW_MS + 1000]), { announce: [], due: [], dueAtMs: [[1, NOW_MS + 1000 + DAY_MS]] });
});

t.test('the parts of a set wait for each other', async (t) => {
  const long = NOW_MS - 9 * DAY_MS;
  t.match(plan([1, 2, 3], [1, long, 'a'], [2, NOW_MS - HOUR_MS, 'a'], [3, long, 'b']), {
    due: [3],
    dueAtMs: [
      [1, NOW_MS + DAY_MS - HOUR_MS],
      [2, NOW_MS + DAY_MS - HOUR_MS],
    ],
  });
  t.match(plan([1, 2], [1, long, 'a'], [2, null, 'a']), { announce: [2], due: [] });
});

t.test('what is due was planned and announced for as long, whatever comes', async () => {
  const entry = fc.record({
    id: fc.nat(9),
    set: fc.constantFrom(null, 'a', 'b'),
    announcedAtMs: fc.option(fc.integer({ min: NOW_MS - 3 * DAY_MS, max: NOW_MS + DAY_MS }), { nil: null }),
  });
  fc.assert(
    fc.property(fc.uniqueArray(entry, { selector: ({ id }) => id }), fc.uniqueArray(fc.nat(12)), (entries, remove) => {
      const { due, dueAtMs, withdraw, announce } = planAnnouncements({
        remove,
        entries,
        trustedNowMs: NOW_MS,
        announceMs: DAY_MS,
      });
      const isLong = ({ announcedAtMs }: AnnounceEntry) => announcedAtMs !== null && announcedAtMs <= NOW_MS - DAY_MS;
      const known = new Map(entries.map((one) => [one.id, one]));
      return (
        due.every((id) => remove.includes(id) && isLong(known.get(id) ?? { id, set: null, announcedAtMs: null })) &&
        withdraw.every((id) => !remove.includes(id)) &&
        announce.every((id) => remove.includes(id) && !due.includes(id)) &&
        due.length + dueAtMs.size === remove.filter((id) => known.has(id)).length
      );
    }),
  );
});
