import t from 'tap';
import { describeReason, describeReasons, describeRemoval } from '../../../src/core/keep/describe-reason.ts';
import type { KeepReason } from '../../../src/core/keep/keep-entry.ts';
import { NO_RULE } from './keep-fixture.ts';
import { DAY, HOUR } from './naive-rules.ts';

t.test('reasons in words', async (t) => {
  const daily = { kind: 'rule', rule: 'daily', count: 14, bucket: '2026-11-20' } as const;
  const flood = {
    kind: 'flood',
    rule: 'daily',
    windowMs: 15 * DAY + 20 * HOUR,
    bucket: '2026-11-20',
    opinion: 'time',
  } as const;
  const words: [KeepReason, string][] = [
    [{ ...daily, opinion: 'time', nth: 3 }, 'daily: newest of 2026-11-20, 3rd of 14'],
    [{ ...daily, opinion: 'name', nth: 1 }, 'daily: newest of 2026-11-20, 1st of 14, by the date in its name'],
    [{ kind: 'rule', rule: 'last', count: 30, bucket: null, opinion: 'time', nth: 22 }, 'last: 22nd of 30 newest'],
    [{ kind: 'within', opinion: 'time', withinMs: 30 * DAY }, 'within 30d of the newest archive'],
    [{ ...flood, which: 'newest' }, 'kept against floods: newest of 2026-11-20, in the 15d20h that daily stands for'],
    [
      { ...flood, which: 'end' },
      'kept against floods: one of the first at the end of 2026-11-20, in the 15d20h that daily stands for',
    ],
    [{ ...flood, which: 'any', rule: 'last', bucket: null }, 'kept against floods: in the 15d20h that last stands for'],
    [{ kind: 'newest' }, 'the newest verified archive of its series'],
    [{ kind: 'latest' }, 'nothing of its series is later, though it counts as no backup of its time'],
    [{ kind: 'pinned' }, 'pinned'],
  ];
  for (const [reason, text] of words) t.equal(describeReason(reason), text);
  const kinds = ['frozen', 'doubtful', 'blocked', 'set', 'incomplete', 'no-rules'] as const;
  t.equal(new Set(kinds.map((kind) => describeReason({ kind }))).size, kinds.length);
});

t.test('what both opinions say is said once', async (t) => {
  const day = { kind: 'rule', rule: 'daily', nth: 1, count: 7, bucket: '2026-11-22' } as const;
  const within = { kind: 'within', withinMs: 30 * DAY } as const;
  t.strictSame(
    describeReasons([
      { kind: 'newest' },
      { ...day, opinion: 'time' },
      { ...within, opinion: 'time' },
      { ...day, opinion: 'name' },
      { ...day, rule: 'weekly', bucket: '2026-W47', opinion: 'name' },
      { ...day, nth: 2, opinion: 'name' },
      { ...within, opinion: 'name' },
    ]),
    [
      'the newest verified archive of its series',
      'daily: newest of 2026-11-22, 1st of 7',
      'within 30d of the newest archive',
      'weekly: newest of 2026-W47, 1st of 7, by the date in its name',
      'daily: newest of 2026-11-22, 2nd of 7, by the date in its name',
    ],
  );
  const byName: KeepReason = { ...day, opinion: 'name' };
  t.strictSame(describeReasons([byName]), ['daily: newest of 2026-11-22, 1st of 7, by the date in its name']);
});

t.test('numbers as people count', async (t) => {
  const places: Readonly<Record<number, string>> = {
    1: '1st',
    2: '2nd',
    3: '3rd',
    4: '4th',
    11: '11th',
    12: '12th',
    13: '13th',
    21: '21st',
    112: '112th',
    103: '103rd',
  };
  for (const [nth, text] of Object.entries(places)) {
    const reason = { kind: 'rule', rule: 'last', opinion: 'time', nth: Number(nth), count: 200, bucket: null } as const;
    t.match(describeReason(reason), `last: ${text} of 200`);
  }
});

t.test('why an archive is removed', async (t) => {
  t.equal(describeRemoval({ ...NO_RULE, last: 7, daily: 14 }), 'no rule keeps it: last 7, daily 14 have newer ones');
  t.equal(describeRemoval({ ...NO_RULE, yearly: 5 }), 'no rule keeps it: yearly 5 has newer ones');
  t.equal(
    describeRemoval({ ...NO_RULE, withinMs: 30 * DAY }),
    'no rule keeps it: not within 30d of the newest archive',
  );
  t.equal(
    describeRemoval({ ...NO_RULE, last: 1, withinMs: HOUR }),
    'no rule keeps it: last 1 has newer ones; not within 1h of the newest archive',
  );
});
