import t from 'tap';
import { type FreshnessFacts, graceMs, judgeFreshness } from '../../src/core/freshness.ts';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
const NOW = 1000 * DAY;

const cases: [name: string, facts: Partial<FreshnessFacts>, freshness: string, expectedByMs: number | null][] = [
  ['young', { newestMs: NOW - HOUR }, 'fresh', NOW + 23 * HOUR],
  ['due, within its grace', { newestMs: NOW - 36 * HOUR }, 'fresh', NOW - 12 * HOUR],
  ['past its grace', { newestMs: NOW - 36 * HOUR - 1 }, 'overdue', NOW - 12 * HOUR - 1],
  ['hourly: grace is one hour', { newestMs: NOW - 2 * HOUR, expectEveryMs: HOUR }, 'fresh', NOW - HOUR],
  ['hourly: past it', { newestMs: NOW - 2 * HOUR - 1, expectEveryMs: HOUR }, 'overdue', NOW - HOUR - 1],
  ['nothing yet', { newestMs: null }, 'empty', null],
  ['nothing expected', { newestMs: NOW, expectEveryMs: null }, 'unknown', null],
  ['nothing expected, nothing there', { newestMs: null, expectEveryMs: null }, 'empty', null],
  ['catalog not readable', { newestMs: undefined }, 'unknown', null],
  ['clocks differ a little', { newestMs: NOW + HOUR }, 'fresh', NOW + 25 * HOUR],
  ['an archive from the future is no proof of freshness', { newestMs: NOW + HOUR + 1 }, 'unknown', NOW + 25 * HOUR + 1],
];

for (const [name, facts, freshness, expectedByMs] of cases) {
  t.test(name, async (t) => {
    t.match(judgeFreshness({ newestMs: NOW, newestDoubtedMs: null, expectEveryMs: DAY, nowMs: NOW, ...facts }), {
      freshness,
      expectedByMs,
    });
  });
}

t.test('grace is half the interval, at least an hour', async (t) => {
  t.equal(graceMs(DAY), 12 * HOUR);
  t.equal(graceMs(HOUR), HOUR);
  t.equal(graceMs(60_000), HOUR);
});
