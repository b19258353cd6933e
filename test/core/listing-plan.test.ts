import fc from 'fast-check';
import t from 'tap';
import { addDays, compareDates, formatDate, parseDate } from '../../src/core/calendar-date.ts';
import { compareKeys } from '../../src/core/key-order.ts';
import { type PlannedListing, planListings } from '../../src/core/listing-plan.ts';
import { compileMatch, matchKey } from '../../src/core/series-match.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');

function named(matches: Readonly<Record<string, string>>) {
  return Object.entries(matches).map(([name, text]) => {
    const match = compileMatch(text);
    if (!match.ok) throw new Error(match.problem);
    return { name, match: match.value };
  });
}

function plan(
  matches: Readonly<Record<string, string>>,
  newest: Readonly<Record<string, string>>,
  { vaultPrefix = '', trustedNowMs = NOW as number | null, timezone = 'UTC' } = {},
) {
  const newestMatchedKeyBySeries = new Map(Object.entries(newest));
  return planListings({ series: named(matches), vaultPrefix, newestMatchedKeyBySeries, trustedNowMs, timezone });
}
const ends = (listings: readonly PlannedListing[]) => listings.map(({ prefix, startAfter }) => [prefix, startAfter]);

t.test('without series: everything', async (t) => {
  t.same(ends(plan({}, {}, { vaultPrefix: 'web1/' })), [['web1/', null]]);
});

t.test('one listing for each folder, from before the newest name', async (t) => {
  const listings = plan(
    { files: 'web1/{date}.tar', sql: 'web1/{date}.{hour}.sql', home: 'home/{date}.tar' },
    { files: 'web1/2026-11-20.tar', sql: 'web1/2026-11-10.05.sql', home: 'home/2026-11-21.tar' },
  );
  // Two days of margin, and the day before them because the start is exclusive.
  t.same(ends(listings), [
    ['home/', 'home/2026-11-18'],
    ['web1/', 'web1/2026-11-07'],
  ]);
  t.same(listings[1]?.series, ['files', 'sql']);
  t.match(listings[1]?.reason, /sql: from 2026-11-08/);
});

t.test('a name dated in the future hides nothing: the listing begins before today', async (t) => {
  t.same(ends(plan({ a: 'w/{date}.tar' }, { a: 'w/9999-12-31.tar' })), [['w/', 'w/2026-11-18']]);
  const kiritimati = plan({ a: 'w/{date}.tar' }, { a: 'w/9999-12-31.tar' }, { timezone: 'Pacific/Kiritimati' });
  t.same(ends(kiritimati), [['w/', 'w/2026-11-19']], "today is the owner's");
});

t.test('the whole folder where a start would be a guess', async (t) => {
  const whole = [['w/', null]];
  t.same(ends(plan({ a: 'w/{date}.tar' }, {})), whole, 'no archive yet');
  t.same(ends(plan({ a: 'w/{name}-{date}.tar' }, { a: 'w/x-2026-11-20.tar' })), whole, 'names do not sort by date');
  t.same(ends(plan({ a: 'w/{date}.tar' }, { a: 'w/other' })), whole, 'another kind of name');
  t.same(ends(plan({ a: 'w/{date}.tar' }, { a: 'w/2026-11-20.tar' }, { trustedNowMs: null })), whole, 'clock in doubt');
  t.same(ends(plan({ a: 'w/{date}.tar' }, { a: 'w/0001-01-02.tar' })), whole, 'no day before');
  t.same(ends(plan({ a: 'w/backup.tar' }, { a: 'w/backup.tar' })), [['w/backup.tar', null]], 'one key');
});

t.test("the vault's prefix narrows", async (t) => {
  const newest = { a: 'w/2026-11-20.tar' };
  t.same(ends(plan({ a: 'w/{date}.tar' }, newest, { vaultPrefix: 'w/2026' })), [['w/2026', 'w/2026-11-17']]);
  t.same(ends(plan({ a: 'w/{date}.tar' }, newest, { vaultPrefix: 'x/' })), [], 'nothing of it can be in there');
});

t.test('folders inside folders are listed once', async (t) => {
  t.same(ends(plan({ all: '**', a: 'w/{date}.tar' }, { a: 'w/2026-11-20.tar' })), [['', null]]);
  t.same(
    ends(plan({ a: 'w/{date}.tar', b: 'w/sql-{date}' }, { a: 'w/2026-11-20.tar', b: 'w/sql-2026-11-20' })),
    [['w/', 'w/2026-11-17']],
    'names after the start are in the listing anyway',
  );
  t.same(
    ends(plan({ a: 'w/{date}.tar', b: 'w/1-{date}' }, { a: 'w/2026-11-20.tar', b: 'w/1-2026-11-20' })),
    [
      ['w/', 'w/2026-11-17'],
      ['w/1-', 'w/1-2026-11-17'],
    ],
    'names before the start need a listing of their own, which shares no key with the other',
  );
  t.same(
    ends(plan({ a: 'w/{date}.tar', b: 'w/1-{date}', c: 'w/2*' }, { a: 'w/2026-11-20.tar', b: 'w/1-2026-11-20' })),
    [['w/', null]],
    'a start that is given up reaches what was apart',
  );
});

t.test('property: nothing due is skipped, nothing is listed twice', async (t) => {
  const folder = fc.constantFrom(
    '',
    'w',
    'w/',
    'w/1',
    'w/2',
    'w/20',
    'w/2026-',
    'w/sql-',
    'x/',
    'w/2026-11-1',
    '😀/',
    '\uffff/',
    'w/9',
  );
  const form = fc.constantFrom('{date}', '{date}.tar', '{date}.{hour}.sql', '{name}-{date}', '*', 'k', '{date}*');
  const text = fc.tuple(folder, form).map((pieces) => pieces.join(''));
  const date = fc
    .integer({ min: -40, max: 40 })
    .map((days) => formatDate(addDays({ year: 2026, month: 11, day: 21 }, days) ?? { year: 1, month: 1, day: 1 }));
  const keyOf = (pattern: string, day: string) =>
    pattern.replace('{date}', day).replace('{hour}', '02b').replace('{name}', 'shop').replace('*', day.slice(9));
  let checked = 0;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(text, fc.option(date)), { minLength: 1, maxLength: 5 }),
      fc.constantFrom('', 'w/', 'w/2026'),
      fc.array(date, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: -30, max: 30 }),
      (wanted, vaultPrefix, days, clockDays) => {
        const trustedNowMs = NOW + clockDays * 86_400_000;
        const matches = Object.fromEntries(wanted.map(([pattern], index) => [`s${index}`, pattern]));
        const newest = Object.fromEntries(
          wanted.flatMap(([pattern, day], index) => (day === null ? [] : [[`s${index}`, keyOf(pattern, day)]])),
        );
        const listings = plan(matches, newest, { vaultPrefix, trustedNowMs });
        const listedIn = (key: string) =>
          listings.filter(
            ({ prefix, startAfter }) =>
              key.startsWith(prefix) && (startAfter === null || compareKeys(key, startAfter) > 0),
          ).length;
        const today = parseDate(new Date(trustedNowMs).toISOString().slice(0, 10));
        for (const [index, [pattern, newestDay]] of wanted.entries()) {
          const series = named({ only: pattern })[0];
          for (const day of days) {
            const key = keyOf(pattern, day);
            const found = series === undefined ? null : matchKey(series.match, key);
            if (found === null || !key.startsWith(vaultPrefix)) continue;
            if (listedIn(key) > 1) return false;
            const known = newestDay === null ? null : parseDate(newestDay);
            const from =
              known === null || today === null ? null : addDays(compareDates(known, today) < 0 ? known : today, -2);
            const due = found.date === null || from === null || compareDates(found.date, from) >= 0;
            if (due) checked += 1;
            if (due && listedIn(key) !== 1) throw new Error(`s${index} ${key} ${JSON.stringify(listings)}`);
          }
        }
        return true;
      },
    ),
    { numRuns: 2000 },
  );
  t.ok(checked > 2000, `${checked} keys were due`);
});
