import fc from 'fast-check';
import t from 'tap';
import {
  DAY_MS,
  formatDuration,
  formatExactDuration,
  HOUR_MS,
  MINUTE_MS,
  parseDuration,
} from '../../src/core/duration.ts';

t.test('durations are read', async (t) => {
  const cases: [string, number][] = [
    ['30d', 30 * DAY_MS],
    ['24h', DAY_MS],
    ['15m', 15 * MINUTE_MS],
    ['1w', 7 * DAY_MS],
    ['90s', 90_000],
    ['1h30m', 90 * MINUTE_MS],
    ['1w2d3h4m5s', 9 * DAY_MS + 3 * HOUR_MS + 4 * MINUTE_MS + 5000],
    ['0s', 0],
    [' 5m ', 5 * MINUTE_MS],
  ];
  for (const [text, ms] of cases) t.same(parseDuration(text), { ok: true, value: ms }, text);
});

t.test('what is not a duration is refused, with the way out', async (t) => {
  for (const text of ['', 'd', '-1d', '1.5h', '30m1h', '1d1d', '1 d', '5min', '1h 30m', '1D', '40000d', '999999999w']) {
    t.equal(parseDuration(text).ok, false, text);
  }
  t.match(parseDuration('24'), { problem: /24d, 24h, 24m/ });
  t.match(parseDuration('1y'), { problem: /365d/ });
  t.match(parseDuration('3 months'), { problem: /30d/ });
});

t.test('an exact duration reads back as itself', async (t) => {
  t.equal(formatExactDuration(DAY_MS), '1d');
  t.equal(formatExactDuration(90 * MINUTE_MS), '1h30m');
  t.equal(formatExactDuration(30 * DAY_MS), '30d');
  t.equal(formatExactDuration(0), '0s');
  fc.assert(
    fc.property(fc.nat({ max: 3_000_000_000 }), (seconds) => {
      const read = parseDuration(formatExactDuration(seconds * 1000));
      return read.ok && read.value === seconds * 1000;
    }),
  );
});

t.test('durations for people', async (t) => {
  const cases: [number, string][] = [
    [0, '0 s'],
    [40_000, '40 s'],
    [90_000, '90 s'],
    [5 * MINUTE_MS, '5 min'],
    [99 * MINUTE_MS, '99 min'],
    [100 * MINUTE_MS, '2 h'],
    [6 * HOUR_MS, '6 h'],
    [47 * HOUR_MS, '47 h'],
    [48 * HOUR_MS, '2 days'],
    [59 * DAY_MS, '59 days'],
    [274 * DAY_MS, '9 months'],
    [731 * DAY_MS, '2 years'],
    [-6 * HOUR_MS, '-6 h'],
  ];
  for (const [ms, text] of cases) t.equal(formatDuration(ms), text);
});
