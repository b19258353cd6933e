import t from 'tap';
import { parseDailyWindow } from '../../src/core/config/daily-window.ts';
import { dailySpanAt } from '../../src/core/daily-span.ts';

function spanAt(window: string, at: string, timezone = 'Europe/Berlin'): string | null {
  const read = parseDailyWindow(window);
  if (!read.ok) throw new Error(window);
  const span = dailySpanAt(read.value, Date.parse(at), timezone);
  return span === null
    ? null
    : [span.startMs, span.endMs].map((ms) => new Date(ms).toISOString().slice(5, 16)).join(' ');
}

t.test('within a day, the end exclusive', async (t) => {
  t.equal(spanAt('02:00-06:00', '2026-11-20T00:59:59Z'), null);
  t.equal(spanAt('02:00-06:00', '2026-11-20T01:00:00Z'), '11-20T01:00 11-20T05:00');
  t.equal(spanAt('02:00-06:00', '2026-11-20T04:59:59Z'), '11-20T01:00 11-20T05:00');
  t.equal(spanAt('02:00-06:00', '2026-11-20T05:00:00Z'), null);
});

t.test('across midnight it is one night, before and after', async (t) => {
  t.equal(spanAt('22:00-06:00', '2026-11-20T22:30:00Z'), '11-20T21:00 11-21T05:00');
  t.equal(spanAt('22:00-06:00', '2026-11-21T03:30:00Z'), '11-20T21:00 11-21T05:00');
  t.equal(spanAt('22:00-06:00', '2026-11-21T05:00:00Z'), null);
});

t.test('the whole day, and until midnight', async (t) => {
  t.equal(spanAt('00:00-24:00', '2026-11-20T12:00:00Z', 'UTC'), '11-20T00:00 11-21T00:00');
  t.equal(spanAt('23:00-24:00', '2026-12-31T23:59:59Z', 'UTC'), '12-31T23:00 01-01T00:00');
});

t.test('daylight saving takes an hour or gives one', async (t) => {
  t.equal(
    spanAt('02:00-06:00', '2026-03-29T02:00:00Z'),
    '03-29T00:00 03-29T04:00',
    '02:00 is skipped; 01:00 stands for it',
  );
  t.equal(spanAt('01:00-06:00', '2026-10-25T02:00:00Z'), '10-24T23:00 10-25T05:00');
});
