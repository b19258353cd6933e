import fc from 'fast-check';
import t from 'tap';
import { DAY_MS, HOUR_MS } from '../../../src/core/duration.ts';
import { type PlannedArchive, planAnnouncements } from '../../../src/core/keep/plan-announcements.ts';

const NOW_MS = Date.UTC(2026, 10, 22);
const LONG_MS = NOW_MS - 9 * DAY_MS;

function plan(...archives: [announcedAtMs: number, set?: string][]) {
  const planned = archives.map(([announcedAtMs, set = null]) => ({ announcedAtMs, set }));
  return planned.map(planAnnouncements(planned, { trustedNowMs: NOW_MS, announceMs: DAY_MS }));
}

t.test('planned for the first time: announced, due a day later', async (t) => {
  const verdict = { isNew: true, announcedAtMs: NOW_MS, dueAtMs: NOW_MS + DAY_MS, isDue: false };
  t.strictSame(plan([Number.NaN]), [verdict]);
});

t.test('announced for long enough: due, and not a moment earlier', async (t) => {
  t.match(plan([NOW_MS - DAY_MS]), [{ isNew: false, isDue: true }]);
  t.match(plan([NOW_MS - DAY_MS + 1]), [{ isNew: false, isDue: false, dueAtMs: NOW_MS + 1 }]);
});

t.test('announced by a clock that was ahead: anew', async (t) => {
  t.match(plan([NOW_MS + HOUR_MS]), [{ isNew: true, announcedAtMs: NOW_MS, isDue: false }]);
  t.match(plan([NOW_MS + 1000]), [{ isNew: false, announcedAtMs: NOW_MS + 1000 }], 'a little ahead is no other clock');
});

t.test('the parts of a set wait for each other', async (t) => {
  const dueAtMs = NOW_MS + DAY_MS - HOUR_MS;
  const waiting = { isNew: false, isDue: false, dueAtMs };
  t.match(plan([LONG_MS, 'a'], [NOW_MS - HOUR_MS, 'a'], [LONG_MS, 'b']), [waiting, waiting, { isDue: true }]);
  t.match(plan([LONG_MS, 'a'], [Number.NaN, 'a']), [{ isDue: false }, { isNew: true, isDue: false }]);
});

t.test('what is due was announced for as long, with its whole set, whatever comes', async () => {
  const announcedAtMs = fc.oneof(
    fc.constant(Number.NaN),
    fc.integer({ min: NOW_MS - 3 * DAY_MS, max: NOW_MS + DAY_MS }),
    fc.double(),
  );
  const archive = fc.record({ set: fc.constantFrom(null, 'a', 'b'), announcedAtMs });
  fc.assert(
    fc.property(fc.array(archive), (planned: PlannedArchive[]) => {
      const verdicts = planned.map(planAnnouncements(planned, { trustedNowMs: NOW_MS, announceMs: DAY_MS }));
      const isLong = (one: PlannedArchive) => one.announcedAtMs <= NOW_MS - DAY_MS;
      return planned.every((one, index) => {
        const all = one.set === null ? [one] : planned.filter(({ set }) => set === one.set);
        return verdicts[index]?.isDue === all.every(isLong) && !(verdicts[index].isNew && verdicts[index].isDue);
      });
    }),
  );
});
