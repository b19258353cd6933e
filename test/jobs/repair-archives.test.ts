import { createHash } from 'node:crypto';
import { existsSync, linkSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { HOUR_MS } from '../../src/core/duration.ts';
import { silentProgress } from '../../src/jobs/pass-progress.ts';
import { repairStore } from '../../src/jobs/repair-store.ts';
import { PartialFile, partialPaths } from '../../src/store/partial-file.ts';
import { freeQuarantineName } from '../../src/store/quarantine.ts';
import type { VaultReader } from '../../src/vault/vault-reader.ts';
import { makeBadSector } from '../support/bad-sector.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { BUCKET, impatientClock, VAULT } from '../support/mirror-fixture.ts';
import { createRottenMirror, LARGE, OTHER, SMALL } from '../support/rotten-mirror.ts';

const MIB = 1024 * 1024;

t.test('two files that changed places are put right without the vault', async (t) => {
  const mirror = await createRottenMirror(t);
  const [one, two, aside] = [mirror.file(SMALL), mirror.file(OTHER), join(mirror.dir, 'aside')];
  renameSync(one, aside);
  renameSync(two, one);
  renameSync(aside, two);
  const served = mirror.server.bytesServed;
  t.match(await mirror.scrub(), { damaged: { first: [{ kind: 'wrong-size' }, { kind: 'wrong-size' }] } });
  for (const key of [SMALL, OTHER]) mirror.catalog.archives.markGone(mirror.row(key).id, Date.now());
  for (const key of [SMALL, OTHER]) mirror.server.remove(BUCKET, key);
  const report = await mirror.pass();
  t.match(report.vaults[0], { failures: [], repaired: 2 });
  for (const key of [SMALL, OTHER]) t.ok(readFileSync(mirror.file(key)).equals(mirror.body(key)));
  t.equal(mirror.server.bytesServed, served);
  t.strictSame(
    mirror.attention().filter(([cause]) => cause === 'damaged'),
    [],
  );
  t.equal((await mirror.quarantine()).length, 2);
});

t.test(
  'two files that changed places, one of them gone from the vault: its bytes outlive the repair of the other',
  async (t) => {
    const mirror = await createRottenMirror(t);
    const MANY = 3;
    // So much evidence of the one key that its next piece would be trimmed.
    for (let time = 0; time < MANY; time += 1) {
      mirror.flip(LARGE, time);
      mirror.catalog.archives.recordDamaged(mirror.row(LARGE).id, Date.now() + HOUR_MS + time);
      t.match((await mirror.pass()).vaults[0], { repaired: 1 });
    }
    const lost = 'web3/lost';
    const body = Buffer.alloc(mirror.body(LARGE).length, 'another nine ');
    mirror.server.seed(BUCKET, [{ key: lost, body }]);
    t.match((await mirror.pass()).vaults[0], { downloaded: 1 });
    const aside = join(mirror.dir, 'aside');
    renameSync(mirror.file(LARGE), aside);
    renameSync(mirror.file(lost), mirror.file(LARGE));
    renameSync(aside, mirror.file(lost));
    mirror.server.remove(BUCKET, lost);
    // Only the one that the vault still has is found wrong for now, and what lies at the other's path says nothing.
    mirror.catalog.archives.recordVerified(mirror.row(LARGE).id, Date.UTC(2020, 0));
    t.match(await mirror.scrub(), { damaged: { first: [{ archive: { key: LARGE } }] } });
    t.match((await mirror.pass()).vaults[0], { repaired: 1 });
    mirror.catalog.archives.recordDamaged(mirror.row(lost).id, Date.now());
    t.match((await mirror.pass()).vaults[0], { repaired: 1 });
    t.ok(readFileSync(mirror.file(lost)).equals(body));
  },
);

t.test('the same content elsewhere in the store is copied, and stays where it is', async (t) => {
  const mirror = await createRottenMirror(t);
  mirror.server.seed(BUCKET, [{ key: 'web3/twin', body: mirror.body(LARGE) }]);
  t.match((await mirror.pass()).vaults[0], { downloaded: 1 });
  mirror.server.remove(BUCKET, LARGE);
  await mirror.pass();
  rmSync(mirror.file(LARGE));
  const twin = mirror.stateOf('web3/twin');
  const served = mirror.server.bytesServed;
  await mirror.scrub();
  t.match((await mirror.pass()).vaults[0], { repaired: 1 });
  t.ok(readFileSync(mirror.file(LARGE)).equals(mirror.body(LARGE)));
  t.equal(mirror.stateOf('web3/twin'), twin);
  t.equal(mirror.server.bytesServed, served);
  t.match(mirror.lastEvent('archive.repaired'), { detail: { source: 'web/web3/twin, the same content' } });
});

t.test('the vault has other content under this very version: nothing is replaced, both are kept', async (t) => {
  const mirror = await createRottenMirror(t);
  mirror.flip(SMALL, 3);
  await mirror.scrub();
  const { etag } = mirror.row(SMALL);
  mirror.server.replaceContent(BUCKET, { key: SMALL, body: 'another content', etag });
  const before = mirror.stateOf(SMALL);
  const report = await mirror.pass();
  t.match(report.vaults[0], { repaired: 0, failures: [{ key: SMALL, code: 'REPAIR_DIFFERS' }] });
  t.equal(mirror.stateOf(SMALL), before);
  const [entry, ...others] = await mirror.quarantine();
  t.strictSame(others, []);
  t.equal(readFileSync(entry?.dataPath ?? '', 'utf8'), 'another content');
  t.match(
    mirror.attention().map(([cause]) => cause),
    ['damaged', 'conflict'],
  );
  const served = mirror.server.bytesServed;
  t.match((await mirror.pass()).vaults[0], { repaired: 0, failures: [] });
  t.equal(mirror.server.bytesServed, served, 'it is not fetched in every pass');
});

for (const key of [LARGE, SMALL]) {
  t.test(`killed when the bad file had been moved away: goes on with what lies ready, ${key}`, async (t) => {
    const mirror = await createRottenMirror(t);
    const [file, body] = [mirror.file(key), mirror.body(key)];
    mirror.flip(key, 5);
    await mirror.scrub();
    const row = mirror.row(key);
    const { store } = mirror.open;
    const partial = await PartialFile.create(store.partialDir, row, { resumable: key === LARGE });
    await partial.write(0, [body]);
    await partial.seal({ mtimeMs: row.lastModifiedMs });
    await partial.close();
    const name = await freeQuarantineName(store.quarantineDir, row, 'store', row.damagedAtMs ?? 0);
    renameSync(file, join(store.quarantineDir, `${name}.data`));
    // What lies ready is the last copy by now.
    mirror.server.remove(BUCKET, key);
    const served = mirror.server.bytesServed;
    t.match((await mirror.pass()).vaults[0], { repaired: 1, failures: [] });
    t.ok(readFileSync(file).equals(body));
    t.equal(mirror.server.bytesServed, served);
    t.strictSame(mirror.partials(), []);
    t.match(mirror.lastEvent('archive.repaired'), { detail: { quarantined: name, source: /interrupted/ } });
    t.ok(existsSync(join(store.quarantineDir, `${name}.data`)), 'evidence of what the vault has no more stays');
  });
}

t.test('killed when the right bytes were in place and not recorded', async (t) => {
  const mirror = await createRottenMirror(t);
  mirror.catalog.archives.recordDamaged(mirror.row(LARGE).id, Date.now());
  linkSync(mirror.file(LARGE), partialPaths(mirror.open.store.partialDir, mirror.row(LARGE)).data);
  const { ino } = statSync(mirror.file(LARGE));
  t.match((await mirror.pass()).vaults[0], { repaired: 0, failures: [] });
  t.strictSame(mirror.attention(), []);
  t.match(statSync(mirror.file(LARGE)), { ino, nlink: 1 });
});

t.test('something that appears at the path while its archive is repaired is not replaced', async (t) => {
  const mirror = await createRottenMirror(t);
  const file = mirror.file(LARGE);
  rmSync(file);
  await mirror.scrub();
  const proxy = await startFaultProxy(mirror.server.url, ({ method, path }) => {
    if (method === 'GET' && path.includes('large') && !existsSync(file)) writeFileSync(file, 'mine');
    return null;
  });
  t.teardown(() => proxy.close());
  t.match((await mirror.pass({ endpoint: proxy.url })).vaults[0], { repaired: 1 });
  const [entry] = await mirror.quarantine();
  t.equal(readFileSync(entry?.dataPath ?? '', 'utf8'), 'mine', 'it is kept');
});

t.test('no room for the replacement: said, and done when there is room', async (t) => {
  const mirror = await createRottenMirror(t);
  mirror.flip(LARGE, 77);
  await mirror.scrub();
  const before = mirror.stateOf(LARGE);
  const { freeBytes } = mirror.open.store.space();
  const minFree = { kind: 'bytes' as const, bytes: freeBytes - 5 * MIB, text: 'all but 5 MiB' };
  t.match((await mirror.pass({ minFree })).vaults[0], { repaired: 0, problem: { code: 'STORE_FULL' } });
  t.equal(mirror.stateOf(LARGE), before);
  t.match((await mirror.pass()).vaults[0], { repaired: 1, problem: null });
});

t.test('a link in place of a folder: nothing is written through it, and the other archives are repaired', async (t) => {
  const mirror = await createRottenMirror(t);
  const folder = join(mirror.storeDir, VAULT, 'web1');
  renameSync(folder, join(mirror.dir, 'elsewhere'));
  symlinkSync(join(mirror.dir, 'elsewhere'), folder);
  rmSync(mirror.file(OTHER));
  t.equal((await mirror.scrub()).damaged.count, 3);
  const report = await mirror.pass();
  t.match(report.vaults[0], { repaired: 1, failures: [{ code: 'STORE_SYMLINK' }, { code: 'STORE_SYMLINK' }] });
  rmSync(folder);
  renameSync(join(mirror.dir, 'elsewhere'), folder);
  await mirror.pass();
  t.strictSame(mirror.attention(), []);
});

t.test('without a vault: what the disk itself has is repaired, the rest is told, and nothing is moved', async (t) => {
  const mirror = await createRottenMirror(t);
  mirror.server.seed(BUCKET, [{ key: 'web3/twin', body: mirror.body(SMALL) }]);
  await mirror.pass();
  mirror.flip(LARGE, 5);
  mirror.flip(SMALL, 5);
  await mirror.scrub();
  const before = mirror.stateOf(LARGE);
  const reader = mirror.reader('http://127.0.0.1:9');
  t.teardown(() => reader.close());
  const repair = (readers: ReadonlyMap<string, VaultReader>) =>
    repairStore({
      ...mirror.open,
      config: mirror.config,
      readers,
      only: null,
      actor: 'verify',
      clock: impatientClock,
      random: Math.random,
      signal: new AbortController().signal,
      progress: silentProgress,
    });
  const [away] = await repair(new Map([[VAULT, reader]]));
  t.match(away, {
    repaired: { first: [{ archive: { key: SMALL } }] },
    lost: { count: 0 },
    stopped: { code: 'VAULT_UNREACHABLE' },
  });
  const [unknown] = await repair(new Map());
  t.match(
    unknown,
    { repaired: { count: 0 }, lost: { first: [{ key: LARGE }] }, stopped: null },
    'the configuration names it no more',
  );
  t.equal(mirror.stateOf(LARGE), before);
});

t.test('evidence of an archive that is right again and still in the vault is trimmed like any other', async (t) => {
  const mirror = await createRottenMirror(t);
  for (let time = 0; time < 5; time += 1) {
    mirror.flip(SMALL, time);
    mirror.catalog.archives.recordDamaged(mirror.row(SMALL).id, Date.now() + time);
    t.match((await mirror.pass()).vaults[0], { repaired: 1 });
  }
  t.equal((await mirror.quarantine()).length, 3);
});

t.test('the vault has lost it, and its file is right all the same: a disk that failed for a while', async (t) => {
  const mirror = await createRottenMirror(t);
  mirror.server.remove(BUCKET, LARGE);
  await mirror.pass();
  const sector = await makeBadSector(LARGE, 4 * MIB, () => true);
  t.teardown(sector.mend);
  t.match(await mirror.scrub(), { damaged: { first: [{ kind: 'unreadable' }] } });
  sector.mend();
  t.match((await mirror.pass()).vaults[0], { failures: [], repaired: 0 });
  t.equal(mirror.row(LARGE).damagedAtMs, null);
  t.match(mirror.lastEvent('archive.recovered'), { key: LARGE });
});

t.test('the vault has lost it, and the owner puts its file back', async (t) => {
  const mirror = await createRottenMirror(t);
  mirror.server.remove(BUCKET, SMALL);
  await mirror.pass();
  mirror.flip(SMALL, 3);
  await mirror.scrub();
  await mirror.pass();
  t.type(mirror.row(SMALL).damagedAtMs, 'number');
  mirror.overwrite(SMALL, mirror.body(SMALL));
  t.match((await mirror.pass()).vaults[0], { failures: [], repaired: 0 });
  t.equal(mirror.row(SMALL).damagedAtMs, null);
});

t.test(
  'evidence of the same size: read once, and no reason to fetch again in every pass what fails for good',
  async (t) => {
    const mirror = await createRottenMirror(t);
    const evidence = 'web3/evidence';
    const evidenceBody = Buffer.alloc(mirror.body(LARGE).length, 'another nine ');
    mirror.server.seed(BUCKET, [{ key: evidence, body: evidenceBody }]);
    await mirror.pass();
    // Nothing but its size is known of what could not be read.
    const sector = await makeBadSector(evidence, 0, () => true);
    t.teardown(sector.mend);
    mirror.catalog.archives.recordVerified(mirror.row(evidence).id, Date.UTC(2020, 0));
    await mirror.scrub();
    await mirror.pass();
    sector.mend();
    t.match(await mirror.quarantine(), [{ reason: { key: evidence, sha256: null } }]);

    mirror.flip(LARGE, 3);
    const { id, etag } = mirror.row(LARGE);
    mirror.server.replaceContent(BUCKET, { key: LARGE, body: Buffer.alloc(mirror.body(LARGE).length, 'x'), etag });
    mirror.catalog.archives.recordDamaged(id, Date.now());
    t.match((await mirror.pass()).vaults[0], { failures: [{ code: 'REPAIR_DIFFERS' }] });
    const known = (await mirror.quarantine()).find(({ reason }) => reason?.key === evidence)?.reason?.sha256;
    t.equal(
      known,
      createHash('sha256').update(evidenceBody).digest('hex'),
      'its reason tells by now whose bytes it has',
    );

    const [served, changes] = [mirror.server.bytesServed, mirror.catalog.changeCount()];
    const reads = [await makeBadSector('.data', 0, () => false), await makeBadSector(LARGE, 0, () => false)];
    for (const { mend } of [...reads].reverse()) t.teardown(mend);
    // Something else of that size, of which nobody knows what it is.
    const unknown = join(mirror.open.store.quarantineDir, '20200101T000000.000Z-0000000000000000-stored.data');
    writeFileSync(unknown, Buffer.alloc(evidenceBody.length, 'y'));
    t.match((await mirror.pass()).vaults[0], { repaired: 0, failures: [] });
    t.ok((reads[0]?.reads ?? 0) > 0, 'it is looked at');
    const looked = reads.map((one) => one.reads);
    const noted = mirror.catalog.changeCount();
    t.ok(noted > changes);
    t.match((await mirror.pass()).vaults[0], { repaired: 0, failures: [] });
    t.strictSame(
      reads.map((one) => one.reads),
      looked,
      'once',
    );
    t.equal(mirror.catalog.changeCount(), noted);
    t.equal(mirror.server.bytesServed, served);
  },
);
