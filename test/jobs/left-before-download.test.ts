import t, { type Test } from 'tap';
import { attentionGroups } from '../../src/core/attention-groups.ts';
import { pruneBlocks } from '../../src/core/prune-blocks.ts';
import { pinArchives, unpinArchives } from '../../src/jobs/pin-archives.ts';
import { resolveArchives } from '../../src/jobs/resolve-archives.ts';
import type { ArchiveRow } from '../../src/store/catalog/archive-row.ts';
import { collectMatters } from '../../src/store/catalog/collect-matters.ts';
import { openStateFile } from '../../src/store/state-file.ts';
import { s3Error } from '../support/fault.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { BUCKET, createMirrorFixture, type MirrorFixture, VAULT } from '../support/mirror-fixture.ts';
import { attentionOf } from '../support/store-contents.ts';

const KEY = 'web1/late';

interface Mirror extends MirrorFixture {
  passHere(): ReturnType<MirrorFixture['sync']>;
  row(): ArchiveRow | undefined;
  pruneBlock(): string | null;
}

/** A vault that has lost KEY when it is asked for it. `asked` is called then, before the answer. */
async function createMirror(t: Test, asked: (fixture: MirrorFixture) => void): Promise<Mirror> {
  const fixture = await createMirrorFixture();
  fixture.server.seed(BUCKET, [{ key: 'web1/a', body: 'a' }]);
  await fixture.sync();
  const proxy = await startFaultProxy(fixture.server.url, ({ path }) => {
    if (!new URL(path, 'http://x').pathname.endsWith(`/${KEY}`)) return null;
    asked(fixture);
    return { replaceBy: s3Error(404, 'NoSuchKey') };
  });
  t.teardown(async () => {
    await proxy.close();
    await fixture.close();
  });
  fixture.server.seed(BUCKET, [{ key: KEY, body: 'late' }]);
  return Object.assign(fixture, {
    passHere: () => fixture.sync({ endpoint: proxy.url }),
    row: () => fixture.catalog.archives.ofKey(VAULT, KEY)[0],
    pruneBlock() {
      const { state } = openStateFile(fixture.config.stateDir);
      return pruneBlocks(state, fixture.config.vaults, fixture.open.store.marker.storeId).get(VAULT)?.why ?? null;
    },
  });
}

const leaves = (fixture: MirrorFixture) => fixture.server.remove(BUCKET, KEY);

t.test('what left the vault between listing and download is forgotten then, as the listing would have', async (t) => {
  const mirror = await createMirror(t, leaves);
  t.match((await mirror.passHere()).report.vaults[0], { failures: [{ key: KEY, code: 'OBJECT_GONE' }], problem: null });
  t.equal(mirror.row(), undefined);
  t.match(mirror.catalog.history.newest({ event: 'archive.gone-before-download' }, 2), [{ key: KEY }]);
  t.equal(mirror.pruneBlock(), null, 'what never was here keeps nothing from being removed');
  t.match((await mirror.passHere()).report.vaults[0], { failures: [], problem: null });
});

t.test('with a pin it stays known as lost, which is no dead end', async (t) => {
  const mirror = await createMirror(t, (fixture) => {
    const { id } = fixture.catalog.archives.ofKey(VAULT, KEY)[0] ?? { id: 0 };
    pinArchives(fixture.catalog, [id], { reason: 'look at it', expiresAtMs: null }, Date.now());
    leaves(fixture);
  });
  t.match((await mirror.passHere()).report.vaults[0], { failures: [{ code: 'OBJECT_GONE' }] });
  const row = mirror.row();
  if (row === undefined) throw new Error('a pinned archive is never forgotten');
  t.match(row, { state: 'unavailable', goneAtMs: Number });
  const resolve = (verb: 'accept' | 'drop') =>
    resolveArchives(mirror.catalog, [row], { verb, cause: null }, Date.now()).map(({ resolution }) => resolution);
  t.strictSame(resolve('accept'), [], 'nothing could be downloaded');
  t.match((await mirror.passHere()).report.vaults[0], { failures: [], problem: null });
  t.equal(mirror.pruneBlock(), null);
  const [group] = attentionGroups(collectMatters(mirror.catalog, new Map()), []);
  t.match(group, { cause: 'unavailable', next: /unpin --archive 2`\).*--archive 2 --drop/ });
  t.notMatch(group?.next, /--accept/, 'the hint does not lead into it either');
  unpinArchives(mirror.catalog, [row], Date.now());
  t.strictSame(resolve('drop'), ['dropped']);
  t.strictSame(attentionOf(mirror), []);
});

t.test('and comes when the vault has it again', async (t) => {
  const mirror = await createMirror(t, () => undefined);
  await mirror.passHere();
  const row = mirror.row();
  if (row === undefined) throw new Error('it is listed');
  pinArchives(mirror.catalog, [row.id], { reason: 'look at it', expiresAtMs: null }, Date.now());
  leaves(mirror);
  await mirror.sync();
  t.match(mirror.row(), { state: 'unavailable', goneAtMs: Number, reason: /left the vault/ });
  mirror.server.seed(BUCKET, [{ key: KEY, body: 'late' }]);
  t.match((await mirror.sync()).report.vaults[0], { downloaded: 1, problem: null });
});

t.test('what the vault lists and does not have is not forgotten and entered anew at each pass', async (t) => {
  const mirror = await createMirror(t, () => undefined);
  t.match((await mirror.passHere()).report.vaults[0], { failures: [], problem: null });
  t.match(mirror.row(), { state: 'unavailable', reason: /lists it, and says that it is not there.*once an hour/ });
  const changes = mirror.catalog.changeCount();
  t.match((await mirror.passHere()).report.vaults[0], { newArchives: 0, failures: [] });
  t.equal(mirror.catalog.changeCount(), changes);
});
