import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { openStoreForWriting } from '../../src/store/open-store.ts';
import { PartialFile } from '../../src/store/partial-file.ts';
import { Publisher } from '../../src/store/publisher.ts';
import { sha256 } from '../support/store-contents.ts';
import { makeStore } from '../support/test-store.ts';

const VAULT = 'web';

function openPublisher(t: Test) {
  const { root } = makeStore(t.testdir());
  const { store, catalog, close } = openStoreForWriting({ path: root, expectedStoreId: null, nowMs: Date.now() });
  t.teardown(close);
  const clock = { now: () => 1e12, sleep: () => Promise.reject(new Error('publishing never waits')) };
  const publisher = new Publisher({ store, catalog, clock, actor: 'sync' });

  /** What a pass does with a download that has been proven. */
  const publish = async (key: string): Promise<void> => {
    const body = Buffer.from(`body of ${key}`);
    const listed = {
      key,
      versionId: null,
      etag: key,
      sizeBytes: body.length,
      lastModifiedMs: 1e12,
      storageClass: null,
    };
    const id = catalog.archives.insert(
      VAULT,
      { listed, series: null, state: 'wanted', reason: null, conflict: false },
      1e12,
    );
    const row = catalog.archives.byId(id);
    if (row === null) throw new Error('the row is gone');
    const partial = await PartialFile.create(store.partialDir, row, { resumable: false });
    await partial.write(0, [body]);
    const publication = { row, path: key, partial, sha256: sha256(body), proof: 'checksum-full' as const };
    await publisher.publish({ ...publication, suspect: null, mayHaveVersions: false });
  };
  const stored = (key: string): string => readFileSync(join(store.vaultDir(VAULT), key), 'utf8');
  return { store, catalog, publish, stored };
}

for (const [what, folder] of [
  ['the folder of a vault', VAULT],
  ['a folder below it', join(VAULT, 'a/b')],
] as const) {
  t.test(`${what} is moved away between two groups: the next archive makes it anew`, async (t) => {
    const { store, catalog, publish, stored } = openPublisher(t);
    await publish('a/b/first');
    const away = join(store.root, '..', 'away', folder);
    mkdirSync(dirname(away), { recursive: true });
    renameSync(join(store.root, folder), away);

    await publish('a/b/second');
    t.equal(stored('a/b/second'), 'body of a/b/second');
    t.match(catalog.archives.ofKey(VAULT, 'a/b/second'), [{ state: 'stored', path: 'a/b/second' }]);
    t.match(stored('SHA256SUMS'), `${sha256(Buffer.from('body of a/b/second'))}  a/b/second\n`);
    await publish('a/b/third');
    t.equal(stored('a/b/third'), 'body of a/b/third');
  });
}
