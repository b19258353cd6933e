import t from 'tap';
import { NO_ARRIVALS } from '../../../src/core/keep/bulk-check.ts';
import { evaluateFreezes, type FreezeFacts } from '../../../src/core/keep/evaluate-freezes.ts';
import type { FreezeCause } from '../../../src/core/keep/freeze.ts';

const DAY = 24 * 60 * 60 * 1000;
const NOW = Date.parse('2026-11-20T12:00:00Z');

const sizes = (...newestFirst: number[]) =>
  newestFirst.map((sizeBytes, index) => ({ id: 100 - index, timeMs: NOW - index * DAY, sizeBytes }));

const quiet: FreezeFacts = {
  series: 'web1-files',
  vault: 'web',
  timezone: 'Europe/Berlin',
  expectEveryMs: DAY,
  sizeFactor: 4,
  now: { trusted: true, nowMs: NOW },
  open: [],
  releases: [],
  newest: { id: 100, name: 'web/a (archive 100)', failure: null },
  sizes: sizes(1e9, 1e9, 1e9, 1e9),
  conflicts: null,
  suspects: null,
  orphans: null,
  listing: { state: 'whole' },
  arrivals: NO_ARRIVALS,
};
/** All of it has been frozen for, or released. */
const known = { count: 1, fresh: null };
const one = { count: 1, fresh: { count: 1, latest: 'web/b (archive 90)' } };
const failed = { id: 100, name: 'web/a (archive 100)', failure: 'failed verification' };
const shrunk = { state: 'shrunk', event: 50 } as const;
const flood = { ...NO_ARRIVALS, recent: 500, lastBeforeMs: NOW - DAY, storedBefore: 3, mostLately: 500 };
const held = (
  cause: FreezeCause,
  ageDays = 1,
  more: { throughId?: number; knownEvent?: number; awaitsRelease?: boolean } = {},
) => ({
  open: [
    { id: 7, cause, beganAtMs: NOW - ageDays * DAY, throughId: 100, knownEvent: 50, awaitsRelease: false, ...more },
  ],
});
const released = (cause: FreezeCause, knownEvent = 60) => ({ releases: [{ cause, knownEvent, throughId: 100 }] });
const doubt = { now: { trusted: false, why: 'no vault answered', doubt: 'silence' } } as const;

/** begin: the cause that begins; end: the freeze that holds ends. */
const cases: [
  what: string,
  facts: Partial<FreezeFacts>,
  expected: { begin?: FreezeCause; end?: true; extend?: true },
][] = [
  ['nothing is wrong', {}, {}],
  ['a new series', { newest: null, sizes: [] }, {}],

  ['the newest failed', { newest: failed }, { begin: 'failed' }],
  ['… and is held already', { newest: failed, ...held('failed') }, {}],
  ['… and the owner released it', { newest: failed, ...released('failed') }, {}],
  [
    '… a newer one than the owner released',
    { newest: { ...failed, id: 101 }, ...released('failed') },
    { begin: 'failed' },
  ],
  ['a newer one is verified', { ...held('failed') }, { end: true }],
  ['the failed one is gone', { newest: null, ...held('failed') }, { end: true }],

  ['far smaller than usual', { sizes: sizes(1e6, 1e9, 1e9, 1e9) }, { begin: 'sizes' }],
  ['… within the factor of the series', { sizes: sizes(1e6, 1e9, 1e9, 1e9), sizeFactor: 1000 }, {}],
  ['… and the owner released it', { sizes: sizes(1e6, 1e9, 1e9, 1e9), ...released('sizes') }, {}],
  [
    '… and is held; one of the old size does not end it',
    { sizes: sizes(1e9, 1e6, 1e9, 1e9, 1e9), ...held('sizes') },
    {},
  ],
  [
    'seven days of the new size end it',
    { sizes: sizes(1, 1, 1, 1, 1, 1, 1, 1e9, 1e9, 1e9), ...held('sizes') },
    { end: true },
  ],
  [
    'seven new ones at once begin nothing that they would end',
    { sizes: sizes(1, 1, 1, 1, 1, 1, 1, 9, 9, 9, 9, 9, 9, 9, 9) },
    {},
  ],

  ['a conflict', { conflicts: one }, { begin: 'conflict' }],
  ['… noted already', { conflicts: known }, {}],
  ['… and held', { conflicts: known, ...held('conflict') }, {}],
  ['… one more', { conflicts: { ...one, count: 2 }, ...held('conflict') }, { extend: true }],
  ['it went away, but not by the owner’s word', held('conflict', 1, { awaitsRelease: true }), {}],
  ['all conflicts are acknowledged', held('conflict'), { end: true }],
  ['a suspect', { suspects: one }, { begin: 'suspect' }],
  ['all suspects are acknowledged', held('suspect'), { end: true }],

  ['an unexplained orphan', { orphans: one }, { begin: 'shrunk' }],
  ['… noted already', { orphans: known }, {}],
  ['the listing shrank', { listing: shrunk }, { begin: 'shrunk' }],
  ['… released', { listing: shrunk, ...released('shrunk') }, {}],
  ['… shrank again after the release', { listing: shrunk, ...released('shrunk', 49) }, { begin: 'shrunk' }],
  ['the listing is whole again', held('shrunk'), { end: true }],
  ['… but what left it is not acknowledged', { orphans: known, ...held('shrunk') }, {}],
  ['… but what left it came back before the owner’s word', held('shrunk', 1, { awaitsRelease: true }), {}],
  ['a vault that does not answer has shown no whole listing', { listing: { state: 'unknown' }, ...held('shrunk') }, {}],

  ['a flood', { arrivals: flood }, { begin: 'bulk' }],
  ['… while the clock is in doubt', { arrivals: flood, ...doubt }, {}],
  ['… held, for six days', { arrivals: NO_ARRIVALS, ...held('bulk', 6) }, {}],
  ['… over for seven days', { arrivals: NO_ARRIVALS, ...held('bulk', 7) }, { end: true }],
  ['… by a clock in doubt', { arrivals: NO_ARRIVALS, ...held('bulk', 7), ...doubt }, {}],

  ['a newer one failed', { newest: failed, ...held('failed', 1, { throughId: 99 }) }, { extend: true }],
  ['a newer odd size', { sizes: sizes(1e6, 1e9, 1e9, 1e9), ...held('sizes', 1, { throughId: 99 }) }, { extend: true }],
  ['a newer suspect', { suspects: one, ...held('suspect') }, { extend: true }],
  ['one more left the vault', { orphans: one, ...held('shrunk') }, { extend: true }],
  ['the listing shrank once more', { listing: shrunk, ...held('shrunk', 1, { knownEvent: 49 }) }, { extend: true }],
  ['… and has done so since then', { listing: shrunk, ...held('shrunk', 1) }, {}],
  [
    'a flood goes on: what it brings is not held, or it would fill the disk',
    { arrivals: flood, ...held('bulk', 2) },
    {},
  ],

  ['the owner’s own freeze does not end by itself', held('owner', 1000), {}],
];
for (const [what, facts, expected] of cases) {
  const { begin, end, extend } = evaluateFreezes({ ...quiet, ...facts });
  t.same(
    begin.map(({ cause }) => cause),
    expected.begin === undefined ? [] : [expected.begin],
    `${what}: begins`,
  );
  t.same(
    end.map(({ id }) => id),
    expected.end === undefined ? [] : [7],
    `${what}: ends`,
  );
  t.same(
    extend.map(({ id }) => id),
    expected.extend === undefined ? [] : [7],
    `${what}: holds more`,
  );
}

t.test('every reason tells what it saw and what ends it', async (t) => {
  const { begin } = evaluateFreezes({
    ...quiet,
    newest: failed,
    sizes: sizes(1e6, 1e9, 1e9, 1e9),
    conflicts: { count: 5, fresh: { ...one.fresh, count: 2 } },
    suspects: one,
    orphans: one,
    arrivals: flood,
  });
  t.equal(begin.length, 6);
  for (const { cause, reason } of begin) {
    t.match(reason, /; this ends (when|with) /, cause);
    t.match(reason, `or with \`pullmirror release web1-files --cause ${cause}\``);
  }
  const reasonOf = (cause: string) => begin.find((one) => one.cause === cause)?.reason ?? '';
  t.match(
    reasonOf('sizes'),
    /1\.0 MB, more than 4 times smaller than 1\.0 GB, the median of the 3 before it \(2026-11-17 to 2026-11-19\)/,
  );
  t.match(reasonOf('sizes'), /series\[\]\.sizeFactor/);
  t.match(reasonOf('conflict'), /^web\/b \(archive 90\) and 1 more: the key was known with other content/);
  t.match(reasonOf('bulk'), /^500 archives came within 24 h, where about 1 were expected/);
});
