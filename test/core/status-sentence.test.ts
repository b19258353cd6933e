import t from 'tap';
import { attentionGroups } from '../../src/core/attention-groups.ts';
import { HOUR_MS } from '../../src/core/duration.ts';
import { EMPTY_STATE, EMPTY_VAULT_STATE, type MirrorState } from '../../src/core/mirror-state.ts';
import { OUTPUT_SCHEMAS } from '../../src/core/output-schemas.ts';
import { recordAttention } from '../../src/core/record-attention.ts';
import type { StatusFacts } from '../../src/core/status-facts.ts';
import { buildStatus } from '../../src/core/status-report.ts';
import { matterOf } from '../support/matter-of.ts';
import { aged, damaged, GOOD, HELD, NOW_MS, PASSED, stale } from '../support/status-facts.ts';

const troubled = (code: string): MirrorState => ({
  ...PASSED,
  vaults: { web: { ...EMPTY_VAULT_STATE, lastError: { code, message: 'words', hint: 'do', at: NOW_MS } } },
});
const away = {
  disk: null,
  counts: null,
  diskProblem: { code: 'STORE_MISSING', message: 'the disk is away', hint: 'plug' },
} as const;
const readOnly = { storeId: 'x', filesystem: 'ext4', readOnly: true, totalBytes: 1e12, freeBytes: 4e11 };

const CASES: readonly [name: string, facts: Partial<StatusFacts>, verdict: string, sentence: RegExp][] = [
  ['all is well', {}, 'good', /^All 2 series are fresh; newest verified copy 60 min old; 400 GB free\.$/],
  [
    'one is late',
    { counts: [aged('files', 37), aged('sql', 1)] },
    'needs-owner',
    /^Needs you: files is overdue by 13 h; 1 of 2 series is fresh/,
  ],
  [
    'what belongs to no series is no news of one',
    { counts: [aged('files', 30), aged(null, 1)] },
    'needs-owner',
    /; 1 of 2 series is fresh; newest verified copy 30 h old;/,
  ],
  [
    'nothing of a series is here',
    { counts: [aged(null, 1)] },
    'needs-owner',
    /; no archive of a series is on the disk;/,
  ],
  ['one is empty although expected', { counts: [aged('files', 6)] }, 'needs-owner', /sql has no archive yet/],
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
  [
    'a store of another user',
    { ...away, diskProblem: { code: 'STORE_FORBIDDEN', message: 'it may not be read', hint: 'chown' } },
    'needs-owner',
    /^Needs you: it may not be read;/,
  ],
  [
    'what another user owns in it',
    { state: troubled('STORE_FORBIDDEN') },
    'needs-owner',
    /^Needs you: the last pass had a problem with web/,
  ],
  ['a code of a later release', { state: troubled('VAULT_ON_MARS') }, 'needs-owner', /problem with web/],
  ['something held', { attention: [matterOf([HELD])] }, 'needs-owner', /^Needs you: 1 held; all 2/],
  [
    'this machine woke in 1970',
    { nowMs: 86_400_000, counts: [{ ...aged('files', 6), verifiedAhead: 3 }, aged('sql', 1)] },
    'temporary',
    /^Waiting: this machine's clock is in doubt: it says 1970-01-02 00:00 UTC, but .* 2026-11-20 11:00 UTC; newest verified copy of 2026-11-20 11:00 UTC; 400 GB free\.$/,
  ],
  [
    'a good pass was recorded by a clock in 2038',
    { state: { ...PASSED, vaults: { web: { ...EMPTY_VAULT_STATE, lastGoodPassAt: Date.UTC(2038, 0, 19) } } } },
    'temporary',
    /^Waiting: this machine's clock is in doubt: .* the last good pass over web was at 2038-01-19 00:00 UTC; newest/,
  ],
  ['a later time was trusted', { lastTrustedMs: NOW_MS + HOUR_MS }, 'temporary', /it was 2026-11-20 13:00 UTC; newest/],
  ['clocks differ by minutes', { lastTrustedMs: NOW_MS + HOUR_MS / 5 }, 'good', /^All 2 series are fresh/],
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
    { counts: [{ ...aged('files', 6), overdueForScrub: 1, verifiedAhead: 2 }, aged('sql', 1)] },
    'temporary',
    /^Waiting: 3 archives have not been hashed for more than 45 days, as far as is known; all 2/,
  ],
  ['the disk away', away, 'temporary', /^Waiting: the disk is away; the last pass ended 60 min ago\.$/],
  ['the disk away, no memory', { ...away, state: EMPTY_STATE }, 'temporary', /no pass is known\.$/],
  [
    'the disk away, something open',
    { ...away, state: recordAttention(PASSED, attentionGroups([matterOf([HELD])], []), NOW_MS) },
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
      attention: [
        matterOf([{ cause: 'orphan', archive: { ...HELD.archive, state: 'stored', goneAtMs: 1 }, why: 'w' }], 2),
      ],
    },
    'needs-owner',
    /^Needs you: 2 orphans; all 2/,
  ],
  ['read-only', { disk: readOnly }, 'temporary', /^Waiting: the disk is mounted read-only; all 2/],
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
        ...PASSED,
        lastPass: { startedAt: 0, endedAt: 0, stopped: { code: 'INTERRUPTED', message: 'm', hint: 'h', at: 0 } },
      },
    },
    'temporary',
    /the last pass was stopped/,
  ],
];

for (const [name, change, verdict, sentence] of CASES) {
  t.test(name, async (t) => {
    const report = buildStatus({ ...GOOD, ...change });
    t.equal(report.verdict, verdict);
    t.match(report.summary, sentence);
    t.same(OUTPUT_SCHEMAS.status.parse(report), report, 'as its schema says');
  });
}
