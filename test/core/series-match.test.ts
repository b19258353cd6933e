import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { compileMatch, type KeyMatch, type MatchPattern, matchKey, matchSeries } from '../../src/core/series-match.ts';

const pattern = (text: string): MatchPattern => {
  const read = compileMatch(text);
  if (!read.ok) throw new Error(`${text}: ${read.problem}`);
  return read.value;
};
const NOTHING: KeyMatch = {
  date: null,
  hour: null,
  repeatedHour: false,
  minute: null,
  name: null,
  part: null,
  partAt: null,
};

t.test('tokens are found', async (t) => {
  const date = { year: 2026, month: 11, day: 21 };
  const cases: [string, string, Partial<KeyMatch> | null][] = [
    ['web1/{date}.tar.gz.gpg', 'web1/2026-11-21.tar.gz.gpg', { date }],
    ['web1/{date}.tar.gz.gpg', 'web1/2026-11-21.tar.gz.gpg.tmp', null],
    ['web1/{date}.tar.gz.gpg', 'web1/2026-02-30.tar.gz.gpg', null],
    ['web1/{date}.tar.gz.gpg', 'web2/2026-11-21.tar.gz.gpg', null],
    ['web1/{date}.{hour}.sql', 'web1/2026-11-21.02.sql', { date, hour: 2 }],
    ['web1/{date}.{hour}.sql', 'web1/2026-11-21.02b.sql', { date, hour: 2, repeatedHour: true }],
    ['web1/{date}.{hour}.sql', 'web1/2026-11-21.24.sql', null],
    ['{date}T{hour}{minute}b', '2026-11-21T2359b', { date, hour: 23, minute: 59 }],
    ['{date}T{hour}{minute}', '2026-11-21T02b59', { date, hour: 2, repeatedHour: true, minute: 59 }],
    ['{date}T{hour}{minute}', '2026-11-21T2360', null],
    ['{date}', '2026-11-21', { date }],
    ['site-{name}.{part}', 'site-www.example.com-2026.j01', { name: 'www.example.com-2026', part: 'j01', partAt: 26 }],
    ['site-{name}.{part}', 'site-.jpa', null],
    ['{name}.sql', `${'n'.repeat(100)}.sql`, { name: 'n'.repeat(100) }],
    ['{name}.sql', `${'n'.repeat(101)}.sql`, null],
    ['{name}', 'ä', null],
    ['a/*/b', 'a//b', {}],
    ['a/*/b', 'a/x/y/b', null],
    ['a/**/b', 'a/x/y/b', {}],
    ['**', '', {}],
    ['*', 'line\nbreak', {}],
    ['whole/key.tar', 'whole/key.tar', {}],
    ['whole/key.tar', 'whole/key.tar2', null],
    ['ab*ba', 'aba', null],
    ['ab*ba', 'abba', {}],
    ['{name}-{date}.sql', 'shop-eu-2026-11-21.sql', { name: 'shop-eu', date }],
    ['😀/{date}', '😀/2026-11-21', { date }],
  ];
  for (const [text, key, found] of cases) {
    t.same(
      matchKey(pattern(text), key),
      found === null ? null : { ...NOTHING, ...found },
      `${text} on ${key.slice(0, 40)}`,
    );
  }
});

t.test('what is not a pattern is refused', async (t) => {
  for (const text of [
    '',
    '/web1/{date}',
    'web1/',
    's3://b/{date}',
    '{dat}',
    '{DATE}',
    'a{',
    'a}b',
    '{{date}}',
    '***',
    '{date}{date}',
    '{hour}.sql',
    '{date}.{minute}',
    'x'.repeat(1025),
  ]) {
    t.equal(compileMatch(text).ok, false, text.slice(0, 40));
  }
  t.match(compileMatch('{dat}'), { problem: /nearest token is \{date\}/ });
});

t.test('the first series of the vault wins', async (t) => {
  const series = [
    { name: 'other', vault: 'home', match: pattern('**') },
    { name: 'sql', vault: 'web', match: pattern('web1/{date}.sql') },
    { name: 'rest', vault: 'web', match: pattern('web1/*') },
  ];
  t.equal(matchSeries(series, 'web', 'web1/2026-11-21.sql')?.series.name, 'sql');
  t.equal(matchSeries(series, 'web', 'web1/2026-11-31.sql')?.series.name, 'rest', 'no such day');
  t.equal(matchSeries(series, 'web', 'web2/x'), null);
});

/** The same by JavaScript's backtracking: the reference on short keys. */
function byRegExp(text: string, key: string): KeyMatch | null {
  const source = text
    .split(/(\{[a-z]+\}|\*+)/)
    .map((piece) => REFERENCE[piece] ?? piece.replace(/[.\\/-]/g, '\\$&'))
    .join('');
  const groups = new RegExp(`^${source}$`, 'ds').exec(key);
  if (groups === null) return null;
  const { date, hour, minute, name, part } = groups.groups ?? {};
  return {
    date:
      date === undefined
        ? null
        : { year: Number(date.slice(0, 4)), month: Number(date.slice(5, 7)), day: Number(date.slice(8)) },
    hour: hour === undefined ? null : Number.parseInt(hour, 10),
    repeatedHour: hour?.endsWith('b') ?? false,
    minute: minute === undefined ? null : Number(minute),
    name: name ?? null,
    part: part ?? null,
    partAt: groups.indices?.groups?.part?.[0] ?? null,
  };
}
const REFERENCE: Readonly<Record<string, string>> = {
  '{date}': '(?<date>2026-11-2[01]|2026-02-28)',
  '{hour}': '(?<hour>(?:[01][0-9]|2[0-3])(?:b|))',
  '{minute}': '(?<minute>[0-5][0-9])',
  '{name}': '(?<name>[A-Za-z0-9._-]{1,100})',
  '{part}': '(?<part>[A-Za-z0-9]{1,16})',
  '*': '[^/]*',
  '**': '.*',
};

t.test('property: the same as a regular expression finds', async (t) => {
  const piece = fc.constantFrom(
    '{date}',
    '{hour}',
    '{minute}',
    '{name}',
    '{part}',
    '*',
    '**',
    'a',
    'b',
    '.',
    '/',
    'ab',
    '-',
  );
  const text = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
  const fragment = fc.constantFrom(
    '2026-11-20',
    '2026-11-21',
    '2026-02-28',
    '02',
    '02b',
    '23',
    '59',
    'a',
    'b',
    'ab',
    '.',
    '/',
    '-',
    'jpa',
    '\n',
  );
  const key = fc.array(fragment, { maxLength: 7 }).map((fragments) => fragments.join(''));
  // Keys made from the pattern, so that many match.
  const fitting = (from: string) =>
    fc.array(fragment, { minLength: 8, maxLength: 8 }).map((fill) => {
      let next = 0;
      return from.replace(/\{[a-z]+\}|\*+/g, (token) =>
        token === '{date}'
          ? '2026-11-21'
          : token === '{hour}'
            ? '02b'
            : token === '{minute}'
              ? '59'
              : (fill[next++] ?? ''),
      );
    });
  let matched = 0;
  fc.assert(
    fc.property(
      text
        .filter((candidate) => compileMatch(candidate).ok)
        .chain((from) => fc.tuple(fc.constant(from), fc.oneof(key, fitting(from)))),
      ([from, candidate]) => {
        const found = matchKey(pattern(from), candidate);
        if (found !== null) matched += 1;
        return isDeepStrictEqual(found, byRegExp(from, candidate));
      },
    ),
    { numRuns: 1500 },
  );
  t.ok(matched > 300, `${matched} matched`);
});

t.test('hostile keys cost no more than pattern times key', async (t) => {
  const hostile: [string, string][] = [
    ['*a*a*a*a*a*a*a*a*a*a*b', `${'a'.repeat(1023)}!`],
    ['**a**a**a**a**a**a**a**ab*b', `${'a'.repeat(1022)}!b`],
    ['{name}*{part}*a*.*b', 'a.'.repeat(512)],
    [`${'*a'.repeat(400)}!*b`, `${'a'.repeat(1022)}!c`],
    ['**/**/**/**/**/*.{part}', `${'/'.repeat(1020)}..x.`],
    ['{date}**{name}**x*y', '2026-11-21'.repeat(102)],
  ];
  const started = performance.now();
  for (const [text, key] of hostile) for (let round = 0; round < 10; round += 1) matchKey(pattern(text), key);
  t.ok(performance.now() - started < 2000, 'backtracking would take years');

  // Twice the key takes about twice the time, not four times: measured on keys too long for S3, so that the clock sees it.
  const matcher = pattern('*a*a*a*a*a*a*b*');
  const timed = (length: number): number => {
    const key = `${'a'.repeat(length)}!`;
    let best = Number.POSITIVE_INFINITY;
    // So many that some are undisturbed: others may be at work on this machine.
    for (let round = 0; round < 30; round += 1) {
      const start = performance.now();
      matchKey(matcher, key);
      best = Math.min(best, performance.now() - start);
    }
    return best;
  };
  timed(50_000);
  t.ok(timed(400_000) < 8 * 3 * timed(50_000), 'linear within a factor of three');
});
