import t from 'tap';
import type { KeepConfig } from '../../../src/core/config/config.ts';
import type { KeepEntry, KeepReason, PlanQuestion } from '../../../src/core/keep/keep-entry.ts';
import { at, planById, question, verified } from './keep-fixture.ts';
import { DAY, HOUR, MINUTE } from './naive-rules.ts';

/** One archive for each time, in Berlin unless it says otherwise; what is kept, as the times that were written. */
function keptOf(
  times: readonly string[],
  keep: Partial<KeepConfig>,
  more: Partial<PlanQuestion> = {},
): readonly string[] {
  const entries = times.map((time, index) => verified(index + 1, at(time)));
  const plan = planById(question(entries, keep, more));
  return times.filter((_, index) => plan.keep.has(index + 1));
}

const HOURS_OF_AUTUMN = [
  // The clock in Berlin goes from 03:00 back to 02:00 at 01:00 UTC.
  '2026-10-24T23:30:00Z',
  '2026-10-25T00:10:00Z',
  '2026-10-25T00:50:00Z',
  '2026-10-25T01:10:00Z',
  '2026-10-25T01:50:00Z',
  '2026-10-25T02:10:00Z',
];

const RULES: [name: string, times: string[], keep: Partial<KeepConfig>, kept: string[], timezone?: string][] = [
  [
    'last',
    ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z'],
    { last: 2 },
    ['2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z'],
  ],
  ['last, more than there are', ['2026-01-01T00:00:00Z'], { last: 5 }, ['2026-01-01T00:00:00Z']],
  [
    'hourly: the hour that is repeated is one',
    HOURS_OF_AUTUMN,
    { hourly: 3 },
    ['2026-10-24T23:30:00Z', '2026-10-25T01:50:00Z', '2026-10-25T02:10:00Z'],
  ],
  [
    'hourly, where no clock changes',
    HOURS_OF_AUTUMN,
    { hourly: 3 },
    ['2026-10-25T00:50:00Z', '2026-10-25T01:50:00Z', '2026-10-25T02:10:00Z'],
    'UTC',
  ],
  [
    'hourly: the hour that is skipped is none',
    ['2026-03-28T23:59:00Z', '2026-03-29T00:59:00Z', '2026-03-29T01:01:00Z'],
    { hourly: 3 },
    ['2026-03-28T23:59:00Z', '2026-03-29T00:59:00Z', '2026-03-29T01:01:00Z'],
  ],
  [
    'daily: by the clock on the wall, hours without an archive do not count',
    ['2026-11-01T22:59:00Z', '2026-11-01T23:01:00Z', '2026-11-02T22:59:00Z', '2026-11-09T12:00:00Z'],
    { daily: 2 },
    ['2026-11-02T22:59:00Z', '2026-11-09T12:00:00Z'],
  ],
  [
    'daily: the day of 25 hours',
    ['2026-10-24T21:59:00Z', '2026-10-24T22:01:00Z', '2026-10-25T22:59:00Z', '2026-10-25T23:01:00Z'],
    { daily: 3 },
    ['2026-10-24T21:59:00Z', '2026-10-25T22:59:00Z', '2026-10-25T23:01:00Z'],
  ],
  [
    'weekly: from Monday, across the end of the year',
    // Thursday 31 December 2026 and Sunday 3 January 2027 are in week 53; Monday is the next.
    ['2026-12-27T12:00:00Z', '2026-12-31T12:00:00Z', '2027-01-03T12:00:00Z', '2027-01-04T12:00:00Z'],
    { weekly: 2 },
    ['2027-01-03T12:00:00Z', '2027-01-04T12:00:00Z'],
  ],
  [
    'weekly: 29 December may be in the first week of the next year',
    ['2024-12-29T12:00:00Z', '2024-12-30T12:00:00Z', '2025-01-05T12:00:00Z'],
    { weekly: 2 },
    ['2024-12-29T12:00:00Z', '2025-01-05T12:00:00Z'],
  ],
  [
    'monthly',
    ['2028-01-31T22:59:00Z', '2028-01-31T23:01:00Z', '2028-02-29T12:00:00Z', '2028-03-01T12:00:00Z'],
    { monthly: 3 },
    ['2028-01-31T22:59:00Z', '2028-02-29T12:00:00Z', '2028-03-01T12:00:00Z'],
  ],
  [
    'yearly',
    ['2024-06-01T00:00:00Z', '2025-12-31T22:59:00Z', '2025-12-31T23:01:00Z', '2026-07-01T00:00:00Z'],
    { yearly: 2 },
    ['2025-12-31T22:59:00Z', '2026-07-01T00:00:00Z'],
  ],
  [
    'within: strictly later, counted from the newest',
    ['2026-05-01T00:00:00Z', '2026-05-01T00:00:01Z', '2026-05-02T00:00:00Z'],
    { withinMs: DAY },
    ['2026-05-01T00:00:01Z', '2026-05-02T00:00:00Z'],
  ],
  [
    'union',
    ['2026-05-01T00:00:00Z', '2026-05-20T00:00:00Z', '2026-05-20T01:00:00Z', '2026-06-01T12:00:00Z'],
    { last: 1, monthly: 2, withinMs: HOUR },
    ['2026-05-20T01:00:00Z', '2026-06-01T12:00:00Z'],
  ],
];

t.test('each rule, as restic counts', async (t) => {
  for (const [name, times, keep, kept, timezone = 'Europe/Berlin'] of RULES) {
    t.same(keptOf(times, keep, { timezone }), kept, name);
  }
});

t.test('without rules everything is kept', async (t) => {
  const entries = [verified(1, 0), verified(2, 1, { state: 'wanted' }), verified(3, 2, { state: 'blocked' })];
  for (const keep of [null, {}]) {
    const plan = planById(question(entries, keep));
    t.same([...plan.keep.keys()], [1, 2, 3]);
    t.ok([...plan.keep.values()].every(([reason]) => reason?.kind === 'no-rules'));
  }
  t.same(planById(question([], { last: 1 })), { keep: new Map(), remove: [], notWanted: [] });
});

function kindsOf(reasons: readonly KeepReason[] | undefined): readonly string[] {
  return reasons?.map(({ kind }) => kind) ?? [];
}

t.test('what is not verified is neither counted nor removed', async (t) => {
  const entries = [
    verified(1, 1 * DAY),
    verified(2, 2 * DAY),
    verified(3, 3 * DAY, { state: 'doubtful' }),
    verified(4, 4 * DAY, { state: 'blocked' }),
    verified(5, 5 * DAY, { state: 'wanted' }),
    verified(6, 0, { state: 'wanted' }),
  ];
  const plan = planById(question(entries, { last: 1 }));
  t.same(plan.remove, [1]);
  t.same(plan.notWanted, [6], 'two newer ones are here or come');
  t.same(
    [2, 3, 4, 5].map((id) => kindsOf(plan.keep.get(id))),
    [['newest', 'rule'], ['doubtful'], ['blocked'], ['rule']],
  );
});

t.test('the newest is the newest sound one; what is later than that stays as well', async (t) => {
  const entries = [verified(1, 1 * DAY), verified(2, 2 * DAY), verified(3, 3 * DAY, { unsound: true })];
  const plan = planById(question(entries, { last: 1 }));
  t.same(plan.remove, [1]);
  t.same(
    [2, 3].map((id) => kindsOf(plan.keep.get(id))),
    [['newest'], ['latest', 'rule']],
  );
  const alone = planById(question(entries.slice(2), { yearly: 1 }));
  t.same(kindsOf(alone.keep.get(3)), ['latest', 'rule']);
});

t.test('what is held', async (t) => {
  const entries = [
    verified(1, 1 * DAY, { pinned: true }),
    verified(2, 2 * DAY, { frozen: true }),
    verified(3, 3 * DAY),
    verified(4, 4 * DAY, { pinned: true, state: 'wanted' }),
    verified(5, 5 * DAY),
  ];
  const plan = planById(question(entries, { last: 1 }));
  t.same(plan.remove, [3]);
  t.same(
    [1, 2, 4].map((id) => kindsOf(plan.keep.get(id))),
    [['pinned'], ['frozen'], ['pinned']],
  );
});

t.test('parts of an archive', async (t) => {
  const set = (
    name: string,
    first: number,
    count: number,
    timeMs: number,
    more: Partial<KeepEntry> = {},
  ): KeepEntry[] =>
    Array.from({ length: count }, (_, index) =>
      verified(first + index, timeMs + index * MINUTE, { set: name, ...more }),
    );
  const whole = [...set('a', 1, 3, DAY), ...set('b', 11, 3, 2 * DAY), ...set('c', 21, 3, 3 * DAY)];
  t.same(planById(question(whole, { last: 2 })).remove, [1, 2, 3], 'three files are one archive');
  t.same(kindsOf(planById(question(whole, { last: 2 })).keep.get(11)), ['set']);

  const missing = [...whole, ...set('a', 4, 1, 1.1 * DAY, { state: 'wanted' })];
  const plan = planById(question(missing, { last: 2 }));
  t.same(plan.remove, [], 'a set that is not whole is not removed');
  t.same(kindsOf(plan.keep.get(1)), ['incomplete']);
  t.same(kindsOf(plan.keep.get(4)), ['set'], 'and its missing part is wanted, as the others stay');

  const joined = [...whole, ...set('a', 4, 1, 9 * DAY)];
  t.same(planById(question(joined, { last: 2 })).remove, [11, 12, 13], 'with a new part the set is as new as that');
  const pinned = whole.map((entry) => ({ ...entry, pinned: entry.id === 2 }));
  t.same(planById(question(pinned, { last: 2 })).remove, [], 'one pin holds all parts');
  const waiting = [
    ...set('b', 11, 3, 2 * DAY),
    ...set('c', 21, 3, 3 * DAY),
    ...set('z', 31, 2, DAY, { state: 'wanted' }),
  ];
  t.same(planById(question(waiting, { last: 2 })).notWanted, [31, 32]);
});

t.test('two opinions', async (t) => {
  // A reseeded vault: all of one LastModified, and the names tell the days.
  const imported = [1, 2, 3, 4, 5].map((day) =>
    verified(day, at('2026-11-20T10:00:00Z'), { nameTimeMs: at(`2026-11-0${day}T00:00:00Z`) }),
  );
  t.same(planById(question(imported, { daily: 3 })).remove, [1, 2], 'by name');
  // Names that all claim one day: the vault's clock knows better.
  const forged = [1, 2, 3, 4, 5].map((day) =>
    verified(day, at(`2026-11-0${day}T10:00:00Z`), { nameTimeMs: at('2026-11-20T00:00:00Z') }),
  );
  t.same(planById(question(forged, { daily: 3 })).remove, [1, 2], 'by time');
  const reasons = planById(question(forged, { daily: 3 })).keep.get(5) ?? [];
  t.match(reasons, [
    { kind: 'newest' },
    { opinion: 'time', bucket: '2026-11-05' },
    { opinion: 'name', bucket: '2026-11-20' },
  ]);
});

t.test('the future is now', async (t) => {
  const now = at('2026-11-20T12:00:00Z');
  const entries = [1, 2, 3, 4].map((day) => verified(day, now - day * DAY));
  const future = verified(9, at('2038-01-19T03:14:07Z'));
  const plan = planById(question([...entries, future], { withinMs: 36 * HOUR }, { trustedNowMs: now }));
  t.same(plan.remove, [4, 3, 2], 'within is counted from now, not from the year 2038');
  const crowd = [verified(20, at('2040-01-01T00:00:00Z')), verified(30, at('2039-01-01T00:00:00Z'))];
  const kept = planById(question([...entries, ...crowd], { last: 1 }, { trustedNowMs: now })).keep;
  t.same([...kept.keys()], [20, 30], 'the newest by the raw time, and the newest of those that are as new as now');
});

const FLOOD_DAY = '2026-11-20T';

t.test('a flood of one day pushes nothing out', async (t) => {
  const now = at(`${FLOOD_DAY}23:00:00Z`);
  const genuine = Array.from({ length: 20 }, (_, index) =>
    verified(index + 1, at(`${FLOOD_DAY}03:00:00Z`) - index * DAY),
  );
  const junk = Array.from({ length: 10_000 }, (_, index) =>
    verified(1000 + index, at(`${FLOOD_DAY}04:00:00Z`) + index * 6000),
  );
  const ask = (keep: Partial<KeepConfig>, expectEveryMs: number | null): readonly number[] => {
    const plan = planById(question([...genuine, ...junk], keep, { trustedNowMs: now, expectEveryMs }));
    return genuine.flatMap(({ id }) => (plan.keep.has(id) ? [id] : []));
  };
  t.same(ask({ last: 7 }, null), [], 'without expectEvery they are gone');
  t.same(ask({ last: 7 }, DAY), [1, 2, 3, 4, 5, 6, 7, 8]);
  t.same(ask({ daily: 3 }, null), [2, 3], 'without it, the genuine one of today is gone');
  t.same(ask({ daily: 3 }, DAY), [1, 2, 3, 4], 'with it, it is kept');
  t.same(ask({ withinMs: 2 * DAY }, null), [1, 2]);
});

t.test('of a flood at the end of a bucket not much stays for long', async (t) => {
  const end = at('2026-12-31T22:59:00Z');
  const genuine = Array.from({ length: 40 }, (_, index) => verified(index + 1, end - 2 * HOUR - index * DAY));
  const junk = Array.from({ length: 5000 }, (_, index) => verified(1000 + index, end - 5000 * 1000 + index * 1000));
  const plan = planById(
    question([...genuine, ...junk], { yearly: 5 }, { trustedNowMs: end + 90 * DAY, expectEveryMs: DAY }),
  );
  t.same(
    [...plan.keep.keys()].sort((a, b) => a - b),
    [1, 2, 1000, 5999],
    'the first three of the last 27 hours, and the newest',
  );
});

t.test('a hole in the past takes one step of what a rule is worth', async (t) => {
  const now = at(`${FLOOD_DAY}23:00:00Z`);
  const old = Array.from({ length: 9 }, (_, index) => verified(index + 1, now - 300 * DAY - index * DAY));
  const recent = [verified(20, now - 20 * HOUR), verified(21, now - 19 * HOUR)];
  const plan = planById(question([...old, ...recent], { daily: 4 }, { trustedNowMs: now, expectEveryMs: DAY }));
  t.same(
    old.flatMap(({ id }) => (plan.keep.has(id) ? [id] : [])),
    [1, 2, 3, 4],
  );
});

t.test('a hundred thousand archives', async (t) => {
  const now = at(`${FLOOD_DAY}23:00:00Z`);
  const entries = Array.from({ length: 100_000 }, (_, index) =>
    verified(index + 1, now - index * HOUR, {
      nameTimeMs: now - index * HOUR - MINUTE,
      state: index % 9 === 0 ? 'wanted' : 'verified',
    }),
  );
  const begun = performance.now();
  const keep = { last: 7, hourly: 48, daily: 14, weekly: 8, monthly: 12, yearly: 5 };
  const plan = planById(question(entries, keep, { trustedNowMs: now, expectEveryMs: HOUR }));
  t.equal(plan.keep.size + plan.remove.length + plan.notWanted.length, 100_000);
  t.ok(plan.keep.size < 300, `${plan.keep.size} kept`);
  // About 0.2 s on an idle machine; quadratic work would take minutes.
  t.ok(performance.now() - begun < 5000);
});
