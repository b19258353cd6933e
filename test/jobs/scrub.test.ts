import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { DAY_MS, HOUR_MS } from '../../src/core/duration.ts';
import { AppError } from '../../src/core/errors.ts';
import { type ByteProgress, silentByteProgress } from '../../src/jobs/byte-progress.ts';
import { scrub } from '../../src/jobs/scrub.ts';
import { DAMAGED_EVENT } from '../../src/store/catalog/scrub-table.ts';
import { BUCKET, createMirrorFixture, VAULT } from '../support/mirror-fixture.ts';

const FILES = 60;
const MIDNIGHT = Date.UTC(2026, 10, 20);
const YAML = 'retention: { scrubEvery: 30d, scrubWindow: "02:00-06:00" }';

/** Archives hashed one hour after the other, on a clock that only moves when it is told to, or slept on. */
async function setUp(t: Test, bodies: readonly (string | { sizeBytes: number })[]) {
  const fixture = await createMirrorFixture({ yaml: YAML });
  t.teardown(() => fixture.close());
  const keys = bodies.map((_, index) => `web1/${String(index).padStart(3, '0')}.gpg`);
  fixture.server.seed(
    BUCKET,
    bodies.map((body, index) => ({ key: keys[index] ?? '', body })),
  );
  t.match((await fixture.pass()).vaults[0], { downloaded: bodies.length });
  const ids = keys.map((key) => fixture.catalog.archives.ofKey(VAULT, key)[0]?.id ?? 0);
  for (const [index, id] of ids.entries()) {
    fixture.catalog.archives.recordVerified(id, MIDNIGHT - (bodies.length - index) * HOUR_MS);
  }
  const time = { nowMs: MIDNIGHT, sleptMs: 0 };
  const clock = {
    now: () => time.nowMs,
    async sleep(ms: number) {
      time.nowMs += Math.ceil(ms);
      time.sleptMs += ms;
    },
  };
  const run = (options: { signal?: AbortSignal; progress?: Partial<ByteProgress> } = {}) =>
    scrub({
      ...fixture.open,
      config: fixture.config,
      clock,
      signal: options.signal ?? new AbortController().signal,
      progress: { ...silentByteProgress, ...options.progress },
    });
  const hashedSince = (atMs: number) =>
    ids.flatMap((id, index) => ((fixture.catalog.archives.byId(id)?.verifiedAtMs ?? 0) >= atMs ? [index] : []));
  return { fixture, time, run, hashedSince };
}

const small = (count: number) => Array.from({ length: count }, (_, index) => `archive number ${index} of many`);

t.test('every night a share, the longest ago first; within scrubEvery everything has had its turn', async (t) => {
  const { fixture, time, run, hashedSince } = await setUp(t, small(FILES));
  const changes = fixture.catalog.changeCount();
  t.match(await run(), { checked: 0, endedBy: 'not-now' }, 'it is midnight');
  t.equal(fixture.catalog.changeCount(), changes, 'nothing is written');
  time.nowMs = MIDNIGHT + 3 * HOUR_MS;
  const first = await run();
  t.equal(first.endedBy, 'share');
  t.ok(first.checked >= 2 && first.checked <= 3, `${first.checked} of ${FILES} in the first of 30 nights`);
  t.strictSame(hashedSince(MIDNIGHT), [0, 1, 2].slice(0, first.checked));
  t.match(await run(), { checked: 0, endedBy: 'share' }, 'once a night');
  let most = 0;
  for (let night = 1; night < 30; night += 1) {
    time.nowMs = MIDNIGHT + night * DAY_MS + 3 * HOUR_MS;
    most = Math.max(most, (await run()).checked);
  }
  t.equal(hashedSince(MIDNIGHT).length, FILES);
  t.ok(most <= 4, `at most ${most} in a night`);
  t.match(fixture.catalog.history.newest({ event: 'scrub' }, 1), [{ actor: 'scrub', event: 'scrub.finished' }]);
});

t.test('interrupted, it goes on where it was, with what is left of the share of the night', async (t) => {
  const { time, run, hashedSince } = await setUp(t, small(FILES));
  // Late for two months: all of it is for tonight.
  time.nowMs = MIDNIGHT + 60 * DAY_MS + 3 * HOUR_MS;
  const stop = new AbortController();
  let finished = 0;
  const progress = {
    finished() {
      finished += 1;
      if (finished === 20) stop.abort(new AppError('INTERRUPTED', 'stopped by SIGTERM'));
    },
  };
  await t.rejects(run({ signal: stop.signal, progress }), { code: 'INTERRUPTED' });
  t.equal(hashedSince(MIDNIGHT).length, 20);
  time.nowMs += HOUR_MS;
  t.match(await run(), { checked: FILES - 20, endedBy: 'share' });
  t.match(await run(), { checked: 0, endedBy: 'share' });
});

t.test('the window ends: the file under way is read to its end, no other one is begun', async (t) => {
  const { time, run, hashedSince } = await setUp(t, [{ sizeBytes: 6 * 1024 ** 2 }, ...small(3)]);
  time.nowMs = MIDNIGHT + 60 * DAY_MS + 6 * HOUR_MS - 100;
  t.match(await run(), { checked: 1, endedBy: 'window' });
  t.strictSame(hashedSince(MIDNIGHT), [0]);
  time.nowMs += HOUR_MS;
  t.match(await run(), { checked: 0, endedBy: 'not-now' });
  time.nowMs += 20 * HOUR_MS;
  t.equal((await run()).endedBy, 'share');
  t.strictSame(hashedSince(time.nowMs - HOUR_MS).slice(-3), [1, 2, 3]);
});

t.test('it reads no faster than it must', async (t) => {
  const { time, run } = await setUp(t, [{ sizeBytes: 32 * 1024 ** 2 }]);
  time.nowMs = MIDNIGHT + 60 * DAY_MS + 3 * HOUR_MS;
  t.match(await run(), { checked: 1 });
  t.ok(time.sleptMs > 7000 && time.sleptMs < 8500, `32 MiB at 4 MiB/s: ${time.sleptMs} ms`);
});

t.test('hashed in the future by a wrong clock, or never, comes first', async (t) => {
  const { fixture, time, run } = await setUp(t, small(5));
  const [, , third] = fixture.catalog.archives.page({ storedOnly: true }, null, 10);
  fixture.catalog.archives.recordVerified(third?.id ?? 0, Date.UTC(2038, 0, 19));
  time.nowMs = MIDNIGHT + 3 * HOUR_MS;
  const order: string[] = [];
  await run({ progress: { finished: (name) => void order.push(name) } });
  t.equal(order[0], third?.key);
  t.equal(fixture.catalog.archives.byId(third?.id ?? 0)?.verifiedAtMs, time.nowMs);
});

t.test('damage is recorded with what was found there, and nothing is changed', async (t) => {
  const { fixture, time, run } = await setUp(t, small(2));
  const file = join(fixture.storeDir, VAULT, 'web1/001.gpg');
  const bad = Buffer.from('archive number 0 of many');
  chmodSync(file, 0o640);
  writeFileSync(file, bad);
  time.nowMs = MIDNIGHT + 60 * DAY_MS + 3 * HOUR_MS;
  t.match(await run(), { checked: 2, damaged: { first: [{ kind: 'wrong-content' }] } });
  const [, row] = fixture.catalog.archives.page({ storedOnly: true }, null, 10);
  const [twin] = fixture.catalog.archives.ofKey(VAULT, 'web1/000.gpg');
  t.match(fixture.catalog.scrub.finding(row?.id ?? 0), { kind: 'wrong-content', foundSha256: twin?.sha256 });
  t.match(await run(), { checked: 0 }, 'what is known to be damaged is not hashed again and again');
});

t.test('what the catalog never held is a damaged catalog, and no defect of ours', async (t) => {
  const { fixture, time, run } = await setUp(t, small(1));
  const { catalog } = fixture;
  time.nowMs = MIDNIGHT + 60 * DAY_MS + 3 * HOUR_MS;
  for (const text of ['{"startMs":', '[]', '{"startMs":"x"}']) {
    catalog.setFact('scrub_night', text);
    await t.rejects(run(), { code: 'CATALOG_CORRUPT', message: /scrub_night/ }, text);
  }
  const about = { actor: 'scrub', event: DAMAGED_EVENT, vault: VAULT, key: 'a', archiveId: 1 } as const;
  catalog.history.append({ ...about, detail: [] as never }, 1);
  t.equal(catalog.scrub.finding(1), null, 'an event is not worth stopping for');
  catalog.history.append(about, 9e15);
  t.equal(catalog.scrub.finding(1), null);
});

t.test('empty archives have their turn, too', async (t) => {
  const { time, run, hashedSince } = await setUp(t, ['', '', '']);
  for (let night = 0; night < 30; night += 1) {
    time.nowMs = MIDNIGHT + night * DAY_MS + 3 * HOUR_MS;
    await run();
  }
  t.strictSame(hashedSince(MIDNIGHT), [0, 1, 2]);
});
