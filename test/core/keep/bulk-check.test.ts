import t from 'tap';
import {
  type Arrivals,
  arrivalWindowMs,
  findBulk,
  isBulkOver,
  NO_ARRIVALS,
} from '../../../src/core/keep/bulk-check.ts';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
const NOW = 1000 * DAY;
const usual: Arrivals = { recent: 1, lastBeforeMs: NOW - 25 * HOUR, storedBefore: 3, perDay: [1, 1, 1], mostLately: 1 };

const cases: [what: string, change: Partial<Arrivals>, expectEveryMs: number | null, isBulk: boolean][] = [
  ['what comes every day', {}, DAY, false],
  ['twenty are never a bulk', { recent: 20 }, DAY, false],
  ['twenty-one where one is expected', { recent: 21 }, DAY, true],
  ['a hundred in a day of an hourly series', { recent: 100 }, HOUR, false],
  ['more than five times 25', { recent: 126 }, HOUR, true],
  ['the first pull', { recent: 5000, lastBeforeMs: null, storedBefore: 0 }, DAY, false],
  ['two before: still being filled', { recent: 5000, storedBefore: 2 }, DAY, false],
  ['three weeks of an hourly series, held up', { recent: 504, lastBeforeMs: NOW - 21 * DAY }, HOUR, false],
  ['twenty times as many as were held up', { recent: 10_080, lastBeforeMs: NOW - 21 * DAY }, HOUR, true],
  ['a monthly series', { recent: 21, lastBeforeMs: NOW - 31 * DAY }, 30 * DAY, true],
  ['its own history instead of expectEvery', { recent: 100, perDay: [24, 24, 24] }, null, false],
  ['far beyond its own history', { recent: 150, perDay: [24, 24, 24] }, null, true],
  ['one big day does not make its history', { recent: 100, perDay: [1, 1, 5000] }, null, true],
  ['no history at all', { recent: 21, perDay: [] }, null, true],
];
for (const [what, change, expectEveryMs, isBulk] of cases) {
  t.equal(findBulk({ ...usual, ...change }, expectEveryMs, NOW) !== null, isBulk, what);
}

t.test('over after seven days with no more than expected', async (t) => {
  const over = (days: number, mostLately: number) =>
    isBulkOver({ ...usual, mostLately }, { beganAtMs: NOW - days * DAY, expectEveryMs: DAY, nowMs: NOW });
  t.equal(over(6.9, 1), false);
  t.equal(over(7, 1), true);
  t.equal(over(7, 21), false);
  t.equal(
    isBulkOver(NO_ARRIVALS, { beganAtMs: NOW + DAY, expectEveryMs: null, nowMs: NOW }),
    false,
    'the clock set back',
  );
});

t.test('the window is a day, or one interval of a slower series', async (t) => {
  t.equal(arrivalWindowMs(null), DAY);
  t.equal(arrivalWindowMs(HOUR), DAY);
  t.equal(arrivalWindowMs(7 * DAY), 7 * DAY);
});
