import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeleteObjectsCommand } from '@aws-sdk/client-s3';
import t from 'tap';
import type { FaultPlan } from '../support/fault.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { BUCKET, createMirrorFixture, VAULT } from '../support/mirror-fixture.ts';
import { attentionOf } from '../support/store-contents.ts';

/** Makes a listing show versions of the key `k` without end, all from before the one that the server has. */
const endlessVersions: FaultPlan = ({ path }) => {
  const { searchParams } = new URL(path, 'http://x');
  if (!searchParams.has('versions')) return null;
  const marker = searchParams.get('version-id-marker');
  if (marker !== null) return { replaceBy: { status: 200, headers: {}, body: pageOf(Number(marker.slice(1))) } };
  // Behind `k` the server itself goes on.
  return searchParams.get('key-marker') === null ? { rewriteBody: endAtK } : null;
};

const MORE = '<IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker>';

const endAtK = (body: string): string =>
  body
    .replace(/<Version>.*?<\/Version>/gs, (version) => (/<Key>[^<]*(k2|z)</.test(version) ? '' : version))
    .replace('<IsTruncated>false</IsTruncated>', `${MORE}<NextVersionIdMarker>v0</NextVersionIdMarker>`);

const pageOf = (from: number): string => {
  const versions = Array.from(
    { length: 1000 },
    (_, n) =>
      `<Version><Key>k</Key><VersionId>v${from + n + 1}</VersionId><IsLatest>false</IsLatest><Size>1</Size>` +
      `<LastModified>2001-09-09T01:46:40.000Z</LastModified><ETag>&quot;${'0'.repeat(32)}&quot;</ETag></Version>`,
  );
  const next = `<NextVersionIdMarker>v${from + 1000}</NextVersionIdMarker><EncodingType>url</EncodingType>`;
  return `<ListVersionsResult><Name>${BUCKET}</Name>${MORE}${next}${versions.join('')}</ListVersionsResult>`;
};

t.test('a key with more versions than fit into memory is named and left out; all others are mirrored', async (t) => {
  const fixture = await createMirrorFixture({ versioned: true });
  t.teardown(() => fixture.close());
  fixture.server.seed(BUCKET, [
    { key: 'a', body: 'a', lastModifiedMs: 1e12 },
    { key: 'k', body: 'first', lastModifiedMs: 1e12 },
  ]);
  await fixture.pass();
  fixture.server.seed(
    BUCKET,
    ['b', 'k2', 'z'].map((key) => ({ key, body: key })),
  );
  const proxy = await startFaultProxy(fixture.server.url, endlessVersions);
  t.teardown(() => proxy.close());
  const pass = async () => (await fixture.pass({ endpoint: proxy.url })).vaults[0];
  const crowded = [{ key: 'k', code: 'VAULT_KEY_CROWDED', message: /"k" has more than 20000 versions/ }];
  t.match(await pass(), { problem: null, failures: crowded, newArchives: 3, downloaded: 3 });
  fixture.server.remove(BUCKET, 'z');
  t.match(await pass(), {
    problem: { code: 'VAULT_LISTING_SHRUNK' },
    failures: crowded,
    newArchives: 0,
    downloaded: 0,
  });
  t.strictSame(attentionOf(fixture), ['orphan z'], 'of the crowded key nothing is thought to be gone');
  t.equal(readFileSync(join(fixture.storeDir, VAULT, 'k'), 'utf8'), 'first', 'what was mirrored of it before stays');
});

t.test(
  'a key that was deleted again and again stays deleted, however many pages its delete markers fill',
  async (t) => {
    const fixture = await createMirrorFixture({ versioned: true });
    t.teardown(() => fixture.close());
    const client = fixture.s3();
    t.teardown(() => client.destroy());
    const erase = (key: string, times: number) =>
      client.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects: Array(times).fill({ Key: key }) } }));
    fixture.server.seed(
      BUCKET,
      ['a', 'k', 'z'].map((key) => ({ key, body: key })),
    );
    await fixture.pass();
    await erase('k', 1);
    t.match((await fixture.pass()).vaults[0], { problem: { code: 'VAULT_LISTING_SHRUNK' } });
    t.strictSame(attentionOf(fixture), ['orphan k']);

    for (let n = 0; n < 3; n++) await erase('k', 1000);
    // a; 3,001 delete markers of k and its one version; z
    t.match((await fixture.pass()).vaults[0], { problem: null, requests: 4, newArchives: 0 });
    t.strictSame(attentionOf(fixture), ['orphan k']);
    t.strictSame(fixture.catalog.history.newest({ event: 'archive.back' }, 10), []);
  },
);
