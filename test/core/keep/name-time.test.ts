import t from 'tap';
import { nameTimeMs } from '../../../src/core/keep/name-time.ts';
import { compileMatch, matchKey } from '../../../src/core/series-match.ts';

function timeIn(match: string, key: string, timezone = 'Europe/Berlin'): string | null {
  const pattern = compileMatch(match);
  if (!pattern.ok) throw new Error(pattern.problem);
  const found = matchKey(pattern.value, key);
  if (found === null) throw new Error(`${match} does not match ${key}`);
  const timeMs = nameTimeMs(found, timezone);
  return timeMs === null ? null : new Date(timeMs).toISOString();
}

t.test('the time that a name tells', async (t) => {
  t.equal(timeIn('{date}.tar', '2026-11-20.tar'), '2026-11-19T23:00:00.000Z', 'the start of the day');
  t.equal(timeIn('{date}.tar', '2026-11-20.tar', 'America/New_York'), '2026-11-20T05:00:00.000Z');
  t.equal(timeIn('{date}.{hour}.sql', '2026-11-20.07.sql'), '2026-11-20T06:00:00.000Z');
  t.equal(timeIn('{date}.{hour}{minute}.sql', '2026-11-20.0759.sql'), '2026-11-20T06:59:00.000Z');
  t.equal(timeIn('{name}.tar', 'site.tar'), null, 'no date');
});

t.test('where clocks change', async (t) => {
  t.equal(timeIn('{date}.{hour}', '2026-10-25.02'), '2026-10-25T00:00:00.000Z', 'the first of two');
  t.equal(timeIn('{date}.{hour}', '2026-10-25.02b'), '2026-10-25T01:00:00.000Z', 'the second');
  t.equal(timeIn('{date}.{hour}', '2026-10-25.03'), '2026-10-25T02:00:00.000Z');
  t.equal(timeIn('{date}.{hour}', '2026-03-29.02'), '2026-03-29T01:00:00.000Z', 'a skipped hour is the next');
  t.equal(timeIn('{date}', '2022-03-27', 'Asia/Beirut'), '2022-03-26T22:00:00.000Z', 'a day without midnight');
  t.equal(timeIn('{date}.{hour}', '2022-03-27.00', 'Asia/Beirut'), '2022-03-26T22:00:00.000Z', 'stays on its day');
});

t.test('dates that no archive has', async (t) => {
  for (const year of ['0001', '1969', '2200', '9999']) t.equal(timeIn('{date}', `${year}-06-01`), null, year);
  t.not(timeIn('{date}', '1970-01-02'), null);
  t.not(timeIn('{date}', '2199-12-31'), null);
});
