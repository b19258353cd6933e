import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { loadConfig } from '../../src/commands/open-mirror.ts';
import type { Config } from '../../src/core/config/config.ts';
import type { PruneBlocks } from '../../src/core/prune-blocks.ts';
import { silentByteProgress } from '../../src/jobs/byte-progress.ts';
import { freezeSeries, releaseSeries } from '../../src/jobs/freeze-series.ts';
import { judgeRetention } from '../../src/jobs/judge-retention.ts';
import { type PruneReport, prune } from '../../src/jobs/prune.ts';
import { summariseSeries } from '../../src/jobs/summarise-series.ts';
import type { ArchiveRow } from '../../src/store/catalog/archive-row.ts';
import type { Catalog } from '../../src/store/catalog/catalog.ts';
import { openStoreForWriting } from '../../src/store/open-store.ts';
import { type ArchiveSpec, type CommandFixture, createCommandFixture, DAY } from '../support/command-fixture.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 12);
const HOUR = DAY / 24;
const YAML = `series:
  - { name: files, vault: web, match: "web1/*.gpg", keep: { last: 2 } }
  - { name: parts, vault: web, match: "set/{date}.{part}", keep: { last: 1 } }
  - { name: sql, vault: web, match: "sql/*.gpg" }
`;

interface Bench {
  readonly fixture: CommandFixture;
  readonly config: Config;
  /** f1 … f5 of `files`, the oldest first. */
  row(index: number): ArchiveRow;
  prune(options?: { atMs?: number; config?: Config; blocks?: PruneBlocks; only?: string }): Promise<PruneReport>;
}

function createBench(t: Test, options: { yaml?: string; others?: readonly ArchiveSpec[] } = {}): Bench {
  const fixture = createCommandFixture({ yaml: options.yaml ?? YAML });
  t.teardown(() => fixture.remove());
  const files = [1, 2, 3, 4, 5].map((day) => ({
    key: `web1/f${day}.gpg`,
    content: `content of ${day}`,
    series: 'files',
    lastModifiedMs: NOW_MS - (10 - day) * DAY,
  }));
  const rows = fixture.store(...files, ...(options.others ?? []));
  const config = loadConfig(fixture.configFile);
  return {
    fixture,
    config,
    row(index) {
      const found = rows[index];
      if (found === undefined) throw new Error(`there is no archive ${index}`);
      return found;
    },
    async prune({ atMs = NOW_MS, config: other = config, blocks = new Map(), only = null } = {}) {
      const opened = openStoreForWriting({ path: fixture.storeDir, expectedStoreId: null, nowMs: atMs });
      try {
        const { signal } = new AbortController();
        const how = { blocks, only, clock: { now: () => atMs }, signal, progress: silentByteProgress };
        return await prune({ ...opened, ...how, config: other, trustedNowMs: atMs });
      } finally {
        opened.close();
      }
    },
  };
}

const present = ({ fixture, row }: Bench): number[] =>
  [0, 1, 2, 3, 4].filter((n) => existsSync(fixture.fileOf(row(n))));
const plannedOf = ({ series }: PruneReport) => series.flatMap(({ planned }) => [...planned]);
const idsOf = (report: PruneReport) => plannedOf(report).map(({ id }) => id);
const eventsOf = (catalog: Catalog, { key }: ArchiveRow) =>
  catalog.history.newest({ key }, 20).map(({ event }) => event);

t.test('announced, then removed a day later, and then there is nothing more to do', async (t) => {
  const bench = createBench(t);
  const first = await bench.prune();
  t.match(first, {
    removed: [],
    stopped: null,
    series: [{ stored: 5, kept: 2, hasRules: true }, {}, { hasRules: false }],
  });
  t.strictSame(idsOf(first), [1, 2, 3]);
  t.match(plannedOf(first), [{ isNew: true, isDue: false, announcedAtMs: NOW_MS, dueAtMs: NOW_MS + DAY }, {}, {}]);
  t.strictSame((await bench.prune({ atMs: NOW_MS + DAY - 1 })).removed, []);
  t.equal((await bench.prune({ atMs: NOW_MS + DAY })).removed.length, 3);
  t.strictSame(present(bench), [3, 4]);
  t.strictSame(plannedOf(await bench.prune({ atMs: NOW_MS + 9 * DAY })), [], 'a second run of the same plan');
  bench.fixture.edit((catalog) => {
    t.strictSame(eventsOf(catalog, bench.row(0)), ['archive.pruned', 'archive.removing', 'archive.announced']);
    const [event] = catalog.history.newest({ event: 'archive.announced' }, 1);
    t.match(event?.detail, { reason: /last 2 has newer ones/, dueAt: '2026-11-23T12:00:00.000Z' });
  });
});

t.test('other rules withdraw what is announced; the delay begins anew', async (t) => {
  const bench = createBench(t);
  await bench.prune();
  const [files, ...rest] = bench.config.series;
  if (files?.keep == null) throw new Error('the series has rules');
  const config = { ...bench.config, series: [{ ...files, keep: { ...files.keep, last: 4 } }, ...rest] };
  const report = await bench.prune({ config, atMs: NOW_MS + HOUR });
  t.match(report.series[0], { withdrawn: 2, planned: { length: 1 } });
  bench.fixture.edit((catalog) => {
    t.equal(catalog.archives.byId(bench.row(2).id)?.announcedAtMs, null);
    t.match(catalog.history.newest({ event: 'archive.announcement-withdrawn' }, 1), [{ detail: { why: /^last: / } }]);
  });
  await bench.prune({ atMs: NOW_MS + 2 * HOUR });
  t.equal((await bench.prune({ atMs: NOW_MS + DAY })).removed.length, 1, 'only what was planned all the time');
});

t.test('of a series that is not configured any more, everything is withdrawn', async (t) => {
  const bench = createBench(t);
  await bench.prune();
  const config = { ...bench.config, series: bench.config.series.slice(1) };
  const report = await bench.prune({ config, atMs: NOW_MS + 2 * DAY });
  t.match(report, { removed: [], outside: { archives: 5 } });
  bench.fixture.edit(({ retention }) => t.strictSame(retention.announcedSeries(), []));
});

t.test('a clock that was ahead announced it: anew', async (t) => {
  const bench = createBench(t);
  await bench.prune({ atMs: NOW_MS + 400 * DAY });
  t.match(plannedOf(await bench.prune()), [{ isNew: true, announcedAtMs: NOW_MS }, {}, {}]);
  bench.fixture.edit(({ archives }) => t.equal(archives.byId(bench.row(0).id)?.announcedAtMs, NOW_MS));
  t.equal((await bench.prune({ atMs: NOW_MS + DAY })).removed.length, 3);
});

t.test('a vault whose last pass had a problem keeps everything; announcing goes on', async (t) => {
  const bench = createBench(t);
  const blocks: PruneBlocks = new Map([
    ['web', { why: 'its last pass had a problem', problem: null, isLasting: false }],
  ]);
  await bench.prune({ blocks });
  t.match(await bench.prune({ blocks, atMs: NOW_MS + DAY }), {
    removed: [],
    series: [{ planned: { length: 3 } }, {}, {}],
  });
  t.equal((await bench.prune({ atMs: NOW_MS + DAY })).removed.length, 3, 'announced all the time');
});

t.test('pins and freezes hold what exists; an expired pin does not', async (t) => {
  const bench = createBench(t);
  bench.fixture.edit(({ pins }) => {
    pins.pin({ archiveId: bench.row(0).id, pinnedAtMs: 1, reason: 'the books', expiresAtMs: NOW_MS + HOUR });
    pins.pin({ archiveId: bench.row(1).id, pinnedAtMs: 1, reason: 'the books', expiresAtMs: null });
  });
  t.match((await bench.prune()).series[0], { heldByPin: 2, planned: { length: 1 } });
  const later = await bench.prune({ atMs: NOW_MS + HOUR });
  t.match(later, { expiredPins: 1, series: [{ heldByPin: 1, planned: { length: 2 } }, {}, {}] });
  bench.fixture.edit((catalog) => {
    t.match(catalog.history.newest({ event: 'archive.pin-expired' }, 2), [{ archiveId: bench.row(0).id }]);
    catalog.freezes.begin({ vault: 'web', series: 'files', cause: 'owner', reason: 'I look into it' }, NOW_MS);
  });
  const frozen = await bench.prune({ atMs: NOW_MS + 3 * DAY });
  t.match(frozen, {
    removed: [],
    series: [{ withdrawn: 2, heldByFreeze: 2, heldByPin: 0, planned: { length: 0 } }, {}, {}],
  });
  t.strictSame(present(bench), [0, 1, 2, 3, 4]);
});

t.test('what was frozen and is released has to be announced anew', async (t) => {
  const bench = createBench(t);
  await bench.prune();
  bench.fixture.edit((catalog) => {
    const [held] = freezeSeries(catalog, [{ vault: 'web', series: 'files' }], 'I look into it', NOW_MS + HOUR).held;
    t.strictSame(catalog.retention.announcedOf('web', 'files'), []);
    t.match(catalog.history.newest({ event: 'archive.announcement-withdrawn' }, 3), [
      { actor: 'owner', archiveId: bench.row(2).id, key: 'web1/f3.gpg', detail: { why: /frozen/ } },
      {},
      {},
    ]);
    if (held === undefined) throw new Error('it is not frozen');
    releaseSeries(catalog, [held], null, NOW_MS + 20 * DAY);
  });
  t.strictSame((await bench.prune({ atMs: NOW_MS + 20 * DAY })).removed, []);
  t.equal((await bench.prune({ atMs: NOW_MS + 21 * DAY })).removed.length, 3);
});

t.test('the parts of a set go together, when the last of them is due', async (t) => {
  const part = (date: string, name: string) => ({
    key: `set/${date}.${name}`,
    content: name,
    series: 'parts',
    lastModifiedMs: Date.parse(date),
  });
  const others = ['2026-11-01', '2026-11-02'].flatMap((date) => [part(date, 'j01'), part(date, 'jpa')]);
  const bench = createBench(t, { others });
  await bench.prune();
  bench.fixture.edit(({ retention }) => retention.withdraw(bench.row(6).id));
  await bench.prune({ atMs: NOW_MS + 2 * HOUR });
  t.strictSame(
    (await bench.prune({ atMs: NOW_MS + DAY, only: 'parts' })).removed,
    [],
    'one part has been announced for shorter',
  );
  const report = await bench.prune({ atMs: NOW_MS + DAY + 2 * HOUR, only: 'parts' });
  t.strictSame(report.removed, [6, 7]);
  t.equal(present(bench).length, 5, 'of the other series nothing');
});

t.test('a damaged file, and what belongs to no series, stay and are told', async (t) => {
  const bench = createBench(t, { others: [{ key: 'stranger', content: 'of no series' }] });
  await bench.prune();
  rmSync(bench.fixture.fileOf(bench.row(0)));
  const report = await bench.prune({ atMs: NOW_MS + DAY });
  t.match(report, {
    skipped: [{ why: 'the file is missing' }],
    removed: { length: 2 },
    outside: { archives: 1, bytes: 12 },
  });
});

t.test('SHA256SUMS that a crash left behind is repaired', async (t) => {
  const bench = createBench(t);
  bench.fixture.edit((catalog) => catalog.setFact('sums_behind:web', 'yes'));
  await bench.prune();
  const lines = readFileSync(join(bench.fixture.storeDir, 'web/SHA256SUMS'), 'utf8').trim().split('\n');
  t.equal(lines.length, 5);
});

t.test('a full disk: with whenFull: thin the oldest go, down to the floor, announced', async (t) => {
  const yaml = `series: [{ name: files, vault: web, match: "web1/*.gpg", expectEvery: 1d }]`;
  const bench = createBench(t, { yaml });
  const { store } = bench.config;
  // More than any disk has, so that there is no room.
  const minFree = { kind: 'percent', percent: 100, text: '100%' } as const;
  const paused = { ...bench.config, store: { ...store, minFree } };
  t.strictSame(plannedOf(await bench.prune({ config: paused })), [], 'whenFull: pause');
  const config = { ...paused, store: { ...paused.store, whenFull: 'thin' as const, floor: 2 } };
  const first = await bench.prune({ config });
  t.match(first.removed, []);
  t.match(plannedOf(first)[0]?.reason, /^thinned: the disk lacks 24 B/);
  t.ok((await bench.prune({ config, atMs: NOW_MS + DAY })).removed.length > 0);
  for (let day = 2; day < 9; day += 1) await bench.prune({ config, atMs: NOW_MS + day * DAY });
  t.ok(present(bench).length >= 2, 'the floor stays');
  t.ok(present(bench).includes(4), 'and so does the newest');
  bench.fixture.edit(({ archives }) =>
    t.match(archives.byId(bench.row(0).id), { state: 'pruned', reason: /^thinned/ }),
  );
});

t.test('a series with more archives than can be planned at once is left alone', async (t) => {
  const bench = createBench(t);
  const opened = openStoreForWriting({ path: bench.fixture.storeDir, expectedStoreId: null, nowMs: NOW_MS });
  t.teardown(() => opened.close());
  opened.catalog.retention.announce(bench.row(0).id, NOW_MS - DAY);
  const question = { ...opened, config: bench.config, trustedNowMs: NOW_MS, only: 'files' };
  const [judged] = judgeRetention({ ...question, maxPlanned: 4 });
  t.match(judged, { tooMany: 5, withdrawn: [], planned: { length: 0 } });
  if (judged !== undefined)
    t.match(summariseSeries(judged, null), { block: { why: /5 archives, more than/, isLasting: true } });
  const [enough] = judgeRetention({ ...question, maxPlanned: 5 });
  t.match(enough, { tooMany: 0, planned: { length: 3 } });
});

t.test('judging and planning write nothing', async (t) => {
  const bench = createBench(t);
  const opened = openStoreForWriting({ path: bench.fixture.storeDir, expectedStoreId: null, nowMs: NOW_MS });
  t.teardown(() => opened.close());
  const question = { ...opened, config: bench.config, trustedNowMs: NOW_MS };
  const before = opened.catalog.changeCount();
  const judged = [...judgeRetention({ ...question, only: null })];
  t.strictSame(
    judged.map(({ planned }) => planned.length),
    [3, 0, 0],
  );
  t.equal(opened.catalog.changeCount(), before);
});
