import t from 'tap';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/duration.ts';
import { holdSeries } from '../../src/jobs/hold-series.ts';
import { lastTrusted } from '../../src/jobs/last-trusted.ts';
import { type PassProgress, silentProgress } from '../../src/jobs/pass-progress.ts';
import { trustClock } from '../../src/jobs/trust-clock.ts';
import { BUCKET, createMirrorFixture, impatientClock, VAULT } from '../support/mirror-fixture.ts';

const YAML = 'series: [{ name: files, vault: web, match: "f/{name}.gpg", keep: { last: 3 } }]';

/** A mirror whose clock can be set while it works, with four archives and a flood that was noticed an hour ago. */
async function setUp(t: Test) {
  const fixture = await createMirrorFixture({ yaml: YAML });
  t.teardown(() => fixture.close());
  const upload = (...names: string[]) =>
    fixture.server.seed(
      BUCKET,
      names.map((name) => ({ key: `f/${name}.gpg`, body: `body of ${name}` })),
    );
  upload('a', 'b', 'c', 'd');
  await fixture.sync();
  const flood = { vault: VAULT, series: 'files', cause: 'bulk', reason: 'far more than usual' } as const;
  holdSeries(fixture.catalog, flood, { actor: 'sync', nowMs: Date.now() - HOUR_MS });
  let [aheadMs, asleepMs] = [0, 0];
  const clock = {
    ...impatientClock,
    now: () => Date.now() + aheadMs + asleepMs,
    uptimeMs: () => impatientClock.uptimeMs() + asleepMs,
  };
  return {
    fixture,
    clock,
    upload,
    set: (ms: number) => {
      aheadMs = ms;
    },
    fallAsleep: (ms: number) => {
      asleepMs = ms;
    },
    sync: (progress: Partial<PassProgress>) =>
      fixture.sync({ clock, progress: { ...silentProgress, ...progress } }).then(({ report }) => report),
    open: () => fixture.catalog.freezes.open().map(({ cause }) => cause),
  };
}
type Test = { teardown(work: () => Promise<void>): void };

const isNow = (atMs: number | null | undefined) => Math.abs((atMs ?? 0) - Date.now()) < MINUTE_MS;

for (const [side, jumpMs] of [
  ['ahead', 8 * DAY_MS],
  ['back', -8 * DAY_MS],
] as const) {
  t.test(`a clock that is set ${side} while a pass downloads is not believed, and dates nothing`, async (t) => {
    const { fixture, sync, set, upload, open } = await setUp(t);
    upload('e');
    const report = await sync({ started: () => set(jumpMs) });
    t.match(report.vaults, [{ downloaded: 1, problem: { code: 'VAULT_CLOCK_SKEW' } }]);
    t.same(open(), ['bulk'], 'no week has gone by');
    const row = fixture.catalog.archives.ofKey(VAULT, 'f/e.gpg')[0];
    const event = fixture.catalog.history.newest({ event: 'archive.stored' }, 1)[0];
    for (const atMs of [report.startedAtMs, report.endedAtMs, row?.storedAtMs, event?.atMs]) t.ok(isNow(atMs));
  });
}

t.test('a clock that is set ahead between a listing and its use is not remembered as trusted', async (t) => {
  const { fixture, sync, set, upload } = await setUp(t);
  const before = lastTrusted(fixture.catalog);
  upload('e');
  await sync({ listing: () => set(8 * DAY_MS) });
  t.equal(lastTrusted(fixture.catalog), before);
  t.match(fixture.catalog.archives.ofKey(VAULT, 'f/e.gpg'), [{ state: 'stored' }]);
});

t.test('a machine that slept while a pass downloaded still knows the time', async (t) => {
  const { sync, fallAsleep, upload, open } = await setUp(t);
  upload('e');
  const report = await sync({ started: () => fallAsleep(8 * DAY_MS) });
  t.match(report.vaults, [{ downloaded: 1, problem: null }]);
  t.same(open(), [], 'a week has gone by');
});

t.test('one vault answers late, and the clock is set meanwhile: nothing is trusted', async (t) => {
  const { fixture, clock, set } = await setUp(t);
  const probed = { serverDateMs: Date.now(), versioned: null, listing: 'objects', keysSeen: 1 } as const;
  const readers = [
    { probe: async () => probed },
    {
      async probe() {
        await clock.sleep(5);
        set(8 * DAY_MS);
        return { ...probed, serverDateMs: null };
      },
    },
  ];
  const { signal } = new AbortController();
  const now = await trustClock({ catalog: fixture.catalog, readers, clock, signal });
  t.match(now, { trusted: false, doubt: 'local', why: /8 days ahead of/ });
});
