import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { readDurably } from '../../src/jobs/adopt-existing-file.ts';
import { FoundFile } from '../../src/store/found-file.ts';
import { openStoreForWriting } from '../../src/store/open-store.ts';
import { Publisher } from '../../src/store/publisher.ts';
import { sha256 } from '../support/store-contents.ts';
import { makeStore } from '../support/test-store.ts';

const VAULT = 'web';

/** A store, and files in it that have been hashed and are being taken over, while somebody else still writes there. */
function openPublisher(t: Test) {
  const { root } = makeStore(t.testdir());
  const { store, catalog, close } = openStoreForWriting({ path: root, expectedStoreId: null, nowMs: Date.now() });
  t.teardown(close);
  const clock = { now: () => 1e12, sleep: () => Promise.reject(new Error('publishing never waits')) };
  const publisher = new Publisher({ store, catalog, clock, actor: 'adopt' });
  const hash = async (relativePath: string, moves: boolean) => {
    const path = join(root, relativePath);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, 'proven');
    const proven = await readDurably(path, () => undefined);
    if (proven === null) throw new Error('nobody writes yet');
    return new FoundFile({ path, moves, proven, isArchive: () => false });
  };
  const publish = async (key: string, partial: FoundFile) => {
    const listed = { key, versionId: null, etag: key, sizeBytes: 6, lastModifiedMs: 1e12, storageClass: null };
    const known = { listed, series: null, state: 'wanted', reason: null, conflict: false } as const;
    const row = catalog.archives.byId(catalog.archives.insert(VAULT, known, 1e12));
    if (row === null) throw new Error('the row is gone');
    const publication = {
      row,
      path: key,
      partial,
      sha256: sha256(Buffer.from('proven')),
      proof: 'checksum-full' as const,
    };
    return publisher.publish({ ...publication, suspect: null, mayHaveVersions: false });
  };
  const stateOf = (key: string) => catalog.archives.ofKey(VAULT, key)[0]?.state;
  return { root, hash, publish, stateOf };
}

function replace(path: string): void {
  writeFileSync(`${path}.new`, 'OTHERS');
  renameSync(`${path}.new`, path);
}

for (const [how, spoil] of [
  ['replaced', replace],
  ['written to', (path: string) => appendFileSync(path, '!')],
] as const) {
  for (const moves of [false, true]) {
    t.test(
      `${how} after it was hashed, ${moves ? 'elsewhere' : 'in its place'}: no archive, and the others are`,
      async (t) => {
        const { root, hash, publish, stateOf } = openPublisher(t);
        const [bad, good] = [moves ? 'bad' : 'web/bad', moves ? 'good' : 'web/good'];
        const found = [await hash(bad, moves), await hash(good, moves)] as const;
        spoil(join(root, bad));
        const content = readFileSync(join(root, bad), 'utf8');
        const [refused, done] = await Promise.allSettled([publish('bad', found[0]), publish('good', found[1])]);
        t.match(refused, { status: 'rejected', reason: { code: 'STORE_UNSUITABLE', hint: /rclone/ } });
        t.match(done, { status: 'fulfilled' });
        t.strictSame([stateOf('bad'), stateOf('good')], ['wanted', 'stored']);
        t.equal(readFileSync(join(root, bad), 'utf8'), content, 'left as it is');
        t.equal(statSync(join(root, bad)).mode & 0o200, 0o200);
        if (moves) t.notOk(existsSync(join(root, 'web/bad')));
      },
    );
  }
}

t.test('replaced between the last look and its final name: the name is taken away again', async (t) => {
  const { root, hash } = openPublisher(t);
  const found = await hash('a', true);
  await found.seal({ mtimeMs: 1e12 });
  found.requireProven();
  replace(join(root, 'a'));
  linkSync(join(root, 'a'), join(root, 'final'));
  await t.rejects(found.requireFinal(join(root, 'final')), { code: 'STORE_UNSUITABLE' });
  t.notOk(existsSync(join(root, 'final')));
  t.equal(readFileSync(join(root, 'a'), 'utf8'), 'OTHERS');
  await found.remove();
  t.ok(existsSync(join(root, 'a')), 'it is somebody’s');
});

t.test('written to while it is hashed: nothing is known of it', async (t) => {
  const path = join(t.testdir({ a: 'content' }), 'a');
  let pieces = 0;
  const write = () => (++pieces === 1 ? appendFileSync(path, '!') : undefined);
  t.equal(await readDurably(path, write), null);
  t.not(await readDurably(path, () => undefined), null);
});
