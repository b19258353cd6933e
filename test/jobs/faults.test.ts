import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { PRIVATE_FOLDER } from '../../src/store/store-layout.ts';
import { type Fault, type FaultPlan, type SeenRequest, s3Error, shortenListing } from '../support/fault.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { BUCKET, createMirrorFixture, type MirrorFixture, VAULT } from '../support/mirror-fixture.ts';

const MIB = 1024 * 1024;
const LARGE = 'large.tar.gz.gpg';
const SMALL = 'small.tar.gz.gpg';
// Of more than 16 MiB, so in two ranges.
const SIZES = new Map([
  [LARGE, 18 * MIB + 11],
  [SMALL, 300_000],
]);

const isGetOf = (request: SeenRequest, key: string): boolean =>
  request.method === 'GET' && request.path.split('?')[0]?.endsWith(`/${key}`) === true;
const isData = (request: SeenRequest): boolean => [...SIZES.keys()].some((key) => isGetOf(request, key));
const isListing = (request: SeenRequest): boolean => request.method === 'GET' && !isData(request);

/** The fault for the first `times` answers that fit; the others pass. */
function firstly(times: number, fits: (request: SeenRequest) => boolean, fault: Fault): FaultPlan {
  let left = times;
  return (request) => (fits(request) && left-- > 0 ? fault : null);
}

async function fixtureWithArchives(t: Test, checksum = true): Promise<MirrorFixture> {
  const fixture = await createMirrorFixture();
  t.teardown(() => fixture.close());
  for (const [key, sizeBytes] of SIZES) {
    fixture.server.seed(BUCKET, [{ key, body: { sizeBytes, seed: 5 }, ...(checksum ? {} : { checksum: null }) }]);
  }
  return fixture;
}

/** Every file under its final name has the bytes of the vault; nothing half lies anywhere. */
async function assertOnlyRightFiles(t: Test, fixture: MirrorFixture, expected: readonly string[]): Promise<void> {
  for (const key of SIZES.keys()) {
    const path = join(fixture.storeDir, VAULT, key);
    if (!expected.includes(key)) t.notOk(existsSync(path), `${key} is not there`);
    else t.equal(hash(readFileSync(path)), await hashInVault(fixture, key), `${key} is right`);
  }
}

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Every fixture's vault has the same bytes: they are asked for once. */
const hashesInVault = new Map<string, string>();

async function hashInVault(fixture: MirrorFixture, key: string): Promise<string> {
  const known = hashesInVault.get(key);
  if (known !== undefined) return known;
  const reader = fixture.reader();
  const signal = new AbortController().signal;
  const digest = createHash('sha256');
  for await (const page of reader.list({ prefix: key, signal })) {
    for (const ref of page.objects) {
      const body = await reader.get(ref, null, signal);
      for await (const batch of body.batches) for (const chunk of batch) digest.update(chunk);
    }
  }
  reader.close();
  const found = digest.digest('hex');
  hashesInVault.set(key, found);
  return found;
}

const partials = (fixture: MirrorFixture): string[] => readdirSync(join(fixture.storeDir, PRIVATE_FOLDER, 'partial'));
const quarantined = (fixture: MirrorFixture): string[] =>
  readdirSync(join(fixture.storeDir, PRIVATE_FOLDER, 'quarantine'));

const MENDED: readonly [string, FaultPlan][] = [
  ['connections reset in the middle', firstly(4, isData, { cut: { at: 200_000, how: 'rst' } })],
  ['connections closed in the middle', firstly(4, isData, { cut: { at: 200_000, how: 'fin' } })],
  ['connections reset before an answer', firstly(5, () => true, { cut: { at: 'before-head', how: 'rst' } })],
  ['bodies shorter than promised', firstly(3, isData, { truncateTo: 100_000 })],
  ['503 SlowDown', firstly(3, isData, { replaceBy: s3Error(503, 'SlowDown') })],
  ['503 SlowDown while listing', firstly(3, isListing, { replaceBy: s3Error(503, 'SlowDown') })],
  ['500 InternalError', firstly(3, () => true, { replaceBy: s3Error(500, 'InternalError') })],
  ['a wrong ETag for a while', firstly(2, isData, { setHeaders: { ETag: '"00000000000000000000000000000000"' } })],
  ['a stalled connection', firstly(2, isData, { stallAt: 150_000 })],
  ['a listing that is no XML', firstly(1, isListing, { rewriteBody: () => '<html>captive portal' })],
];

for (const [name, plan] of MENDED) {
  t.test(`mended within the pass: ${name}`, async (t) => {
    const fixture = await fixtureWithArchives(t);
    const proxy = await startFaultProxy(fixture.server.url, plan);
    t.teardown(() => proxy.close());
    // Only where silence is the fault: a busy machine is silent for a while, too.
    const report = await fixture.pass({ endpoint: proxy.url, ...(name.includes('stalled') && { idleTimeoutMs: 400 }) });
    t.ok(proxy.counters.faults > 0, 'the fault happened');
    t.match(report, { stopped: null, vaults: [{ problem: null, failures: [], downloaded: 2 }] });
    await assertOnlyRightFiles(t, fixture, [LARGE, SMALL]);
    t.strictSame(partials(fixture), []);
    t.strictSame(quarantined(fixture), []);
    const sizes = [...SIZES.values()].reduce((a, b) => a + b);
    t.ok(proxy.counters.bytesToClient < 1.5 * sizes, 'broken transfers are resumed, not begun anew');
  });
}

for (const checksum of [true, false]) {
  const proof = checksum ? 'checksum' : 'MD5 ETag';
  t.test(`a byte flipped once is found by the ${proof} and fetched again`, async (t) => {
    const fixture = await fixtureWithArchives(t, checksum);
    const flip = [
      firstly(1, (r) => isGetOf(r, LARGE), { flipByteAt: 5000 }),
      firstly(1, (r) => isGetOf(r, SMALL), { flipByteAt: 5000 }),
    ];
    const proxy = await startFaultProxy(
      fixture.server.url,
      (request) => flip.map((one) => one(request)).find(Boolean) ?? null,
    );
    t.teardown(() => proxy.close());
    const report = await fixture.pass({ endpoint: proxy.url });
    t.equal(proxy.counters.faults, 2);
    t.match(report.vaults[0], { problem: null, failures: [], downloaded: 2 });
    await assertOnlyRightFiles(t, fixture, [LARGE, SMALL]);
    t.strictSame(partials(fixture), []);
  });

  t.test(`bytes flipped every time end in an alarm, never in a file (${proof})`, async (t) => {
    const fixture = await fixtureWithArchives(t, checksum);
    let offset = 1000;
    const proxy = await startFaultProxy(fixture.server.url, (request) =>
      isData(request) ? { flipByteAt: offset++ } : null,
    );
    t.teardown(() => proxy.close());
    const report = await fixture.pass({ endpoint: proxy.url });
    t.match(report.vaults[0]?.failures, [{ code: 'VERIFICATION_FAILED' }, { code: 'VERIFICATION_FAILED' }]);
    await assertOnlyRightFiles(t, fixture, []);
    t.strictSame(partials(fixture), []);
    t.ok(quarantined(fixture).length > 0, 'the evidence is kept');
    const rows = fixture.catalog.archives.page({ storedOnly: false }, null, 10);
    t.ok(rows.every((row) => row.state === 'unavailable' && row.reason?.startsWith('two downloads differ')));
  });
}

t.test(
  '403 half-way: what could be had is there, the rest is not available, and comes when it is asked for again',
  async (t) => {
    const fixture = await fixtureWithArchives(t);
    let served = 0;
    const proxy = await startFaultProxy(fixture.server.url, (request) =>
      isGetOf(request, LARGE) && served++ > 0 ? { replaceBy: s3Error(403, 'AccessDenied') } : null,
    );
    t.teardown(() => proxy.close());
    const report = await fixture.pass({ endpoint: proxy.url });
    t.match(report.vaults[0], { problem: null, failures: [], downloaded: 1 });
    t.match(fixture.catalog.archives.ofKey(VAULT, LARGE), [{ state: 'unavailable', reason: /AccessDenied/ }]);
    await assertOnlyRightFiles(t, fixture, [SMALL]);
    const [refused] = fixture.catalog.archives.ofKey(VAULT, LARGE);
    fixture.catalog.refusals.markAskedAgain(refused?.id ?? 0);
    t.match((await fixture.pass()).vaults[0], { problem: null, failures: [], downloaded: 1 });
    await assertOnlyRightFiles(t, fixture, [LARGE, SMALL]);
    t.strictSame(partials(fixture), []);
  },
);

t.test('a wrong ETag for ever is a clear failure, and no file', async (t) => {
  const fixture = await fixtureWithArchives(t);
  const proxy = await startFaultProxy(fixture.server.url, (request) =>
    isData(request) ? { setHeaders: { ETag: '"00000000000000000000000000000000"' } } : null,
  );
  t.teardown(() => proxy.close());
  const report = await fixture.pass({ endpoint: proxy.url });
  t.match(report.vaults[0]?.failures, [{ code: 'OBJECT_CHANGED' }, { code: 'OBJECT_CHANGED' }]);
  await assertOnlyRightFiles(t, fixture, []);
});

t.test('a listing cut short is an alarm and deletes nothing', async (t) => {
  const fixture = await fixtureWithArchives(t);
  await fixture.pass();
  for (const [keep, code] of [
    [1, 'VAULT_LISTING_SHRUNK'],
    [0, 'VAULT_LISTING_EMPTY'],
  ] as const) {
    const proxy = await startFaultProxy(fixture.server.url, (r) =>
      isListing(r) ? { rewriteBody: shortenListing(keep) } : null,
    );
    t.match((await fixture.pass({ endpoint: proxy.url })).vaults[0], { problem: { code } });
    await proxy.close();
    await assertOnlyRightFiles(t, fixture, [LARGE, SMALL]);
  }
  t.match((await fixture.pass()).vaults[0], { problem: null }, 'once it lists right again, all is well');
});

t.test('a listing cut short once is contradicted by the second one, and nothing is said', async (t) => {
  const fixture = await fixtureWithArchives(t);
  await fixture.pass();
  const proxy = await startFaultProxy(fixture.server.url, firstly(1, isListing, { rewriteBody: shortenListing(1) }));
  t.teardown(() => proxy.close());
  t.match((await fixture.pass({ endpoint: proxy.url })).vaults[0], { problem: null });
});

t.test('a vault that is away is a problem of that vault, and the pass says so', async (t) => {
  const fixture = await fixtureWithArchives(t);
  const report = await fixture.pass({ endpoint: 'http://127.0.0.1:1' });
  t.match(report.vaults[0], { listing: 'failed', problem: { code: 'VAULT_UNREACHABLE' } });
});
