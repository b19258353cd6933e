import type { AttentionItem } from '../../src/core/attention.ts';
import { parseConfig } from '../../src/core/config/parse-config.ts';
import { DAY_MS, HOUR_MS } from '../../src/core/duration.ts';
import { EMPTY_STATE, EMPTY_VAULT_STATE, type MirrorState } from '../../src/core/mirror-state.ts';
import type { SeriesCounts } from '../../src/core/series-counts.ts';
import type { StatusFacts } from '../../src/core/status-facts.ts';
import { attentionRow } from './attention-row.ts';

export const NOW_MS = Date.parse('2026-11-20T12:00:00Z');

/** Three archives on the disk, and nothing else to tell of. */
export function seriesCounts(change: Partial<SeriesCounts> = {}): SeriesCounts {
  return {
    vault: 'web',
    series: 'files',
    stored: 3,
    storedBytes: 30,
    wanted: 0,
    wantedBytes: 0,
    held: 0,
    unavailable: 0,
    newestSoundMs: NOW_MS - HOUR_MS,
    newestAheadMs: null,
    newestDoubtedMs: null,
    oldestVerifiedMs: null,
    overdueForScrub: 0,
    verifiedAhead: 0,
    unwanted: 0,
    pinned: 0,
    announced: 0,
    announcedBytes: 0,
    firstAnnouncedMs: null,
    ...change,
  };
}

/** The newest archive that counts is so old. */
export const aged = (series: string | null, ageHours: number): SeriesCounts =>
  seriesCounts({ series, newestSoundMs: NOW_MS - ageHours * HOUR_MS });

/** Archives of which none counts. */
export const damaged = (series: string): SeriesCounts => seriesCounts({ series, stored: 5, newestSoundMs: null });

/** The last pass ended an hour ago, and all was well. */
export const PASSED: MirrorState = {
  ...EMPTY_STATE,
  lastPass: { startedAt: NOW_MS - HOUR_MS, endedAt: NOW_MS - HOUR_MS, stopped: null },
  vaults: { web: { ...EMPTY_VAULT_STATE, lastFullListingAt: NOW_MS - HOUR_MS, lastGoodPassAt: NOW_MS - HOUR_MS } },
};

/** The last pass ended so long ago, the last good one so long. */
export const stale = (goodAgoDays: number, endedAgoHours: number): MirrorState => {
  const endedAt = NOW_MS - endedAgoHours * HOUR_MS;
  return {
    ...PASSED,
    lastPass: { startedAt: endedAt, endedAt, stopped: null },
    vaults: { web: { ...EMPTY_VAULT_STATE, lastGoodPassAt: NOW_MS - goodAgoDays * DAY_MS } },
  };
};

/** Two series, both fresh, and nothing to do. */
export const GOOD: StatusFacts = {
  nowMs: NOW_MS,
  config: parseConfig({
    file: 'test.yaml',
    text: `
store: { path: /srv/archive }
vaults: [{ name: web, bucket: example-vault }]
series:
  - { name: files, vault: web, match: "f/{date}", expectEvery: 1d }
  - { name: sql, vault: web, match: "s/{date}.{hour}", expectEvery: 1h }
`,
  }),
  disk: { storeId: 'x', filesystem: 'ext4', readOnly: false, totalBytes: 1e12, freeBytes: 4e11 },
  diskProblem: null,
  counts: [aged('files', 6), aged('sql', 1)],
  attention: [],
  freezes: [],
  quarantine: { files: 0, bytes: 0 },
  state: PASSED,
  stateProblem: null,
};

export const HELD: AttentionItem = {
  cause: 'held',
  why: 'large',
  archive: attentionRow({ id: 7, key: 'f/1', state: 'held' }),
};
