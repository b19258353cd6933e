import { statSync } from 'node:fs';
import t, { type Test } from 'tap';
import type { SteadyClock } from '../../src/core/clock.ts';
import { HOUR_MS } from '../../src/core/duration.ts';
import { pruneBlocks } from '../../src/core/prune-blocks.ts';
import { resolveArchives } from '../../src/jobs/resolve-archives.ts';
import type { ArchiveRow } from '../../src/store/catalog/archive-row.ts';
import { catalogCopyPath } from '../../src/store/catalog-copy.ts';
import { openStateFile } from '../../src/store/state-file.ts';
import { type FaultPlan, s3Error } from '../support/fault.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { BUCKET, createMirrorFixture, impatientClock, type MirrorFixture, VAULT } from '../support/mirror-fixture.ts';
import { attentionOf } from '../support/store-contents.ts';

const SERIES = ['web1', 'web2', 'web3'].map((name) => `  - { name: ${name}, vault: web, match: "${name}/*" }`);

interface Mirror extends MirrorFixture {
  readonly proxy: FaultProxy;
  /** The vault refuses to give these. */
  deny(keys: RegExp | null): void;
  seed(...keys: string[]): void;
  /** A pass as `sync` runs it, so many hours from now; no series may be frozen. */
  passAfter(
    hours?: number,
  ): Promise<Awaited<ReturnType<MirrorFixture['sync']>>['report']['vaults'][number] | undefined>;
  row(key: string): ArchiveRow | undefined;
  /** Of the archive web1/evil, at each request for it that the vault refused. */
  readonly statesWhenRefused: (string | undefined)[];
  /** When the catalog was copied last. */
  copiedAtNs(): bigint;
  /** Why nothing of the vault is removed after the last pass, or null. */
  pruneBlock(): string | null;
}

const isOf =
  (keys: RegExp): FaultPlan =>
  ({ path }) =>
    keys.test(new URL(path, 'http://x').pathname) ? { replaceBy: s3Error(403, 'AccessDenied') } : null;

async function createMirror(t: Test): Promise<Mirror> {
  // Of this machine and of the vault.
  let ahead = 0;
  const clock: SteadyClock = { ...impatientClock, now: () => Date.now() + ahead };
  const fixture = await createMirrorFixture({
    versioned: true,
    serverClock: clock,
    yaml: `series:\n${SERIES.join('\n')}`,
  });
  const proxy = await startFaultProxy(fixture.server.url);
  t.teardown(async () => {
    await proxy.close();
    await fixture.close();
  });
  const statesWhenRefused: (string | undefined)[] = [];
  const refusing =
    (keys: RegExp): FaultPlan =>
    (request) => {
      const fault = isOf(keys)(request);
      if (fault !== null) statesWhenRefused.push(fixture.catalog.archives.ofKey(VAULT, 'web1/evil')[0]?.state);
      return fault;
    };
  const own = {
    proxy,
    statesWhenRefused,
    deny: (keys: RegExp | null) => proxy.plan(keys === null ? () => null : refusing(keys)),
    copiedAtNs: () =>
      statSync(catalogCopyPath(fixture.config.stateDir, fixture.open.store.marker.storeId), { bigint: true }).mtimeNs,
    seed: (...keys: string[]) =>
      fixture.server.seed(
        BUCKET,
        keys.map((key) => ({ key, body: `body of ${key}` })),
      ),
    async passAfter(hours = 0) {
      ahead = hours * HOUR_MS;
      return (await fixture.sync({ endpoint: proxy.url, full: true, clock })).report.vaults[0];
    },
    row: (key: string) => fixture.catalog.archives.ofKey(VAULT, key)[0],
    pruneBlock() {
      const { state } = openStateFile(fixture.config.stateDir);
      return pruneBlocks(state, fixture.config.vaults, fixture.open.store.marker.storeId).get(VAULT)?.why ?? null;
    },
  };
  return Object.assign(fixture, own);
}

t.test('an object that the vault refuses is told, and hinders nothing else', async (t) => {
  const mirror = await createMirror(t);
  mirror.seed('web1/a', 'web1/b');
  await mirror.passAfter();
  mirror.deny(/evil/);
  mirror.seed('web1/c', 'web1/evil');
  t.match(await mirror.passAfter(), { downloaded: 1, failures: [], problem: null });
  t.match(mirror.row('web1/evil'), {
    state: 'unavailable',
    reason: /^the key may not read it \(AccessDenied.*\)\. Give the mirror key .* once an hour\.$/,
  });
  t.strictSame(attentionOf(mirror), ['unavailable web1/evil']);
  t.equal(mirror.pruneBlock(), null);
  t.strictSame(mirror.catalog.freezes.open(), [], 'no series is frozen for it');

  t.test('until an hour later nobody asks for it, and nothing is written', async (t) => {
    const changes = mirror.catalog.changeCount();
    const { faults } = mirror.proxy.counters;
    t.match(await mirror.passAfter(0.9), { failures: [], problem: null });
    t.equal(mirror.catalog.changeCount(), changes);
    t.equal(mirror.proxy.counters.faults, faults);
  });

  t.test('then it is asked for again, and the history does not repeat itself', async (t) => {
    const before = mirror.proxy.counters.faults;
    const [changes, copied] = [mirror.catalog.changeCount(), mirror.copiedAtNs()];
    t.match(await mirror.passAfter(1.1), { failures: [], problem: null });
    t.equal(mirror.proxy.counters.faults, before + 1);
    t.strictSame(mirror.statesWhenRefused.slice(-1), ['unavailable'], 'its alarm and --drop stay meanwhile');
    t.match(mirror.row('web1/evil'), { state: 'unavailable' });
    t.equal(mirror.catalog.changeCount(), changes, 'the same answer is no change of the store');
    t.equal(mirror.copiedAtNs(), copied, 'nor worth a copy of the catalog on the card');
    t.equal(mirror.catalog.history.newest({ event: 'archive.unavailable' }, 9).length, 1);
    await mirror.passAfter(1.9);
    t.equal(mirror.proxy.counters.faults, before + 1, 'once an hour');
  });

  t.test('when the vault gives it, it comes', async (t) => {
    mirror.deny(null);
    const changes = mirror.catalog.changeCount();
    t.match(await mirror.passAfter(2.5), { downloaded: 1, failures: [] });
    t.match(mirror.row('web1/evil'), { state: 'stored', reason: null });
    t.not(mirror.catalog.changeCount(), changes);
    t.strictSame(attentionOf(mirror), []);
  });

  t.test('the owner may do without it, or ask at once', async (t) => {
    mirror.deny(/evil|odd/);
    mirror.seed('web1/evil2', 'web1/odd');
    await mirror.passAfter();
    const [evil, odd] = [mirror.row('web1/evil2'), mirror.row('web1/odd')];
    if (evil === undefined || odd === undefined) throw new Error('they are in the catalog');
    t.equal(resolveArchives(mirror.catalog, [evil], { verb: 'drop', cause: null }, Date.now()).length, 1);
    t.equal(resolveArchives(mirror.catalog, [odd], { verb: 'accept', cause: null }, Date.now()).length, 1);
    mirror.deny(/evil/);
    const before = mirror.proxy.counters.faults;
    t.match(await mirror.passAfter(1.5), { downloaded: 1 });
    t.equal(mirror.proxy.counters.faults, before);
    t.match(mirror.row('web1/evil2'), { state: 'pruned' });
  });
});

t.test(
  'a vault that gives nothing of what it gave before: its key is broken, and nothing becomes of the new',
  async (t) => {
    const mirror = await createMirror(t);
    mirror.seed('web1/a', 'web2/a', 'web3/a');
    await mirror.passAfter();
    mirror.deny(/vault-bucket\/web/);
    mirror.seed('web1/b', 'web2/b');
    t.match(await mirror.passAfter(), {
      downloaded: 0,
      problem: { code: 'VAULT_DENIED', message: /2 archives that should be downloaded, and 3 of 3 that it has read/ },
      failures: [{ code: 'OBJECT_DENIED' }, { code: 'OBJECT_DENIED' }],
    });
    t.match([mirror.row('web1/b'), mirror.row('web2/b')], [{ state: 'wanted' }, { state: 'wanted' }]);
    t.match(mirror.pruneBlock(), /the key may not read/);
    mirror.deny(null);
    t.match(await mirror.passAfter(), { downloaded: 2, problem: null }, 'at once when the key is mended');
    t.equal(mirror.pruneBlock(), null);
  },
);

t.test('no number of refused uploads is asked for one by one when the key is broken', async (t) => {
  const mirror = await createMirror(t);
  mirror.seed('web1/a');
  await mirror.passAfter();
  mirror.deny(/vault-bucket\/web/);
  mirror.seed(...Array.from({ length: 300 }, (_, n) => `web1/n${n}`));
  t.match(await mirror.passAfter(), { problem: { code: 'VAULT_DENIED' } });
  t.ok(mirror.proxy.counters.faults < 150, `${mirror.proxy.counters.faults} requests refused`);
});

t.test('the border: more than half of what was given before', async (t) => {
  const mirror = await createMirror(t);
  mirror.seed('web1/a', 'web2/a', 'web3/a');
  await mirror.passAfter();
  mirror.deny(/\/web[12]\//);
  mirror.seed('web1/b', 'web2/b', 'web3/b');
  t.match(await mirror.passAfter(), {
    downloaded: 1,
    problem: { code: 'VAULT_DENIED', message: /and 2 of 3 that it has read/ },
    failures: { length: 2 },
  });
  t.match(mirror.row('web1/b'), { state: 'wanted' }, 'and what the key may read came all the same');
  mirror.deny(/\/web1\//);
  t.match(await mirror.passAfter(), { downloaded: 1, problem: null, failures: [] });
  t.match(mirror.row('web1/b'), { state: 'unavailable' });
  t.equal(mirror.pruneBlock(), null);
});

t.test(
  'a vault that never gave anything: the key may be broken; any number of refused uploads hides nothing',
  async (t) => {
    const mirror = await createMirror(t);
    mirror.deny(/vault-bucket\/web/);
    mirror.seed('web1/a', ...Array.from({ length: 250 }, (_, n) => `web1/n${n}`));
    t.match(await mirror.passAfter(), {
      problem: { code: 'VAULT_DENIED', message: /nothing is known that it may read/ },
    });
    mirror.deny(/web1\/n/);
    t.match(await mirror.passAfter(), { downloaded: 1 });
    t.match(await mirror.passAfter(), { problem: null, failures: [] });
    t.match(mirror.row('web1/n7'), { state: 'unavailable' });
    t.equal(mirror.pruneBlock(), null);
  },
);

t.test('a vault that fails over what it refused keeps nothing else from coming', async (t) => {
  const mirror = await createMirror(t);
  mirror.seed('web1/a');
  await mirror.passAfter();
  mirror.deny(/evil|empty/);
  mirror.server.seed(BUCKET, [{ key: 'web1/empty', body: '' }]);
  mirror.seed('web1/evil');
  await mirror.passAfter();
  t.strictSame(attentionOf(mirror).sort(), ['unavailable web1/empty', 'unavailable web1/evil']);
  mirror.seed('web1/b');
  mirror.proxy.plan(({ path }) => (path.includes('/evil') ? { replaceBy: s3Error(500, 'InternalError') } : null));
  t.match(await mirror.passAfter(1.1), {
    downloaded: 2,
    problem: null,
    failures: [{ key: 'web1/evil', code: 'VAULT_SERVER_ERROR' }],
  });
  t.strictSame(attentionOf(mirror), ['unavailable web1/evil']);
});

t.test('however many are refused, what was read before is asked for once for each hundred', async (t) => {
  const mirror = await createMirror(t);
  mirror.seed('web1/a');
  await mirror.passAfter();
  await mirror.passAfter();
  let asked = 0;
  const denied = isOf(/evil/);
  mirror.proxy.plan((request) => {
    if (request.method === 'GET' && request.path.includes('/web1/a')) asked += 1;
    return denied(request);
  });
  mirror.seed(...Array.from({ length: 250 }, (_, n) => `web1/evil${n}`));
  t.match(await mirror.passAfter(), { problem: null, failures: [] });
  t.equal(asked, 3, 'with each hundred, and at the end');
  t.match(mirror.row('web1/evil7'), { state: 'unavailable' });
});

t.test('a key that loses its right in the midst of a pass costs no archive its place in the queue', async (t) => {
  const mirror = await createMirror(t);
  mirror.seed('web1/a');
  await mirror.passAfter();
  await mirror.passAfter();
  let isLost = false;
  const [junk, all] = [isOf(/evil/), isOf(/vault-bucket\/web/)];
  mirror.proxy.plan((request) => {
    const fault = (isLost ? all : junk)(request);
    // That is the sample of the first hundred.
    if (request.method === 'GET' && request.path.includes('/web1/a')) isLost = true;
    return fault;
  });
  mirror.seed(...Array.from({ length: 150 }, (_, n) => `web1/b${n}`));
  mirror.seed(...Array.from({ length: 105 }, (_, n) => `web1/evil${n}`));
  t.match(await mirror.passAfter(), { problem: { code: 'VAULT_DENIED' } });
  const states = Array.from({ length: 150 }, (_, n) => mirror.row(`web1/b${n}`)?.state);
  t.notOk(states.includes('unavailable'), 'the genuine ones');
});

t.test(
  'over how many ever the vault fails, what it gives by now is asked for by and by, and nothing waits long',
  async (t) => {
    const mirror = await createMirror(t);
    mirror.seed('web1/a');
    await mirror.passAfter();
    mirror.deny(/evil|mishap/);
    mirror.seed(...Array.from({ length: 20 }, (_, n) => `web1/evil${n}`));
    await mirror.passAfter();
    mirror.seed('web1/mishap');
    await mirror.passAfter(0.1);
    let failed = 0;
    mirror.proxy.plan(({ path }) => {
      if (!path.includes('/evil')) return null;
      failed += 1;
      return { replaceBy: s3Error(500, 'InternalError') };
    });
    for (const hours of [1.5, 1.6, 1.7]) await mirror.passAfter(hours);
    t.match(mirror.row('web1/mishap'), { state: 'stored' });
    t.ok(failed <= 20, `each is asked for once: ${failed} requests`);
  },
);
