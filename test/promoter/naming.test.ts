import fc from 'fast-check';
import t from 'tap';
import { compileMatch, matchKey } from '../../src/core/series-match.ts';
import { isRepeatedHour, localFieldsAt } from '../../src/core/zoned-time.ts';
import { compileNamePattern } from '../../src/promoter/name-pattern.ts';
import { createNaming } from '../../src/promoter/naming.ts';
import { codePoint } from '../support/code-point.ts';

const rule = (upload: string, becomes: string) => ({ upload, becomes, minSizeBytes: 1, maxSizeBytes: 1000 });
const RULES = [
  rule('backup.tar.gz.gpg', '{date}.tar.gz.gpg'),
  rule('sql.gz.gpg', '{date}.{hour}.sql.gz.gpg'),
  rule('db/{name}.sql.gpg', 'db/{date}.{hour}.{name}.sql.gpg'),
  rule('site-{name}.{part}', '{name}/{date}-{hour}.{part}'),
];
const naming = (timezone: string, rules = RULES, prefix = 'web1/') =>
  createNaming({ inbox: 'i', vault: 'v', timezone, servers: [{ name: 'web1', prefix, rules }] });
const nameAt = (timezone: string, time: string, key = 'web1/sql.gz.gpg') =>
  naming(timezone).find(key)?.keyAt(Date.parse(time)) ?? null;

const HOURS: readonly (readonly [zone: string, rows: readonly (readonly [utc: string, dateAndHour: string])[]])[] = [
  [
    'Europe/Berlin',
    [
      ['2026-03-29T00:59:59Z', '2026-03-29.01'],
      ['2026-03-29T01:00:00Z', '2026-03-29.03'],
      ['2026-03-28T22:59:59Z', '2026-03-28.23'],
      ['2026-03-28T23:00:00Z', '2026-03-29.00'],
      ['2026-10-24T23:59:59Z', '2026-10-25.01'],
      ['2026-10-25T00:00:00Z', '2026-10-25.02'],
      ['2026-10-25T00:59:59.999Z', '2026-10-25.02'],
      ['2026-10-25T01:00:00Z', '2026-10-25.02b'],
      ['2026-10-25T01:59:59.999Z', '2026-10-25.02b'],
      ['2026-10-25T02:00:00Z', '2026-10-25.03'],
      ['2026-12-31T22:59:59Z', '2026-12-31.23'],
      ['2026-12-31T23:00:00Z', '2027-01-01.00'],
    ],
  ],
  [
    // Half an hour, back from 02:00 to 01:30.
    'Australia/Lord_Howe',
    [
      ['2026-04-04T14:45:00Z', '2026-04-05.01'],
      ['2026-04-04T15:00:00Z', '2026-04-05.01b'],
      ['2026-04-04T15:29:59Z', '2026-04-05.01b'],
      ['2026-04-04T15:30:00Z', '2026-04-05.02'],
      ['2026-10-03T15:29:59Z', '2026-10-04.01'],
      ['2026-10-03T15:30:00Z', '2026-10-04.02'],
    ],
  ],
  [
    // At midnight: the day begins at 01:00, and ends with 23:00 twice.
    'America/Santiago',
    [
      ['2026-09-06T03:59:59Z', '2026-09-05.23'],
      ['2026-09-06T04:00:00Z', '2026-09-06.01'],
      ['2026-04-05T02:30:00Z', '2026-04-04.23'],
      ['2026-04-05T03:30:00Z', '2026-04-04.23b'],
      ['2026-04-05T04:00:00Z', '2026-04-05.00'],
    ],
  ],
  [
    'Asia/Beirut',
    [
      ['2026-03-28T21:59:59Z', '2026-03-28.23'],
      ['2026-03-28T22:00:00Z', '2026-03-29.01'],
      ['2026-10-24T20:30:00Z', '2026-10-24.23'],
      ['2026-10-24T21:30:00Z', '2026-10-24.23b'],
    ],
  ],
  ['Asia/Kathmandu', [['2026-11-20T18:15:00Z', '2026-11-21.00']]],
  ['UTC', [['2026-11-20T23:59:59.999Z', '2026-11-20.23']]],
];

for (const [zone, rows] of HOURS) {
  t.test(`hours in ${zone}`, async (t) => {
    for (const [utc, dateAndHour] of rows) {
      t.equal(nameAt(zone, utc), `web1/${dateAndHour}.sql.gz.gpg`, utc);
      t.equal(nameAt(zone, utc, 'web1/backup.tar.gz.gpg'), `web1/${dateAndHour.slice(0, 10)}.tar.gz.gpg`, utc);
    }
  });
}

t.test('every name that was possible between two times', async (t) => {
  const sql = naming('Europe/Berlin').find('web1/sql.gz.gpg');
  const between = (from: string, to: string) =>
    sql
      ?.keysBetween(Date.parse(from), Date.parse(to))
      .map((key) => key.slice('web1/2026-'.length, -'.sql.gz.gpg'.length));
  t.same(between('2026-10-25T00:59:59Z', '2026-10-25T02:00:00Z'), ['10-25.02', '10-25.02b', '10-25.03']);
  t.same(between('2026-10-25T00:10:00Z', '2026-10-25T00:59:59Z'), ['10-25.02']);
  t.same(between('2026-03-29T00:59:59Z', '2026-03-29T01:00:00Z'), ['03-29.01', '03-29.03']);
  t.same(between('2026-06-01T12:00:00Z', '2026-06-01T12:00:00Z'), ['06-01.14']);
  t.same(between('2026-06-01T12:00:00Z', '2026-06-01T11:00:00Z'), ['06-01.14'], 'a clock behind S3’s');
});

t.test('keysBetween misses no name, in any zone', async () => {
  const zones = [
    'Europe/Berlin',
    'Australia/Lord_Howe',
    'America/Santiago',
    'Asia/Kathmandu',
    'Pacific/Chatham',
    'UTC',
  ];
  const found = new Map(zones.map((zone) => [zone, naming(zone).find('web1/sql.gz.gpg')]));
  const start = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2035, 0, 1) });
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      start,
      fc.nat(26 * 3_600_000),
      fc.integer({ min: 0, max: 1000 }),
      (zone, from, spanMs, share) => {
        const sql = found.get(zone);
        const inside = sql?.keyAt(Math.floor(from + (spanMs * share) / 1000)) ?? '';
        return sql?.keysBetween(from, from + spanMs).includes(inside) === true;
      },
    ),
    { numRuns: 1000 },
  );
});

t.test('only the first rule that fits, only whole names, only below the prefix', async (t) => {
  const find = (key: string, prefix?: string) => naming('UTC', RULES, prefix).find(key)?.rule.upload ?? null;
  t.equal(find('web1/backup.tar.gz.gpg'), 'backup.tar.gz.gpg');
  t.equal(find('web1/db/a.b-c_9.sql.gpg'), 'db/{name}.sql.gpg');
  t.equal(find('a.b/c/backup.tar.gz.gpg', 'a.b/c/'), 'backup.tar.gz.gpg');
  for (const key of [
    ...['backup.tar.gz.gpg', 'web1/backup.tar.gz.gpg ', ' web1/backup.tar.gz.gpg', 'web1/backupxtar.gz.gpg', 'web1/'],
    ...[
      'web1/backup.tar.gz.gpg/',
      'web1//backup.tar.gz.gpg',
      'web1/./backup.tar.gz.gpg',
      'web1/x/../backup.tar.gz.gpg',
    ],
    ...['WEB1/backup.tar.gz.gpg', 'web1/BACKUP.tar.gz.gpg', 'web1/backup.tar.gz.gpg\n', 'web1\\backup.tar.gz.gpg', ''],
    ...['web1/db/.sql.gpg', 'web1/db/a/b.sql.gpg', 'web1/db/ü.sql.gpg', `web1/db/${'a'.repeat(101)}.sql.gpg`],
    ...['web1/db/a\u0000.sql.gpg', 'web1/db/a%2e.sql.gpg', 'web1/site-a.j-1', `web1/site-a.${'1'.repeat(17)}`],
  ]) {
    t.equal(find(key), null, JSON.stringify(key));
  }
  t.equal(naming('UTC').find('web1/site-...j01')?.keyAt(0), null, 'no folder is called ".."');
});

t.test('no word of the uploader makes a name that reads as another period’s', async (t) => {
  const at = Date.parse('2026-11-20T02:30:00Z');
  const rules = [
    rule('sql.gpg', '{date}.{hour}.sql.gpg'),
    rule('x-{name}.gpg', '{date}.{name}.gpg'),
    rule('y-{name}.gpg', '{date}.{hour}{name}.gpg'),
  ];
  const key = (name: string) => naming('UTC', rules).find(`web1/${name}`)?.keyAt(at) ?? null;
  t.equal(key('x-site.gpg'), 'web1/2026-11-20.site.gpg');
  t.equal(key('x-02.sql.gpg'), 'web1/2026-11-20.02.sql.gpg', 'this very hour is no lie');
  t.equal(key('x-17.sql.gpg'), null, 'an hour that has not come yet');
  t.equal(key('y-x.gpg'), 'web1/2026-11-20.02x.gpg');
  t.equal(key('y-bx.gpg'), null, 'the repeated hour');
});

t.test('names: below the prefix, of this time, one for each period, with no other word of the uploader', async () => {
  const character = fc.constantFrom('a', 'b', 'Z', '0', '2', '9', '.', '-', '_', '2026-11-20', '02b');
  const word = fc.array(character, { minLength: 1, maxLength: 12 }).map((parts) => parts.join(''));
  const key = fc.oneof(
    fc.constantFrom('web1/backup.tar.gz.gpg', 'web1/sql.gz.gpg'),
    word.map((name) => `web1/db/${name}.sql.gpg`),
    fc.tuple(word, word).map(([name, part]) => `web1/site-${name}.${part}`),
    fc.string({ unit: codePoint, maxLength: 30 }).map((text) => `web1/${text}`),
  );
  const time = fc.oneof(
    fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2035, 0, 1) }),
    fc.integer({ min: Date.parse('2026-10-24T22:00:00Z'), max: Date.parse('2026-10-25T03:00:00Z') }),
  );
  const berlin = naming('Europe/Berlin');
  const period = (ms: number, hasHour: boolean) => {
    const { year, month, day, hour } = localFieldsAt(ms, 'Europe/Berlin');
    return JSON.stringify([year, month, day, ...(hasHour ? [hour, isRepeatedHour(ms, 'Europe/Berlin')] : [])]);
  };
  fc.assert(
    fc.property(key, key, time, time, (key1, key2, time1, time2) => {
      const [one, two] = [berlin.find(key1), berlin.find(key2)];
      const [name1, name2] = [one?.keyAt(time1) ?? null, two?.keyAt(time2) ?? null];
      if (one === null || name1 === null) return;
      if (!name1.startsWith('web1/') || !/^[\w./-]+$/.test(name1) || /\/(?:\.{0,2})(?:\/|$)/.test(name1))
        throw new Error(name1);
      if (two === null || name2 === null) return;
      const samePeriod =
        period(time1, one.rule.becomes.includes('{hour}')) === period(time2, one.rule.becomes.includes('{hour}'));
      const isSame = key1 === key2 && samePeriod;
      if (isSame !== (name1 === name2) && !(one.rule !== two.rule && samePeriod))
        throw new Error(`${key1} ${key2}: ${name1} ${name2}`);
    }),
    { numRuns: 3000 },
  );
});

t.test('patterns read names as a series’ match does', async () => {
  const token = fc.constantFrom('{date}', '{hour}', '{name}', '{part}');
  const text = fc.uniqueArray(token, { minLength: 1, maxLength: 3 }).chain((tokens) =>
    fc
      .array(fc.constantFrom('.', '-', 'b', 'x', '(', '+', '^', 'ü'), {
        minLength: tokens.length + 1,
        maxLength: tokens.length + 1,
      })
      .map((between) => between.map((literal, index) => literal + (tokens[index] ?? '')).join('')),
  );
  const word = fc.constantFrom('a', 'b', '7', 'a.b', 'x-1', '2026-11-20', '02', '02b');
  fc.assert(
    fc.property(text, fc.array(word, { minLength: 3, maxLength: 3 }), (pattern, words) => {
      const match = compileMatch(pattern);
      if (!match.ok) return;
      let next = 0;
      const name = pattern.replace(/\{[^}]*\}/g, () => words[next++] ?? '');
      const expected = matchKey(match.value, name);
      const found = compileNamePattern(pattern).read(name);
      if ((found === null) !== (expected === null)) throw new Error(`${pattern} ${name}`);
      if (found !== null && (found.name ?? null) !== expected?.name)
        throw new Error(`${pattern} ${name}: ${found.name}`);
      if (found !== null && found.hour !== undefined && found.hour.endsWith('b') !== expected?.repeatedHour)
        throw new Error(name);
    }),
    { numRuns: 2000 },
  );
});

t.test('settings that cannot be obeyed', async (t) => {
  const bad: readonly (readonly [RegExp, string, string, string?])[] = [
    [/is no folder/, 'a', '{date}', 'web1'],
    [/is no folder/, 'a', '{date}', '/web1/'],
    [/without \{date\}/, 'a', 'b'],
    [/only \{name\}/, '{date}', '{date}'],
    [/in both names/, '{name}', '{date}'],
    [/in both names/, 'a', '{date}{name}'],
    [/not known/, 'a', '{date}{minute}'],
    [/twice/, 'a', '{date}{date}'],
    [/too long/, 'ü'.repeat(300), '{date}'],
    [/too long/, 'a', `{date}${'x'.repeat(1020)}`],
  ];
  for (const [message, upload, becomes, prefix] of bad) {
    t.throws(
      () => naming('UTC', [rule(upload, becomes)], prefix),
      { name: 'RangeError', message },
      `${upload} ${becomes}`,
    );
  }
  for (const sizes of [
    { minSizeBytes: 0 },
    { minSizeBytes: 2000 },
    { maxSizeBytes: Number.NaN },
    { maxSizeBytes: 2 ** 50 },
  ]) {
    t.throws(() => naming('UTC', [{ ...rule('a', '{date}'), ...sizes }]), { message: /no upload is of/ });
  }
  const servers = ['web1/', 'web1/sub/'].map((prefix) => ({ name: prefix, prefix, rules: [] }));
  t.throws(() => createNaming({ inbox: 'i', vault: 'v', timezone: 'UTC', servers }), { message: /lies in that of/ });
});
