import fc from 'fast-check';
import t from 'tap';
import { type BucketRule, bucketAt, bucketEndMs, bucketLabel } from '../../../src/core/keep/keep-bucket.ts';
import { offsetMsAt } from '../../../src/core/timezone-offset.ts';
import { anyTimezone, at } from './keep-fixture.ts';
import { endOf, labelOf } from './naive-rules.ts';

const rule = fc.constantFrom<BucketRule>('hourly', 'daily', 'weekly', 'monthly', 'yearly');

t.test('labels', async (t) => {
  const local = at('2026-01-01T05:59:59Z');
  t.equal(bucketLabel('hourly', bucketAt('hourly', local)), '2026-01-01 05 h');
  t.equal(bucketLabel('daily', bucketAt('daily', local)), '2026-01-01');
  t.equal(bucketLabel('weekly', bucketAt('weekly', local)), '2026-W01');
  t.equal(bucketLabel('monthly', bucketAt('monthly', local)), '2026-01');
  t.equal(bucketLabel('yearly', bucketAt('yearly', local)), '2026');
  const weeks = {
    '2021-01-03': '2020-W53',
    '2021-01-04': '2021-W01',
    '2024-12-30': '2025-W01',
    '2023-01-01': '2022-W52',
  };
  for (const [day, week] of Object.entries(weeks)) {
    t.equal(bucketLabel('weekly', bucketAt('weekly', at(`${day}T12:00:00Z`))), week, day);
  }
});

t.test('years before 100 and after 9999 are years', async (t) => {
  for (const time of ['0050-06-01T00:00:00Z', '+010000-06-01T00:00:00Z', '-000001-06-01T00:00:00Z']) {
    const { startLocalMs, endLocalMs } = bucketAt('yearly', at(time));
    t.ok(startLocalMs <= at(time) && at(time) < endLocalMs && endLocalMs - startLocalMs <= 366 * 86_400_000, time);
  }
});

t.test('ends, where clocks change', async (t) => {
  const cases: [rule: BucketRule, timezone: string, inside: string, end: string][] = [
    ['daily', 'Europe/Berlin', '2026-10-25T10:00:00Z', '2026-10-25T23:00:00Z'],
    ['daily', 'Europe/Berlin', '2026-10-24T22:30:00Z', '2026-10-25T23:00:00Z'],
    ['hourly', 'Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-25T02:00:00Z'],
    ['hourly', 'Europe/Berlin', '2026-10-25T01:30:00Z', '2026-10-25T02:00:00Z'],
    ['hourly', 'Europe/Berlin', '2026-10-24T23:30:00Z', '2026-10-25T00:00:00Z'],
    ['hourly', 'Europe/Berlin', '2026-03-29T00:30:00Z', '2026-03-29T01:00:00Z'],
    ['hourly', 'Australia/Lord_Howe', '2026-04-04T14:45:00Z', '2026-04-04T15:30:00Z'],
    // 27 March 2022 began at 01:00 in Beirut: the day before ended when the clock jumped.
    ['daily', 'Asia/Beirut', '2022-03-26T12:00:00Z', '2022-03-26T22:00:00Z'],
    // There was no 30 December 2011 in Samoa.
    ['daily', 'Pacific/Apia', '2011-12-30T05:00:00Z', '2011-12-30T10:00:00Z'],
    ['yearly', 'Europe/Berlin', '2026-07-01T00:00:00Z', '2026-12-31T23:00:00Z'],
  ];
  for (const [rule, timezone, inside, end] of cases) {
    const bucket = bucketAt(rule, at(inside) + offsetMsAt(at(inside), timezone));
    t.equal(
      new Date(bucketEndMs(bucket, at(inside), timezone)).toISOString(),
      end.replace('Z', '.000Z'),
      `${rule} ${timezone} ${inside}`,
    );
  }
});

t.test('property: labels and ends are those that a calendar finds', async (t) => {
  const instant = fc.integer({ min: at('2011-01-01T00:00:00Z') / 1000, max: at('2030-01-01T00:00:00Z') / 1000 });
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(rule, anyTimezone, instant, (rule, timezone, seconds) => {
        const timeMs = seconds * 1000;
        const bucket = bucketAt(rule, timeMs + offsetMsAt(timeMs, timezone));
        const label = bucketLabel(rule, bucket);
        if (label !== labelOf(rule, timeMs, timezone)) throw new Error(label);
        return bucketEndMs(bucket, timeMs, timezone) === endOf(rule, timeMs, timezone);
      }),
      { numRuns: 500 },
    ),
  );
});
