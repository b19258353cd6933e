import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { addDays, compareDates, formatDate, parseDate, utcMs } from '../../src/core/calendar-date.ts';

/** Every real day: the days since 0001-01-01 in the proleptic Gregorian calendar. */
const anyDate = fc.integer({ min: -719_162, max: 2_932_896 }).map((days) => {
  const date = new Date(days * 86_400_000);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
});

t.test('only real days are dates', async (t) => {
  t.same(parseDate('2026-11-21'), { year: 2026, month: 11, day: 21 });
  t.same(parseDate('2024-02-29'), { year: 2024, month: 2, day: 29 });
  t.same(parseDate('2000-02-29'), { year: 2000, month: 2, day: 29 });
  for (const text of [
    '2026-02-29',
    '1900-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-04-31',
    '2026-01-00',
    '0000-01-01',
  ]) {
    t.equal(parseDate(text), null, text);
  }
  for (const text of ['', '2026-1-1', '20261121', '2026-11-21 ', '+2026-11-21', '２０２６-11-21', '2026-11-21\n']) {
    t.equal(parseDate(text), null, JSON.stringify(text));
  }
});

t.test('properties', async (t) => {
  fc.assert(fc.property(anyDate, (date) => isDeepStrictEqual(parseDate(formatDate(date)), date)));
  fc.assert(
    fc.property(anyDate, fc.integer({ min: -800, max: 800 }), (date, days) => {
      const moved = addDays(date, days);
      return moved === null || utcMs(moved) - utcMs(date) === days * 86_400_000;
    }),
  );
  fc.assert(
    fc.property(anyDate, anyDate, (a, b) => {
      const byText = formatDate(a) < formatDate(b) ? -1 : formatDate(a) > formatDate(b) ? 1 : 0;
      return Math.sign(compareDates(a, b)) === byText;
    }),
  );
  t.equal(addDays({ year: 1, month: 1, day: 1 }, -1), null);
  t.equal(addDays({ year: 9999, month: 12, day: 31 }, 1), null);
});
