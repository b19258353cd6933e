import { randomUUID } from 'node:crypto';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { parseConfig } from '../../src/core/config/parse-config.ts';
import type { FreezeCause } from '../../src/core/keep/freeze.ts';
import { releaseSeries } from '../../src/jobs/freeze-series.ts';
import { recordAlarms } from '../../src/jobs/record-alarms.ts';
import { resolveArchives } from '../../src/jobs/resolve-archives.ts';
import { updateFreezes } from '../../src/jobs/update-freezes.ts';
import { Catalog } from '../../src/store/catalog/catalog.ts';
import { openCatalogForWriting } from '../../src/store/catalog/open-catalog.ts';
import { quietReport } from '../support/pass-report.ts';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
const START = Date.parse('2026-01-01T02:00:00Z');
const dir = mkdtempSync(join(realpathSync(tmpdir()), 'pullmirror-freezes-'));
t.teardown(() => rmSync(dir, { recursive: true, force: true }));

const config = parseConfig({
  file: 'test.yaml',
  text: `
timezone: UTC
store: { path: /srv/archive }
vaults: [{ name: web, bucket: example-vault, expiresAfter: 60d }]
series:
  - { name: files, vault: web, match: "f/{date}.gpg", expectEvery: 1d }
  - { name: free, vault: web, match: "x/{name}.gpg" }
  - { name: parts, vault: web, match: "p/{date}.{part}", expectEvery: 1d }
`,
});

/** A real catalog, and a mirror without a disk: what is listed is stored at once. */
class World {
  readonly catalog: Catalog;
  nowMs = START;

  constructor() {
    const path = join(dir, `${randomUUID()}.db`);
    this.catalog = new Catalog(openCatalogForWriting({ path, storeId: 'x', mustExist: false }));
    t.teardown(() => this.catalog.close());
  }

  /** In one commit: each is a sync of the disk. */
  arriveAll(count: number, arrive: (n: number) => unknown): void {
    this.catalog.transaction(() => {
      for (let n = 0; n < count; n += 1) arrive(n);
    });
  }

  /** An archive of the series arrives now. */
  arrive(series: string, key: string, sizeBytes = 1000, lastModifiedMs = this.nowMs, conflict = false): number {
    const listed = { key, versionId: randomUUID(), etag: 'e', sizeBytes, lastModifiedMs, storageClass: null };
    const archive = { listed, series, state: 'wanted', reason: null, conflict } as const;
    const { archives } = this.catalog;
    const id = archives.insert('web', archive, this.nowMs);
    const proof = { sha256: 'a'.repeat(64), proof: 'etag-md5', suspect: null } as const;
    archives.recordStored({ id, path: `${key}-${id}`, ...proof, clearsConflict: false, isConflict: false }, this.nowMs);
    return id;
  }

  /** One archive a day. */
  days(count: number, sizeBytes = 1000): void {
    for (let day = 0; day < count; day += 1) {
      this.nowMs += DAY;
      const key = `f/${new Date(this.nowMs).toISOString().slice(0, 10)}.gpg`;
      this.arriveAll(1, () => this.arrive('files', key, sizeBytes));
      this.update();
    }
  }

  update(): FreezeCause[] {
    const { catalog, nowMs } = this;
    updateFreezes({ catalog, config, localNowMs: nowMs, now: { trusted: true, nowMs }, actor: 'sync' });
    return this.open();
  }

  open(): FreezeCause[] {
    return this.catalog.freezes.open().map(({ cause }) => cause);
  }

  release(): void {
    releaseSeries(this.catalog, this.catalog.freezes.open(), null, this.nowMs);
  }

  vaultProblem(code: 'VAULT_LISTING_EMPTY' | 'VAULT_UNREACHABLE' | 'STORE_FULL' | null): void {
    const listing = code === null || code === 'STORE_FULL' ? 'full' : 'failed';
    const problem = code === null ? null : { code, message: 'x', hint: 'y' };
    const times = { startedAtMs: this.nowMs, endedAtMs: this.nowMs };
    recordAlarms(this.catalog, { ...times, vaults: [quietReport('web', { problem, listing })], stopped: null });
  }
}

t.test('a year in which nothing happens that needs anybody', async (t) => {
  const world = new World();
  world.arriveAll(400, (n) => world.arrive('files', `f/old-${n}`, 1000, START - (400 - n) * DAY));
  t.same(world.update(), [], 'the first pull of everything at once');
  world.arriveAll(300, (n) => world.arrive('free', `x/${n}.gpg`, 1000 + (n % 7) * 300, START));
  t.same(world.update(), [], 'a bulk import with one LastModified into an empty series');
  world.days(30);
  world.nowMs += 25 * DAY;
  world.arriveAll(25, (n) => world.arrive('files', `f/late-${n}`, 1000, world.nowMs - n * DAY));
  t.same(world.update(), [], 'the mirror was off for 25 days, and all comes at once');
  const old = world.catalog.archives.page({ storedOnly: true, series: 'files' }, null, 1000);
  const expired = old.filter((row) => row.lastModifiedMs < world.nowMs - 60 * DAY);
  world.arriveAll(expired.length, (n) => world.catalog.archives.markGone(expired[n]?.id ?? 0, world.nowMs));
  t.same(world.update(), [], 'the lifecycle of the vault expires what is old');
  world.days(100);
  t.same(world.catalog.history.newest({ event: 'series' }, 10), [], 'nothing was ever frozen');
});

t.test('nothing is written when nothing has changed', async (t) => {
  const world = new World();
  world.days(5);
  world.days(1, 10);
  t.same(world.open(), ['sizes']);
  const before = world.catalog.changeCount();
  t.same(world.update(), ['sizes']);
  t.equal(world.catalog.changeCount(), before);
});

t.test('far smaller: frozen, released, and not again for the new size', async (t) => {
  const world = new World();
  world.days(20);
  world.days(1, 10);
  const [freeze] = world.catalog.freezes.open();
  t.match(freeze, { series: 'files', cause: 'sizes', reason: /the median of the 15 before it/ });
  t.equal(freeze?.throughId, 21, 'it holds what existed then');
  world.release();
  t.same(world.update(), [], 'not for the same archive');
  world.days(3, 10);
  t.same(world.open(), [], 'nor for the next ones of its size');
  world.days(1, 1_000_000);
  t.same(world.open(), ['sizes'], 'but for another one');
});

t.test('far larger for a week: the new usual size', async (t) => {
  const world = new World();
  world.days(20);
  world.days(6, 100_000);
  t.same(world.open(), ['sizes']);
  world.days(1, 100_000);
  t.same(world.open(), []);
  t.match(world.catalog.history.newest({ event: 'series' }, 1), [
    {
      actor: 'sync',
      event: 'series.released',
      vault: 'web',
      detail: { series: 'files', cause: 'sizes', because: /alike for 6 days/ },
    },
  ]);
});

t.test('the parts of one archive are judged together, and when all of them are here', async (t) => {
  const world = new World();
  const set = (day: number, parts: number, last: number) => {
    world.arriveAll(parts, (n) => world.arrive('parts', `p/2026-02-${10 + day}.j0${n + 1}`, 1_000_000));
    world.arrive('parts', `p/2026-02-${10 + day}.jpa`, last);
  };
  for (let day = 0; day < 5; day += 1) {
    world.nowMs += DAY;
    set(day, 29, 5);
    t.same(world.update(), [], 'a last part of 5 bytes, and thirty arrivals a day, are nothing odd');
  }
  world.nowMs += DAY;
  set(6, 0, 5);
  t.same(world.update(), [], 'more parts may be under way');
  world.nowMs += 2 * HOUR;
  t.same(world.update(), ['sizes'], 'no more came');
});

t.test('the newest failed verification, or rots: until a newer one is verified', async (t) => {
  const world = new World();
  world.days(3);
  const { archives, history } = world.catalog;
  const listed = {
    key: 'f/bad',
    versionId: 'v',
    etag: 'e',
    sizeBytes: 1,
    lastModifiedMs: world.nowMs + 1,
    storageClass: null,
  };
  const id = archives.insert(
    'web',
    { listed, series: 'files', state: 'wanted', reason: null, conflict: false },
    world.nowMs,
  );
  archives.markUnavailable(id, 'it lies in GLACIER');
  t.same(world.update(), [], 'an archived storage class is no failure');
  const event = { actor: 'sync', event: 'archive.unavailable', vault: 'web', key: 'f/bad', archiveId: id } as const;
  history.append({ ...event, detail: { code: 'VERIFICATION_FAILED' } }, world.nowMs);
  t.same(world.update(), ['failed']);
  world.days(1);
  t.same(world.open(), []);
  const newest = world.catalog.newest.stored({}, 1)[0]?.id ?? 0;
  archives.recordDamaged(newest, world.nowMs);
  t.same(world.update(), ['failed']);
  archives.recordVerified(newest, world.nowMs);
  t.same(world.update(), []);
});

t.test('a conflict, a suspect, an orphan: until the owner acknowledges; released, until the next one', async (t) => {
  const world = new World();
  world.days(3);
  const [first, second, third] = world.catalog.archives.page({ storedOnly: true }, null, 3);
  if (first === undefined || second === undefined || third === undefined) throw new Error('the world is incomplete');
  world.catalog.archives.markGone(first.id, world.nowMs);
  t.same(world.update(), ['shrunk']);
  const acknowledge = { verb: 'acknowledge', cause: null } as const;
  const gone = world.catalog.archives.byId(first.id) ?? first;
  resolveArchives(world.catalog, [gone], acknowledge, world.nowMs);
  t.same(world.update(), []);
  world.nowMs += HOUR;
  world.catalog.archives.markGone(second.id, world.nowMs);
  t.same(world.update(), ['shrunk']);
  world.release();
  t.same(world.update(), []);
  world.nowMs += HOUR;
  world.catalog.archives.markGone(third.id, world.nowMs);
  t.same(world.update(), ['shrunk'], 'an old archive that left only now');
  t.match(world.catalog.freezes.open()[0]?.reason, third.key);
});

t.test(
  'an early doubt that nobody looked at does not leave what comes before the next one without protection',
  async (t) => {
    const world = new World();
    world.days(3);
    const { archives, freezes, history } = world.catalog;
    const replaced = (key: string): number => {
      world.nowMs += HOUR;
      const id = world.arrive('files', key, 1000, world.nowMs - DAY, true);
      world.update();
      return id;
    };
    const first = replaced('f/2026-01-02.gpg');
    t.match(freezes.open(), [{ cause: 'conflict', throughId: first, extendedAtMs: null, awaitsRelease: false }]);
    world.days(3);
    t.match(freezes.open(), [{ throughId: first }], 'what comes later is under the keep rules');
    const before = freezes.open()[0];
    const second = replaced('f/2026-01-03.gpg');
    t.match(freezes.open(), [
      { id: before?.id, beganAtMs: before?.beganAtMs, throughId: second, reason: /2026-01-03/ },
    ]);
    t.match(history.newest({ event: 'series' }, 1), [
      { event: 'series.freeze-extended', detail: { series: 'files', cause: 'conflict', throughId: second } },
    ]);
    world.days(2);
    t.match(freezes.open(), [{ throughId: second }], 'once for each');
    const gone = archives.page({ storedOnly: true }, null, 2);
    archives.markGone(gone[0]?.id ?? 0, world.nowMs);
    world.update();
    const held = freezes.open().find(({ cause }) => cause === 'shrunk')?.throughId ?? 0;
    world.days(1);
    archives.markGone(gone[1]?.id ?? 0, world.nowMs);
    world.update();
    t.ok(
      (freezes.open().find(({ cause }) => cause === 'shrunk')?.throughId ?? 0) > held,
      'an old one that left only now',
    );
  },
);

t.test('a release covers what was known by then, whatever the clock says, and nothing that comes later', async (t) => {
  for (const wrongMs of [Date.UTC(2038, 0, 19), 0]) {
    const world = new World();
    world.days(3);
    const conflictAt = (key: string, atMs: number) => {
      const nowMs = world.nowMs;
      world.nowMs = atMs;
      world.arrive('files', key, 1000, nowMs - DAY, true);
      world.nowMs = nowMs;
    };
    conflictAt('f/a', world.nowMs);
    t.same(world.update(), ['conflict']);
    const rightMs = world.nowMs;
    world.nowMs = wrongMs;
    world.release();
    world.nowMs = rightMs + HOUR;
    t.same(world.update(), [], 'released by a clock that is wrong');
    conflictAt('f/b', world.nowMs);
    t.same(world.update(), ['conflict'], 'a new one');
    world.release();
    t.same(world.update(), []);
    conflictAt('f/c', wrongMs);
    t.same(world.update(), ['conflict'], 'one that a wrong clock dated');
    t.match(world.catalog.freezes.open()[0]?.reason, /f\/c/);
    world.release();
    t.same(world.update(), []);
    const { archives, freezes } = world.catalog;
    const [old] = archives.page({ storedOnly: true, series: 'files' }, null, 1);
    const goneMs = Math.min(wrongMs, world.nowMs);
    archives.markGone(old?.id ?? 0, goneMs);
    t.same(world.update(), ['shrunk'], 'an old one leaves');
    world.release();
    t.same(world.update(), []);
    archives.markBack(old?.id ?? 0);
    archives.markGone(old?.id ?? 0, goneMs);
    t.same(world.update(), ['shrunk'], 'and once more');
    t.equal(freezes.releases().length, 2);
  }
});

t.test('a vault that lists nothing freezes all its series until it is whole again', async (t) => {
  const world = new World();
  world.days(3);
  world.vaultProblem('VAULT_LISTING_EMPTY');
  t.same(world.update(), ['shrunk', 'shrunk', 'shrunk']);
  world.vaultProblem('VAULT_UNREACHABLE');
  t.same(world.update(), ['shrunk', 'shrunk', 'shrunk'], 'no answer is no whole listing');
  world.vaultProblem('VAULT_LISTING_EMPTY');
  t.same(world.update(), ['shrunk', 'shrunk', 'shrunk']);
  world.release();
  world.vaultProblem('VAULT_LISTING_EMPTY');
  t.same(world.update(), [], 'released, and still empty');
  world.vaultProblem(null);
  world.vaultProblem('VAULT_LISTING_EMPTY');
  t.same(world.update(), ['shrunk', 'shrunk', 'shrunk'], 'empty anew');
  world.vaultProblem('STORE_FULL');
  t.same(world.update(), [], 'a whole listing, whatever came after it');
});

t.test('a flood: frozen for as long as it goes on, and a week; released, until the next one', async (t) => {
  const world = new World();
  world.days(10);
  const flood = (count: number) => {
    world.arriveAll(count, (n) => world.arrive('files', `f/junk-${world.nowMs}-${n}`, 1000, world.nowMs - n));
  };
  world.nowMs += HOUR;
  flood(300);
  t.same(world.update(), ['bulk']);
  t.match(world.catalog.freezes.open(), [
    { reason: /^301 archives came within 24 h, where about 2 were expected/, throughId: 310 },
  ]);
  world.days(6);
  t.same(world.open(), ['bulk']);
  world.days(2);
  t.same(world.open(), []);
  flood(300);
  t.same(world.update(), ['bulk']);
  world.release();
  t.same(world.update(), []);
  world.nowMs += HOUR;
  flood(15);
  t.same(world.update(), [], 'few more');
  flood(300);
  t.same(world.update(), ['bulk'], 'another flood');
});

t.test('by its own history where no expectEvery is set', async (t) => {
  const world = new World();
  for (let day = 0; day < 20; day += 1) {
    world.nowMs += DAY;
    world.arriveAll(30, (n) => world.arrive('free', `x/${day}-${n}.gpg`));
    t.same(world.update(), []);
  }
  world.nowMs += DAY;
  world.arriveAll(400, (n) => world.arrive('free', `x/junk-${n}.gpg`));
  t.same(world.update(), ['bulk']);
});
