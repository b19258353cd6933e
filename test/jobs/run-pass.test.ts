import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import t from 'tap';
import { silentProgress } from '../../src/jobs/pass-progress.ts';
import { BUCKET, createMirrorFixture, impatientClock, VAULT } from '../support/mirror-fixture.ts';
import { attentionOf, filesIn, partialNames, patternBytes, sha256 } from '../support/store-contents.ts';

const MIB = 1024 * 1024;
const SERIES = `series:
  - { name: files, vault: web, match: "web1/{date}.tar.gz.gpg", expectEvery: 1d }`;

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
t.test('archives small and large become verified files under their names; a second pass does nothing', async (t) => {
  const fixture = await createMirrorFixture({ yaml: SERIES });
  t.teardown(() => fixture.close());
  const bodies = new Map([
    ['web1/2026-11-01.tar.gz.gpg', patternBytes(1, 3 * MIB + 7)],
    ['web1/2026-11-02.tar.gz.gpg', patternBytes(2, 40 * MIB + 3)],
    ['web1/2026-11-03.tar.gz.gpg', Buffer.alloc(0)],
    ['other/notes.txt', Buffer.from('hello')],
  ]);
  const lastModifiedMs = Date.UTC(2026, 10, 3, 4, 5, 6);
  fixture.server.seed(
    BUCKET,
    [...bodies].map(([key, body]) => ({ key, body, lastModifiedMs })),
  );
  fixture.server.seed(BUCKET, [{ key: 'web1/', body: '' }]);

  const report = await fixture.pass();
  t.match(report, {
    stopped: null,
    vaults: [{ problem: null, failures: [], downloaded: 4, listed: 5, listing: 'full' }],
  });
  for (const [key, body] of bodies) {
    const path = join(fixture.storeDir, VAULT, key);
    t.equal(sha256(readFileSync(path)), sha256(body), key);
    const { mode, mtimeMs } = statSync(path);
    t.equal(mode & 0o777, 0o440);
    t.equal(mtimeMs, lastModifiedMs);
  }
  const sums = readFileSync(join(fixture.storeDir, VAULT, 'SHA256SUMS'), 'utf8')
    .trim()
    .split('\n')
    .sort();
  t.strictSame(sums, [...bodies].map(([key, body]) => `${sha256(body)}  ${key}`).sort());
  t.strictSame(partialNames(fixture), []);
  t.strictSame(
    fixture.catalog.newest.stored({ vault: VAULT }, 10).map(({ proof }) => proof),
    Array(4).fill('checksum-full'),
  );

  const served = fixture.server.bytesServed;
  const changes = fixture.catalog.changeCount();
  const again = await fixture.pass({ full: false });
  t.match(again.vaults[0], { downloaded: 0, newArchives: 0, listing: 'full', requests: 1, problem: null });
  t.equal(fixture.server.bytesServed, served);
  t.equal(fixture.catalog.changeCount(), changes, 'nothing is written when there is no news');
});

t.test('every kind of proof is found and used', async (t) => {
  const fixture = await createMirrorFixture();
  t.teardown(() => fixture.close());
  const body = patternBytes(7, 12 * MIB);
  const parts = [5 * MIB, 5 * MIB, 2 * MIB];
  const etag = 'ffffffffffffffffffffffffffffffff';
  fixture.server.seed(BUCKET, [
    { key: 'a-crc64', body },
    { key: 'b-crc32-parts', body, partSizes: parts, checksum: { algorithm: 'CRC32', type: 'COMPOSITE' } },
    { key: 'c-sha256-parts', body, partSizes: parts, checksum: { algorithm: 'SHA256', type: 'COMPOSITE' } },
    { key: 'd-crc32c-full', body, partSizes: parts, checksum: { algorithm: 'CRC32C', type: 'FULL_OBJECT' } },
    { key: 'e-md5', body, checksum: null },
    { key: 'f-md5-parts', body, checksum: null, partSizes: parts },
    { key: 'g-nothing', body, checksum: null, etag },
    { key: 'h-small-md5', body: body.subarray(0, 999), checksum: null },
  ]);
  const report = await fixture.pass();
  t.match(report.vaults[0], { problem: null, failures: [], downloaded: 8 });
  const rows = fixture.catalog.archives.page({ storedOnly: true }, null, 100);
  t.strictSame(
    rows.map(({ key, proof }) => `${key}: ${proof}`),
    [
      'a-crc64: checksum-full',
      'b-crc32-parts: checksum-parts',
      'c-sha256-parts: checksum-parts',
      'd-crc32c-full: checksum-full',
      'e-md5: etag-md5',
      'f-md5-parts: etag-multipart',
      'g-nothing: length-only',
      'h-small-md5: etag-md5',
    ],
  );
  t.ok(rows.slice(0, 7).every((row) => row.sha256 === sha256(body)));
  const remark = fixture.catalog.history.newest({ event: 'archive.remark' }, 10);
  t.match(remark, [{ key: 'g-nothing', detail: { remark: /two downloads agree/ } }]);
});

t.test('the same key with other content: both are kept, and it is a conflict', async (t) => {
  const fixture = await createMirrorFixture();
  t.teardown(() => fixture.close());
  fixture.server.seed(BUCKET, [{ key: 'a/b', body: 'first' }]);
  await fixture.pass();
  fixture.server.replaceContent(BUCKET, { key: 'a/b', body: 'second' });
  const report = await fixture.pass({ full: false });
  t.match(report.vaults[0], { problem: null, downloaded: 1 });
  const contents = filesIn(join(fixture.storeDir, VAULT, 'a')).map((name) =>
    readFileSync(join(fixture.storeDir, VAULT, 'a', name), 'utf8'),
  );
  t.strictSame(contents.sort(), ['first', 'second']);
  t.equal(readFileSync(join(fixture.storeDir, VAULT, 'a/b'), 'utf8'), 'first', 'the verified file did not change');
  t.strictSame(attentionOf(fixture), ['conflict a/b'], 'one alarm for one cause');
  fixture.server.replaceContent(BUCKET, { key: 'a/b', body: 'first' });
  await fixture.pass();
  t.equal(filesIn(join(fixture.storeDir, VAULT, 'a')).length, 2, 'what came back is known already');
});

t.test('versions of a versioned vault are archives of their own', async (t) => {
  const fixture = await createMirrorFixture({ versioned: true });
  t.teardown(() => fixture.close());
  fixture.server.seed(BUCKET, [
    { key: 'k', body: 'one', lastModifiedMs: 1e12 },
    { key: 'k', body: 'two', lastModifiedMs: 1.7e12 },
    { key: 'k', body: 'one', lastModifiedMs: 1.5e12 },
  ]);
  await fixture.pass();
  t.equal(filesIn(join(fixture.storeDir, VAULT)).length, 4);
  t.strictSame(attentionOf(fixture), ['conflict k'], 'the version with the same content is no conflict');
  t.match(await fixture.pass(), { vaults: [{ downloaded: 0, newArchives: 0 }] });
});

t.test('an object that left the vault stays here as an orphan; an empty listing changes nothing', async (t) => {
  const fixture = await createMirrorFixture();
  t.teardown(() => fixture.close());
  fixture.server.seed(
    BUCKET,
    ['a', 'b', 'c'].map((key) => ({ key, body: `body of ${key}` })),
  );
  await fixture.pass();
  fixture.server.remove(BUCKET, 'b');
  const report = await fixture.pass({ full: false });
  t.match(report.vaults[0], { problem: { code: 'VAULT_LISTING_SHRUNK' }, listing: 'full' });
  t.equal(readFileSync(join(fixture.storeDir, VAULT, 'b'), 'utf8'), 'body of b');
  t.strictSame(attentionOf(fixture), ['orphan b']);

  for (const key of ['a', 'c']) fixture.server.remove(BUCKET, key);
  t.match((await fixture.pass()).vaults[0], { problem: { code: 'VAULT_LISTING_EMPTY' } });
  t.strictSame(filesIn(join(fixture.storeDir, VAULT)), ['SHA256SUMS', 'a', 'b', 'c']);
  t.strictSame(attentionOf(fixture), ['orphan b'], 'an empty listing is an error, not a fact about archives');

  fixture.server.seed(
    BUCKET,
    ['a', 'b', 'c'].map((key) => ({ key, body: `body of ${key}` })),
  );
  t.match((await fixture.pass()).vaults[0], { problem: null, downloaded: 0 });
  t.strictSame(attentionOf(fixture), []);
});

t.test('a large vault is listed in full only when asked to', async (t) => {
  const fixture = await createMirrorFixture({
    yaml: `series:
  - { name: files, vault: web, match: "web1/{date}.gpg" }`,
  });
  t.teardown(() => fixture.close());
  const day = (n: number): string => new Date(Date.UTC(2019, 0, 1 + n)).toISOString().slice(0, 10);
  const known = Array.from({ length: 2000 }, (_, n) => `web1/${day(n)}.gpg`);
  fixture.server.seed(
    BUCKET,
    known.map((key) => ({ key, body: '', lastModifiedMs: 1e12 })),
  );
  fixture.catalog.transaction(() => {
    for (const key of known) {
      const listed = { key, versionId: null, etag: md5(''), sizeBytes: 0, lastModifiedMs: 1e12, storageClass: null };
      const reason = 'not wanted by this test';
      fixture.catalog.archives.insert(
        VAULT,
        { listed, series: 'files', state: 'unavailable', reason, conflict: false },
        1e12,
      );
    }
  });
  fixture.server.seed(BUCKET, [{ key: `web1/${day(2000)}.gpg`, body: 'new' }]);
  const ordinary = (await fixture.pass({ full: false })).vaults[0];
  t.match(ordinary, { listing: 'ordinary', downloaded: 1, requests: 2 });
  t.ok((ordinary?.listed ?? 0) < 10, 'only what is new and a few days before it');
  fixture.server.remove(BUCKET, `web1/${day(1999)}.gpg`);
  t.match((await fixture.pass({ full: false })).vaults[0], {
    listing: 'full',
    problem: { code: 'VAULT_LISTING_SHRUNK' },
  });
});

t.test(
  'an object hidden by a delete marker is gone from the vault, and what was not mirrored yet is mirrored all the same',
  async (t) => {
    const fixture = await createMirrorFixture({ versioned: true });
    t.teardown(() => fixture.close());
    const client = fixture.s3();
    t.teardown(() => client.destroy());
    fixture.server.seed(
      BUCKET,
      ['a', 'b', 'c'].map((key) => ({ key, body: key })),
    );
    await fixture.pass();
    await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'b' }));
    fixture.server.seed(BUCKET, [{ key: 'late', body: 'late' }]);
    await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'late' }));
    t.match((await fixture.pass()).vaults[0], { problem: { code: 'VAULT_LISTING_SHRUNK' }, downloaded: 1 });
    t.strictSame(attentionOf(fixture), ['orphan b']);
    await fixture.pass();
    t.strictSame(attentionOf(fixture).sort(), ['orphan b', 'orphan late']);
    t.equal(readFileSync(join(fixture.storeDir, VAULT, 'late'), 'utf8'), 'late');
    for (const key of ['b', 'late']) {
      const marker = fixture.server.versionsOf(BUCKET, key)[0];
      await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key, VersionId: marker?.versionId }));
    }
    t.match((await fixture.pass()).vaults[0], { problem: null, downloaded: 0 });
    t.strictSame(attentionOf(fixture), [], 'undeleted, it is back');
  },
);

t.test('an archived storage class is reported and never fetched', async (t) => {
  const fixture = await createMirrorFixture();
  t.teardown(() => fixture.close());
  fixture.server.seed(BUCKET, [
    { key: 'cold', body: 'x', storageClass: 'DEEP_ARCHIVE' },
    { key: 'warm', body: 'y' },
  ]);
  t.match((await fixture.pass()).vaults[0], { downloaded: 1, problem: null });
  t.strictSame(attentionOf(fixture), ['unavailable cold']);
  t.equal(fixture.server.requestsByOperation.GetObject, 1);
});

t.test('an archive far above the usual size of its series is held', async (t) => {
  const fixture = await createMirrorFixture({ yaml: SERIES });
  t.teardown(() => fixture.close());
  const day = (n: number): string => `web1/2026-11-0${n}.tar.gz.gpg`;
  fixture.server.seed(
    BUCKET,
    [1, 2, 3].map((n) => ({ key: day(n), body: patternBytes(n, 1000) })),
  );
  await fixture.pass();
  fixture.server.seed(BUCKET, [
    { key: day(4), body: patternBytes(4, 4001) },
    { key: day(5), body: patternBytes(5, 4000) },
  ]);
  t.match((await fixture.pass()).vaults[0], { downloaded: 1 });
  t.strictSame(attentionOf(fixture), [`held ${day(4)}`]);
  const [held] = fixture.catalog.archives.ofKey(VAULT, day(4));
  t.match(held, { state: 'held', reason: /oversize/ });
  fixture.catalog.archives.markWanted(held?.id ?? 0, Date.now());
  t.match((await fixture.pass()).vaults[0], { downloaded: 1 }, 'accepted by the owner');
});

t.test('any number of small uploads does not hold the next genuine archive', async (t) => {
  const yaml = 'series: [{ name: files, vault: web, match: "web1/{name}", expectEvery: 1d }]';
  const fixture = await createMirrorFixture({ yaml });
  t.teardown(() => fixture.close());
  const dayMs = 24 * 60 * 60 * 1000;
  const today = Math.floor(Date.now() / dayMs) * dayMs;
  const upload = (name: string, sizeBytes: number, lastModifiedMs: number) => ({
    ...{ key: `web1/${name}`, lastModifiedMs },
    body: patternBytes(1, sizeBytes),
  });
  const genuine = Array.from({ length: 20 }, (_, n) => upload(`day-${n + 1}`, 5000, today - (n + 1) * dayMs));
  const junk = Array.from({ length: 300 }, (_, n) => upload(`junk-${n}`, 8, today - 4 * dayMs + n * 1_000_000));
  fixture.server.seed(BUCKET, genuine);
  await fixture.pass();
  fixture.server.seed(BUCKET, junk);
  await fixture.pass();
  fixture.server.seed(BUCKET, [upload('day-0', 5000, today), upload('huge', 20_001, today)]);
  t.match((await fixture.pass()).vaults[0], { downloaded: 1 });
  t.strictSame(attentionOf(fixture), ['held web1/huge'], 'only what is too much for a genuine one, too');
});

t.test('the uploader’s own checksum is a witness: an archive that differs from it is kept as suspect', async (t) => {
  const fixture = await createMirrorFixture();
  t.teardown(() => fixture.close());
  fixture.server.seed(BUCKET, [
    { key: 'good', body: 'x', metadata: { sha256: sha256(Buffer.from('x')) } },
    { key: 'bad', body: 'y', metadata: { sha256: sha256(Buffer.from('x')) } },
  ]);
  t.match((await fixture.pass()).vaults[0], { downloaded: 2 });
  t.strictSame(attentionOf(fixture), ['suspect bad']);
});

t.test('a file at an archive’s place: proven it is adopted, a stranger is left alone', async (t) => {
  const fixture = await createMirrorFixture();
  t.teardown(() => fixture.close());
  fixture.server.seed(BUCKET, [
    { key: 'mine', body: 'mine!' },
    { key: 'other', body: 'wanted' },
    { key: 'd/x', body: 'deep' },
  ]);
  fixture.catalog.transaction(() => undefined);
  const folder = fixture.open.store.vaultDir(VAULT);
  mkdirSync(folder);
  writeFileSync(join(folder, 'mine'), 'mine!');
  writeFileSync(join(folder, 'other'), 'strang');
  writeFileSync(join(folder, 'd'), 'a file where a folder is needed');
  t.match((await fixture.pass()).vaults[0], { downloaded: 2, adopted: 1, problem: null, failures: [] });
  t.equal(readFileSync(join(folder, 'other'), 'utf8'), 'strang');
  t.equal(readFileSync(join(folder, 'd'), 'utf8'), 'a file where a folder is needed');
  const rows = fixture.catalog.archives.page({ storedOnly: true }, null, 10);
  t.strictSame(
    rows.map((row) => [row.key, readFileSync(join(folder, row.path ?? ''), 'utf8')]),
    [
      ['d/x', 'deep'],
      ['mine', 'mine!'],
      ['other', 'wanted'],
    ],
  );
});

t.test('the clock is compared with the vault when it answers, not when a long pass is over', async (t) => {
  const fixture = await createMirrorFixture();
  t.teardown(() => fixture.close());
  fixture.server.seed(BUCKET, [{ key: 'a.gpg', body: 'a' }]);
  const hourMs = 60 * 60 * 1000;
  let elapsedMs = 0;
  const { vaults } = await fixture.pass({
    clock: { ...impatientClock, now: () => impatientClock.now() + elapsedMs },
    progress: {
      ...silentProgress,
      started() {
        elapsedMs = hourMs;
      },
    },
  });
  const [{ downloaded, clockOffsetMs = null } = { downloaded: 0 }] = vaults;
  t.equal(downloaded, 1);
  t.ok(clockOffsetMs !== null && Math.abs(clockOffsetMs) < 10_000, `off by ${clockOffsetMs} ms`);
});
