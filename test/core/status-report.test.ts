import t from 'tap';
import type { AttentionRow } from '../../src/core/attention.ts';
import { attentionGroups } from '../../src/core/attention-groups.ts';
import type { Config } from '../../src/core/config/config.ts';
import { parseConfig } from '../../src/core/config/parse-config.ts';
import { EMPTY_STATE, EMPTY_VAULT_STATE, type MirrorState } from '../../src/core/mirror-state.ts';
import { OUTPUT_SCHEMAS } from '../../src/core/output-schemas.ts';
import { recordAttention } from '../../src/core/record-attention.ts';
import type { StatusFacts } from '../../src/core/status-facts.ts';
import { buildStatus } from '../../src/core/status-report.ts';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-20T12:00:00Z');

const config: Config = parseConfig({
  file: 'test.yaml',
  text: `
store: { path: /srv/archive }
vaults: [{ name: web, bucket: example-vault }]
series:
  - { name: files, vault: web, match: "f/{date}", expectEvery: 1d }
  - { name: sql, vault: web, match: "s/{date}.{hour}", expectEvery: 1h }
`,
});

const disk = { storeId: 'x', filesystem: 'ext4', readOnly: false, totalBytes: 1e12, freeBytes: 4e11 };
const counts = (series: string | null, ageHours: number | null) => ({
  vault: 'web',
  series,
  stored: ageHours === null ? 0 : 3,
  storedBytes: 30,
  wanted: 0,
  wantedBytes: 0,
  held: 0,
  unavailable: 0,
  newestSoundMs: ageHours === null ? null : NOW - ageHours * HOUR,
  newestDoubtedMs: null,
  oldestVerifiedMs: null,
  overdueForScrub: 0,
  verifiedAhead: 0,
  unwanted: 0,
  pinned: 0,
  announced: 0,
  announcedBytes: 0,
  firstAnnouncedMs: null,
});
const passed: MirrorState = {
  ...EMPTY_STATE,
  lastPass: { startedAt: NOW - HOUR, endedAt: NOW - HOUR, stopped: null },
  vaults: { web: { ...EMPTY_VAULT_STATE, lastFullListingAt: NOW - HOUR, lastGoodPassAt: NOW - HOUR } },
};
const troubled = (code: string): MirrorState => ({
  ...passed,
  vaults: { web: { ...EMPTY_VAULT_STATE, lastError: { code, message: 'words', hint: 'do', at: NOW } } },
});
const row: AttentionRow = {
  id: 7,
  vault: 'web',
  key: 'f/1',
  series: 'files',
  state: 'held',
  reason: null,
  lastModifiedMs: 0,
  damagedAtMs: null,
  goneAtMs: null,
  goneAcknowledgedAtMs: null,
  conflictAtMs: null,
  conflictAcknowledgedAtMs: null,
  suspect: null,
};

const good: StatusFacts = {
  nowMs: NOW,
  config,
  disk,
  diskProblem: null,
  counts: [counts('files', 6), counts('sql', 1)],
  attention: [],
  freezes: [],
  quarantine: { files: 0, bytes: 0 },
  state: passed,
  stateProblem: null,
};
const stale = (ageDays: number, endedAgoHours: number): MirrorState => ({
  ...passed,
  lastPass: { startedAt: NOW - endedAgoHours * HOUR, endedAt: NOW - endedAgoHours * HOUR, stopped: null },
  vaults: { web: { ...EMPTY_VAULT_STATE, lastGoodPassAt: NOW - ageDays * 24 * HOUR } },
});
const damaged = (series: string) => ({ ...counts(series, null), stored: 5 });
const away = {
  disk: null,
  counts: null,
  diskProblem: { code: 'STORE_MISSING', message: 'the disk is away', hint: 'plug' },
} as const;

const cases: [name: string, facts: Partial<StatusFacts>, verdict: string, summary: RegExp][] = [
  ['all is well', {}, 'good', /^All 2 series are fresh; newest verified copy 60 min old; 400 GB free\.$/],
  [
    'one is late',
    { counts: [counts('files', 37), counts('sql', 1)] },
    'needs-owner',
    /^Needs you: files is overdue by 13 h; 1 of 2 series is fresh/,
  ],
  [
    'what belongs to no series is no news of one',
    { counts: [counts('files', 30), counts(null, 1)] },
    'needs-owner',
    /; 1 of 2 series is fresh; newest verified copy 30 h old;/,
  ],
  [
    'nothing of a series is here',
    { counts: [counts(null, 1)] },
    'needs-owner',
    /; no archive of a series is on the disk;/,
  ],
  ['one is empty although expected', { counts: [counts('files', 6)] }, 'needs-owner', /sql has no archive yet/],
  ['nothing looked at yet', { counts: [], state: EMPTY_STATE }, 'good', /^No pass has run yet; 400 GB free\.$/],
  [
    'a vault away',
    { state: troubled('VAULT_UNREACHABLE') },
    'temporary',
    /^Waiting: the last pass had a problem with web; all 2/,
  ],
  [
    'a wrong key',
    { state: troubled('VAULT_WRONG_KEY') },
    'needs-owner',
    /^Needs you: the last pass had a problem with web/,
  ],
  ['a code of a later release', { state: troubled('VAULT_ON_MARS') }, 'needs-owner', /problem with web/],
  [
    'something held',
    { attention: [{ cause: 'held', archive: row, why: 'large' }] },
    'needs-owner',
    /^Needs you: 1 held; all 2/,
  ],
  [
    'this machine woke in 1970',
    { nowMs: 86_400_000, counts: [{ ...counts('files', 6), verifiedAhead: 3 }, counts('sql', 1)] },
    'temporary',
    /^Waiting: this machine's clock is in doubt: it says 1970-01-02 00:00 UTC, but .* 2026-11-20 11:00 UTC; newest verified copy of 2026-11-20 11:00 UTC; 400 GB free\.$/,
  ],
  [
    'a good pass was recorded by a clock in 2038',
    { state: { ...passed, vaults: { web: { ...EMPTY_VAULT_STATE, lastGoodPassAt: Date.UTC(2038, 0, 19) } } } },
    'temporary',
    /^Waiting: this machine's clock is in doubt: .* the last good pass over web was at 2038-01-19 00:00 UTC; newest/,
  ],
  ['a later time was trusted', { lastTrustedMs: NOW + HOUR }, 'temporary', /it was 2026-11-20 13:00 UTC; newest/],
  ['clocks differ by minutes', { lastTrustedMs: NOW + HOUR / 5 }, 'good', /^All 2 series are fresh/],
  [
    'the disk away, and the clock wrong',
    { ...away, nowMs: 0 },
    'temporary',
    /^Waiting: this .*; the disk is away; the last pass ended at 2026-11-20 11:00 UTC\.$/,
  ],
  [
    'the last pass found the clock wrong',
    { state: troubled('VAULT_CLOCK_SKEW') },
    'temporary',
    /^Waiting: by the last pass, the clocks of this machine and of web differ; all 2/,
  ],
  [
    'hashed at a time that has not come',
    { counts: [{ ...counts('files', 6), overdueForScrub: 1, verifiedAhead: 2 }, counts('sql', 1)] },
    'temporary',
    /^Waiting: 3 archives have not been hashed for more than 45 days, as far as is known; all 2/,
  ],
  ['the disk away', away, 'temporary', /^Waiting: the disk is away; the last pass ended 60 min ago\.$/],
  ['the disk away, no memory', { ...away, state: EMPTY_STATE }, 'temporary', /no pass is known\.$/],
  [
    'the disk away, something open',
    { ...away, state: recordAttention(passed, attentionGroups([{ cause: 'held', archive: row, why: 'x' }], []), NOW) },
    'needs-owner',
    /1 held: web\/f\/1/,
  ],
  [
    'no store at all',
    { ...away, diskProblem: { code: 'STORE_NOT_INITIALISED', message: 'no store', hint: 'init' } },
    'needs-owner',
    /^Needs you: no store/,
  ],
  [
    'two that left the vault',
    {
      attention: [1, 2].map((id) => ({
        cause: 'orphan',
        archive: { ...row, id, state: 'stored', goneAtMs: 1 },
        why: 'w',
      })),
    },
    'needs-owner',
    /^Needs you: 2 orphans; all 2/,
  ],
  ['read-only', { disk: { ...disk, readOnly: true } }, 'temporary', /^Waiting: the disk is mounted read-only; all 2/],
  [
    'no good pass for months, although nothing is overdue',
    { state: stale(61, 61 * 24) },
    'needs-owner',
    /^Needs you: no pass without a problem for 2 months; all 2 series/,
  ],
  ['a good pass almost a day ago', { state: stale(0.99, 23) }, 'good', /^All 2/],
  [
    'every archive damaged',
    { counts: [damaged('files'), damaged('sql')] },
    'needs-owner',
    /^Needs you: files has no archive that counts; sql has no archive that counts; no archive on the disk counts: they are damaged, .*; 400 GB free\.$/,
  ],
  [
    'what was remembered is lost',
    { state: EMPTY_STATE, stateProblem: '/s/state.json is damaged: it is no JSON' },
    'temporary',
    /^Waiting: \/s\/state\.json is damaged: it is no JSON; all 2 series/,
  ],
  [
    'interrupted',
    {
      state: {
        ...passed,
        lastPass: { startedAt: 0, endedAt: 0, stopped: { code: 'INTERRUPTED', message: 'm', hint: 'h', at: 0 } },
      },
    },
    'temporary',
    /the last pass was stopped/,
  ],
];

for (const [name, change, verdict, summary] of cases) {
  t.test(name, async (t) => {
    const report = buildStatus({ ...good, ...change });
    t.equal(report.verdict, verdict);
    t.match(report.summary, summary);
    t.same(OUTPUT_SCHEMAS.status.parse(report), report, 'as its schema says');
  });
}

t.test('archives of a series that the configuration no longer has are shown, and not judged', async (t) => {
  const report = buildStatus({ ...good, counts: [...(good.counts ?? []), counts('old', 900), counts(null, 900)] });
  t.equal(report.verdict, 'good');
  t.same(
    report.series.map(({ series, freshness }) => [series, freshness]),
    [
      ['files', 'fresh'],
      ['sql', 'fresh'],
      ['old', 'unknown'],
      [null, 'unknown'],
    ],
  );
});

t.test('a freeze of a series that nothing is in any more is shown: only the owner ends it', async (t) => {
  const freeze = { id: 1, vault: 'web', series: 'old', cause: 'owner', reason: 'moving', beganAtMs: NOW } as const;
  const { series } = buildStatus({ ...good, freezes: [{ ...freeze, throughId: 9, extendedAtMs: null }] });
  t.match(series.at(-1), { series: 'old', stored: 0, frozen: [{ cause: 'owner', why: 'moving' }] });
});

t.test('five archives of a cause are named, all are counted; the time since when is kept', async (t) => {
  const items = Array.from({ length: 9 }, (_, i) => ({ cause: 'held' as const, archive: { ...row, id: i }, why: 'x' }));
  const [group] = buildStatus({ ...good, attention: items }).attention;
  t.match(group, { count: 9, archives: { length: 5 } });
  const first = recordAttention(passed, attentionGroups(items, []), NOW - HOUR);
  t.match(recordAttention(first, attentionGroups(items.slice(0, 1), []), NOW).attention, [
    { since: NOW - HOUR, text: '1 held: web/f/1' },
  ]);
  t.same(recordAttention(first, [], NOW).attention, []);
});

t.test(
  'no good pass: the timer is named where none runs, the journal where they fail; other vaults are not blamed',
  async (t) => {
    const of = (change: Partial<StatusFacts>) => buildStatus({ ...good, ...change });
    t.match(of({ state: stale(61, 61 * 24) }).stalePasses, {
      vaults: ['web'],
      since: '2026-09-20T12:00:00Z',
      next: /systemctl status pullmirror\.timer/,
    });
    t.match(of({ state: stale(61, 1) }).stalePasses, { next: /journalctl/ });
    t.equal(of({ state: stale(1, 1) }).stalePasses, null);
    const two = { ...config, vaults: config.vaults.flatMap((vault) => [vault, { ...vault, name: 'sql' }]) };
    const state = stale(3, 1);
    const vaults = { ...state.vaults, sql: { ...EMPTY_VAULT_STATE, lastGoodPassAt: NOW } };
    t.match(of({ config: two, state: { ...state, vaults } }).summary, 'no pass over web without a problem for 3 days');
  },
);

t.test('a series whose archives are all damaged is not said to have none', async (t) => {
  const { series } = buildStatus({ ...good, counts: [damaged('files'), counts('sql', 1)] });
  t.match(series[0], {
    freshness: 'empty',
    stored: 5,
    why: /^no archive on the disk counts: they are damaged, suspect, /,
  });
});

t.test('a series with too many archives to plan needs the owner', async (t) => {
  const report = buildStatus({ ...good, crowded: [{ vault: 'web', series: 'files', archives: 125_001 }] });
  t.match(report, { verdict: 'needs-owner', summary: /1 crowded/, attention: [{ cause: 'crowded', next: /125001/ }] });
});
