import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeleteObjectsCommand } from '@aws-sdk/client-s3';
import t from 'tap';
import { MAX_VERSIONS } from '../../src/jobs/list-vault.ts';
import { BUCKET, createMirrorFixture, type MirrorFixture, VAULT } from '../support/mirror-fixture.ts';
import { attentionOf } from '../support/store-contents.ts';

/** Versions of one key that need no hashing. */
function seedVersions(fixture: MirrorFixture, key: string, count: number): void {
  const etag = '0'.repeat(32);
  fixture.server.seed(
    BUCKET,
    Array.from({ length: count }, (_, n) => ({
      key,
      body: `${n}`,
      etag,
      checksum: null,
      lastModifiedMs: 1e12 + n * 1000,
    })),
  );
}

t.test('a key with more versions than fit into memory is named and left out; all others are mirrored', async (t) => {
  const fixture = await createMirrorFixture({ versioned: true });
  t.teardown(() => fixture.close());
  fixture.server.seed(BUCKET, [
    { key: 'a', body: 'a', lastModifiedMs: 1e12 },
    { key: 'k', body: 'first', lastModifiedMs: 1e12 },
  ]);
  await fixture.pass();
  seedVersions(fixture, 'k', MAX_VERSIONS);
  fixture.server.seed(
    BUCKET,
    ['b', 'k2', 'z'].map((key) => ({ key, body: key })),
  );
  const crowded = [{ key: 'k', code: 'VAULT_KEY_CROWDED', message: /"k" has more than 20000 versions/ }];
  t.match((await fixture.pass()).vaults[0], { problem: null, failures: crowded, newArchives: 3, downloaded: 3 });
  fixture.server.remove(BUCKET, 'z');
  t.match((await fixture.pass()).vaults[0], {
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
