import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { PRIVATE_FOLDER } from '../../src/store/store-layout.ts';
import { s3Error } from '../support/fault.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { BUCKET, createMirrorFixture, VAULT } from '../support/mirror-fixture.ts';
import { attentionOf, partialNames, patternBytes, sha256 } from '../support/store-contents.ts';

const MIB = 1024 * 1024;
t.test('other bytes behind the same ETag and size are a conflict, found when they are hashed', async (t) => {
  const fixture = await createMirrorFixture({ versioned: true });
  t.teardown(() => fixture.close());
  const etag = '0123456789abcdef0123456789abcdef-7';
  fixture.server.seed(BUCKET, [{ key: 'k', body: 'one', etag }]);
  await fixture.pass();
  fixture.server.seed(BUCKET, [{ key: 'k', body: 'two', etag }]);
  t.match((await fixture.pass()).vaults[0], { downloaded: 1, problem: null });
  t.strictSame(attentionOf(fixture), ['conflict k']);
});

t.test('a replaced object that vanishes before it was mirrored does not take the alarm with it', async (t) => {
  const fixture = await createMirrorFixture();
  t.teardown(() => fixture.close());
  fixture.server.seed(BUCKET, [
    { key: 'a', body: 'genuine' },
    { key: 'z', body: 'z' },
  ]);
  await fixture.pass();
  fixture.server.replaceContent(BUCKET, { key: 'a', body: 'forged', storageClass: 'GLACIER' });
  await fixture.pass();
  t.strictSame(attentionOf(fixture).sort(), ['conflict a', 'unavailable a']);
  fixture.server.remove(BUCKET, 'a');
  t.match((await fixture.pass()).vaults[0], { problem: { code: 'VAULT_LISTING_SHRUNK' } });
  t.strictSame(attentionOf(fixture), ['orphan a'], 'the genuine one is gone from the vault, and that is said');
});

t.test('SHA256SUMS that could not be appended to is written anew as soon as it can be', async (t) => {
  const fixture = await createMirrorFixture();
  t.teardown(() => fixture.close());
  fixture.server.seed(BUCKET, [{ key: 'a', body: 'a' }]);
  const sums = join(fixture.storeDir, VAULT, 'SHA256SUMS');
  mkdirSync(fixture.open.store.vaultDir(VAULT));
  // Appending to a symbolic link is refused.
  symlinkSync('/nonexistent', sums);
  await fixture.pass();
  rmSync(sums, { force: true });
  await fixture.pass();
  t.equal(readFileSync(sums, 'utf8'), `${sha256(Buffer.from('a'))}  a\n`);
});

t.test(
  'SHA256SUMS that has all lines is left alone by the next pass, also after one that ended with an alarm',
  async (t) => {
    const fixture = await createMirrorFixture();
    t.teardown(() => fixture.close());
    const seed = (...keys: string[]) =>
      fixture.server.seed(
        BUCKET,
        keys.map((key) => ({ key, body: key })),
      );
    seed('a', 'b');
    await fixture.pass();
    fixture.server.remove(BUCKET, 'a');
    seed('c');
    t.match((await fixture.pass()).vaults[0], { problem: { code: 'VAULT_LISTING_SHRUNK' }, downloaded: 1 });
    const sums = join(fixture.storeDir, VAULT, 'SHA256SUMS');
    const { ino, mtimeMs } = statSync(sums);
    t.match((await fixture.pass()).vaults[0], { problem: null });
    t.match(statSync(sums), { ino, mtimeMs }, 'nothing was behind');
    t.match(readFileSync(sums, 'utf8'), /^.{64} {2}[ab]\n.{64} {2}[ab]\n.{64} {2}c\n$/);
  },
);

t.test('an archive too large for the disk is held no longer when the disk is larger, or minFree smaller', async (t) => {
  const fixture = await createMirrorFixture();
  t.teardown(() => fixture.close());
  fixture.server.seed(BUCKET, [{ key: 'k', body: Buffer.alloc(5000) }]);
  const { totalBytes } = fixture.open.store.space();
  const leaving = (bytes: number) => ({ minFree: { kind: 'bytes', bytes: totalBytes - bytes, text: '' } }) as const;
  for (const bytes of [1000, 2000]) {
    t.match((await fixture.pass(leaving(bytes))).vaults[0], { downloaded: 0, problem: null });
    t.strictSame(attentionOf(fixture), ['held k']);
    t.match(fixture.catalog.archives.ofKey(VAULT, 'k'), [{ reason: /^too large/ }]);
  }
  t.match((await fixture.pass()).vaults[0], { downloaded: 1, problem: null });
  t.strictSame(attentionOf(fixture), []);
});

t.test('an interrupted download counts as room that is there, not as room that is missing', async (t) => {
  const fixture = await createMirrorFixture();
  t.teardown(() => fixture.close());
  const body = patternBytes(3, 20 * MIB);
  fixture.server.seed(BUCKET, [{ key: 'large', body }]);
  const stop = new AbortController();
  const slow = await startFaultProxy(fixture.server.url, (r) =>
    r.headers.range === undefined ? null : { stallAt: 14 * MIB },
  );
  t.teardown(() => slow.close());
  const pass = fixture.pass({ endpoint: slow.url, signal: stop.signal, idleTimeoutMs: 60_000 });
  const written = (): number => {
    const name = partialNames(fixture).find((one) => one.endsWith('.part'));
    return name === undefined ? 0 : statSync(join(fixture.storeDir, PRIVATE_FOLDER, 'partial', name)).blocks * 512;
  };
  while (written() < 12 * MIB) await new Promise((resolve) => setTimeout(resolve, 10));
  stop.abort();
  await pass;
  // The disk as it looks with room for the rest of the archive, and not for all of it.
  const roomBytes = body.length - written() + MIB;
  Object.defineProperty(fixture.open.store, 'roomBytes', { value: () => roomBytes });
  t.match((await fixture.pass()).vaults[0], { problem: null, downloaded: 1 });
});

t.test('what is fetched a second time finds its room taken by the first, and minFree is not eaten', async (t) => {
  const fixture = await createMirrorFixture();
  t.teardown(() => fixture.close());
  const size = 12 * MIB;
  fixture.server.seed(
    BUCKET,
    ['a', 'b'].map((key, n) => ({ key, body: patternBytes(n, size) })),
  );
  // Each arrives with a wrong byte the first time, goes into quarantine and comes again.
  const proxy = await startFaultProxy(fixture.server.url, ({ headers, nthOfTarget }) =>
    headers.range !== undefined && nthOfTarget === 1 ? { flipByteAt: 1000 } : null,
  );
  t.teardown(() => proxy.close());
  const usedBytes = (): number => {
    // While it is published a file has two names.
    const sizes = new Map<number, number>();
    for (const name of readdirSync(fixture.storeDir, { recursive: true, encoding: 'utf8' })) {
      if (!/\.(part|data)$|^web\/.$/.test(name)) continue;
      const file = statSync(join(fixture.storeDir, name), { throwIfNoEntry: false });
      if (file !== undefined) sizes.set(file.ino, file.size);
    }
    return [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
  };
  const freeBytes = () => 3.5 * size - usedBytes();
  Object.defineProperty(fixture.open.store, 'roomBytes', { value: () => Math.max(0, freeBytes()) });
  t.match((await fixture.pass({ endpoint: proxy.url })).vaults[0], { downloaded: 1, problem: { code: 'STORE_FULL' } });
  t.equal(proxy.counters.faults, 2);
  t.equal(usedBytes(), 3 * size, 'two in quarantine, one that is right');
  t.equal(fixture.catalog.queue.groups()[0]?.archives, 1, 'the other one waits for room');
});

t.test('one object that the vault cannot serve does not keep the others from being mirrored', async (t) => {
  const fixture = await createMirrorFixture();
  t.teardown(() => fixture.close());
  const objects = Array.from({ length: 20 }, (_, n) => ({ key: `k${n}`, body: `${n}`, lastModifiedMs: n * 1000 }));
  fixture.server.seed(BUCKET, objects);
  const proxy = await startFaultProxy(fixture.server.url, (r) =>
    r.path.includes('/k19') ? { replaceBy: s3Error(501, 'NotImplemented') } : null,
  );
  t.teardown(() => proxy.close());
  t.match((await fixture.pass({ endpoint: proxy.url })).vaults[0], {
    downloaded: 19,
    problem: null,
    failures: [{ key: 'k19', code: 'VAULT_UNSUPPORTED' }],
  });
});
