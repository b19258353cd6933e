import t from 'tap';
import { parseConfig } from '../../src/core/config/parse-config.ts';
import { HOUR_MS } from '../../src/core/duration.ts';
import type { Freeze } from '../../src/core/keep/freeze.ts';
import { EMPTY_STATE, EMPTY_VAULT_STATE, type MirrorState } from '../../src/core/mirror-state.ts';
import type { StatusFacts } from '../../src/core/status-facts.ts';
import { buildStatus } from '../../src/core/status-report.ts';
import { statusExit } from '../../src/core/status-verdict.ts';
import { GOOD, NOW_MS, seriesCounts } from '../support/status-facts.ts';

const config = parseConfig({
  file: 'test.yaml',
  text: `
store: { path: /srv/archive, minFree: 1GB }
vaults: [{ name: web, bucket: example-vault }]
series: [{ name: files, vault: web, match: "f/{date}", expectEvery: 1d }]
`,
});
const counts = seriesCounts({ wanted: 45, wantedBytes: 23e6 });
/** After a pass that ended with this problem. */
const after = (code: string | null, lastGoodPassAt = NOW_MS - HOUR_MS): MirrorState => ({
  ...EMPTY_STATE,
  lastPass: { startedAt: NOW_MS - HOUR_MS, endedAt: NOW_MS - HOUR_MS, stopped: null },
  vaults: {
    web: {
      ...EMPTY_VAULT_STATE,
      lastPassAt: NOW_MS - HOUR_MS,
      lastFullListingAt: NOW_MS - HOUR_MS,
      lastGoodPassAt,
      lastError: code === null ? null : { code, message: 'words', hint: 'do', at: NOW_MS - HOUR_MS },
    },
  },
});
const facts: StatusFacts = {
  ...GOOD,
  config,
  disk: { storeId: 'x', filesystem: 'ext4', readOnly: false, totalBytes: 1e11, freeBytes: 1e9 + 217_000 },
  counts: [counts],
  state: after('STORE_FULL'),
};
const held = { vault: 'web', series: 'files', archives: 8, bytes: 160_000 };
const none = { wanted: 0, wantedBytes: 0 };
const bulk: Freeze = {
  id: 1,
  vault: 'web',
  series: 'files',
  cause: 'bulk',
  reason: 'far more than usual',
  beganAtMs: NOW_MS,
  throughId: 1,
  extendedAtMs: null,
  knownEvent: 0,
  awaitsRelease: false,
};

const CASES: readonly [name: string, facts: Partial<StatusFacts>, exit: number, summary: string | RegExp][] = [
  [
    'what is in the queue',
    {},
    75,
    'Waiting: the disk is full: less than 1 MB is left above minFree, and 45 archives (23 MB) wait for room; the series is fresh; newest verified copy 60 min old; 1.0 GB free.',
  ],
  [
    'what leaves the room to the next archives, whatever is remembered of passes',
    { counts: [{ ...counts, ...none, held: 8 }], state: after(null), heldForRoom: { groups: [held], keptBytes: 1e6 } },
    75,
    /^Waiting: the disk is full: what is left above minFree \(less than 1 MB\) is kept for the next archives, and 8 archives \(160 kB\) wait for room; the series/,
  ],
  [
    'room that was made since',
    { disk: { storeId: 'x', filesystem: 'ext4', readOnly: false, totalBytes: 1e11, freeBytes: 5e9 } },
    75,
    /^Waiting: the disk was full at the last pass, and 45 archives \(23 MB\) wait for the next; the series/,
  ],
  [
    'a disk that has been full for long',
    { state: after('STORE_FULL', NOW_MS - 90 * HOUR_MS) },
    75,
    /^Waiting: the disk is full: less than 1 MB/,
  ],
  [
    'a flood, of which its freeze tells',
    {
      counts: [{ ...counts, ...none, held: 8 }],
      state: after(null),
      heldForRoom: { groups: [held], keptBytes: 1e6 },
      freezes: [bulk],
    },
    3,
    /^Needs you: 1 frozen; the series/,
  ],
  ['another problem', { state: after('VAULT_UNREACHABLE') }, 75, /^Waiting: the last pass had a problem with web;/],
];

for (const [name, change, exit, summary] of CASES) {
  t.test(`a full disk in the first sentence of status: ${name}`, async (t) => {
    const status = buildStatus({ ...facts, ...change });
    t.match(status.summary, summary);
    t.equal(statusExit(status.verdict), exit);
  });
}

t.test('what waits for room, for programs', async (t) => {
  t.strictSame(buildStatus(facts).store.waiting, { archives: 45, bytes: 23e6 });
  t.equal(buildStatus({ ...facts, state: after(null) }).store.waiting, null);
});
