import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { attachStore } from '../../src/store/attached-store.ts';
import { Catalog } from '../../src/store/catalog/catalog.ts';
import { openCatalogForWriting } from '../../src/store/catalog/open-catalog.ts';
import { PartialFile } from '../../src/store/partial-file.ts';
import { findStoredName, freeQuarantineName, listQuarantine } from '../../src/store/quarantine.ts';
import { quarantinePartial } from '../../src/store/quarantine-partial.ts';
import { writeReason } from '../../src/store/quarantine-reason.ts';
import { makeStore, STORE_ID } from '../support/test-store.ts';

const FAILURE = { why: 'CRC64NVME is bbb instead of aaa', expected: 'aaa', actual: 'bbb', sha256: null };
const GIB = 1024 ** 3;

function setUp(t: Test) {
  const { root } = makeStore(t.testdir());
  const store = attachStore({ path: root, expectedStoreId: null, mode: 'write' });
  const catalog = new Catalog(openCatalogForWriting({ path: store.catalogPath, storeId: STORE_ID, mustExist: true }));
  t.teardown(() => catalog.close());
  let nowMs = Date.UTC(2026, 10, 21, 10);
  const clock = { now: () => nowMs, sleep: async () => undefined };
  const quarantine = async (key: string, content: string, sparseBytes = 0) => {
    nowMs += 1000;
    const listed = {
      key,
      versionId: null,
      etag: `e${nowMs}`,
      sizeBytes: content.length,
      lastModifiedMs: 0,
      storageClass: null,
    };
    const id = catalog.archives.insert(
      'web',
      { listed, series: null, state: 'wanted', reason: null, conflict: false },
      nowMs,
    );
    const row = catalog.archives.byId(id);
    if (row === null) throw new Error('no row');
    const partial = await PartialFile.create(store.partialDir, row, { resumable: true });
    await partial.write(0, [Buffer.from(content)]);
    if (sparseBytes > 0) truncateSync(partial.path, sparseBytes);
    await quarantinePartial({ store, catalog, clock }, partial, row, FAILURE);
  };
  /** What lay in the store at a damaged archive's path, as a repair sets it aside. */
  const setAside = async (key: string, sparseBytes = 1, foundSha256: string | null = 'cd'.repeat(32)) => {
    nowMs += 1000;
    const listed = { key, versionId: null, etag: key, sizeBytes: 1, lastModifiedMs: 0, storageClass: null };
    const archive = { listed, series: null, state: 'wanted' as const, reason: null, conflict: false };
    const id = catalog.archives.insert('web', archive, nowMs);
    const proof = { sha256: 'ab'.repeat(32), proof: 'etag-md5' as const, suspect: null };
    catalog.archives.recordStored({ id, path: key, ...proof, clearsConflict: false, isConflict: false }, nowMs);
    catalog.archives.recordDamaged(id, nowMs);
    const row = catalog.archives.byId(id);
    if (row === null) throw new Error('no row');
    const name = await freeQuarantineName(store.quarantineDir, row, 'store', nowMs);
    const failure = { ...FAILURE, sha256: foundSha256 };
    await writeReason(store.quarantineDir, name, { row, origin: 'store', failure, atMs: nowMs });
    const data = join(store.quarantineDir, `${name}.data`);
    writeFileSync(data, '');
    truncateSync(data, sparseBytes);
    return { id, data, name, row };
  };
  return { root, store, catalog, quarantine, setAside };
}

t.test('a bad download is kept with its reason and told', async (t) => {
  const { store, catalog, quarantine } = setUp(t);
  await quarantine('a/\u0007b.gpg', 'bad');
  t.same(readdirSync(store.partialDir), []);
  const [entry, ...others] = await listQuarantine(store.quarantineDir);
  t.same(others, []);
  t.match(entry, { name: /^20261121T100001\.000Z-[0-9a-f]{16}$/, sizeBytes: 3 });
  t.equal(readFileSync(entry?.dataPath ?? '', 'utf8'), 'bad');
  t.match(entry?.reason, { ...FAILURE, vault: 'web', key: 'a/\u0007b.gpg', at: '2026-11-21T10:00:01.000Z' });
  t.match(catalog.history.newest({}, 10)[0], { event: 'archive.quarantined', key: 'a/\u0007b.gpg', detail: FAILURE });
  t.equal(existsSync(join(store.quarantineDir, `${entry?.name}.reason.json`)), true);
});

t.test('of one key the newest three are kept', async (t) => {
  const { store, quarantine } = setUp(t);
  await quarantine('other', 'x');
  for (const content of ['1', '2', '3', '4', '5']) await quarantine('same', content);
  const entries = await listQuarantine(store.quarantineDir);
  t.same(
    entries.map(({ dataPath }) => readFileSync(dataPath ?? '', 'utf8')),
    ['5', '4', '3', 'x'],
    'newest first',
  );
  t.equal(readdirSync(store.quarantineDir).length, 8);
});

t.test('of all the newest hundred', async (t) => {
  const { store, quarantine } = setUp(t);
  for (let n = 100; n < 203; n++) {
    const name = `20260101T000000.${n}Z-${String(n).padStart(16, '0')}`;
    writeFileSync(join(store.quarantineDir, `${name}.data`), '');
    writeFileSync(join(store.quarantineDir, `${name}.reason.json`), '');
  }
  await quarantine('a', '1');
  const entries = await listQuarantine(store.quarantineDir);
  t.equal(entries.length, 100);
  t.equal(entries[0]?.reason?.key, 'a');
  t.match(entries.at(-1)?.name, /000\.104Z/);
  t.equal(readdirSync(store.quarantineDir).length, 200);
});

t.test('bytes are bounded, the newest first; the reason stays', async (t) => {
  const { store, quarantine } = setUp(t);
  await quarantine('old', 'x', 4 * GIB);
  await quarantine('newer', 'x', 5 * GIB);
  await quarantine('huge', 'x', 11 * GIB);
  await quarantine('newest', 'x', 4 * GIB);
  const entries = await listQuarantine(store.quarantineDir);
  t.same(
    entries.map(({ reason, sizeBytes, dataPath }) => [reason?.key, sizeBytes, dataPath !== null]),
    [
      ['newest', 4 * GIB, true],
      ['huge', 0, false],
      ['newer', 5 * GIB, true],
      ['old', 0, false],
    ],
  );
});

t.test('foreign files and broken reasons do no harm', async (t) => {
  const { store, quarantine } = setUp(t);
  writeFileSync(join(store.quarantineDir, 'note.txt'), 'mine');
  writeFileSync(join(store.quarantineDir, 'x.reason.json'), '{');
  writeFileSync(join(store.quarantineDir, 'y.data'), 'lost its reason');
  await quarantine('a', '1');
  const entries = await listQuarantine(store.quarantineDir);
  t.same(entries.map(({ name, reason }) => [name.slice(0, 8), reason?.key ?? null]).sort(), [
    ['20261121', 'a'],
    ['x', null],
    ['y', null],
  ]);
  t.ok(existsSync(join(store.quarantineDir, 'note.txt')));
});

t.test('what lay in the store stays as long as nothing better is known to be anywhere', async (t) => {
  const { store, catalog, quarantine, setAside } = setUp(t);
  const damaged = await setAside('damaged', 11 * GIB);
  const orphan = await setAside('orphan', 11 * GIB);
  const repaired = await setAside('repaired', 11 * GIB);
  const unknown = await setAside('unknown', 11 * GIB);
  const unreadable = await setAside('unreadable', 11 * GIB);
  catalog.archives.recordVerified(orphan.id, 1);
  catalog.archives.markGone(orphan.id, 1);
  catalog.archives.recordVerified(repaired.id, 1);
  writeFileSync(join(store.quarantineDir, `${unknown.name}.reason.json`), '{}');
  renameSync(
    join(store.quarantineDir, `${unreadable.name}.reason.json`),
    join(store.quarantineDir, `${unreadable.name}.gone`),
  );
  for (const content of ['1', '2', '3', '4']) await quarantine('same', content);
  for (const kept of [damaged, orphan, unknown, unreadable]) t.ok(existsSync(kept.data), kept.row.key);
  t.notOk(existsSync(repaired.data), 'its archive is right again, and the vault has it');
  const entries = await listQuarantine(store.quarantineDir);
  t.equal(entries.find(({ reason }) => reason?.key === 'repaired')?.dataPath, null, 'the reason stays');
  t.equal(entries.filter(({ origin }) => origin === 'download').length, 3, 'they do not count for the others');
});

t.test('bytes that are those of any other archive stay, whatever is known of it now', async (t) => {
  const { catalog, quarantine, setAside } = setUp(t);
  // The digest that the catalog has of each archive here.
  const ofAnArchive = 'ab'.repeat(32);
  const others = await setAside('one', 11 * GIB, ofAnArchive);
  catalog.archives.recordVerified(others.id, 1);
  const unhashed = await setAside('two', 11 * GIB, null);
  catalog.archives.recordVerified(unhashed.id, 1);
  const rotten = await setAside('three', 11 * GIB);
  catalog.archives.recordVerified(rotten.id, 1);
  await quarantine('same', '1');
  t.ok(existsSync(others.data), 'they may be the last copy of it');
  t.ok(existsSync(unhashed.data), 'whose they are nobody has looked');
  t.notOk(existsSync(rotten.data), 'bytes of nothing');
});

t.test('what the owner gave up stays', async (t) => {
  const { catalog, quarantine, setAside } = setUp(t);
  const { id, data } = await setAside('given up', 11 * GIB);
  catalog.transaction(() => {
    catalog.retention.announce(id, 1);
    catalog.retention.markRemoving(id, 'given up');
    catalog.retention.markPruned(id);
  });
  await quarantine('same', '1');
  t.ok(existsSync(data));
});

t.test('a folder that took the place of an archive is never removed', async (t) => {
  const { store, catalog, quarantine, setAside } = setUp(t);
  const { id, data } = await setAside('folder');
  rmSync(data);
  mkdirSync(data);
  writeFileSync(join(data, 'note'), 'mine');
  catalog.archives.recordVerified(id, 1);
  await quarantine('huge', 'x', 11 * GIB);
  await quarantine('newest', 'x');
  t.equal(readFileSync(join(data, 'note'), 'utf8'), 'mine');
  t.equal((await listQuarantine(store.quarantineDir)).length, 3);
});

t.test('a reason whose file was not moved any more is written again, one that has its file is not', async (t) => {
  const { store, setAside } = setUp(t);
  const { data, name, row } = await setAside('a');
  const atMs = row.damagedAtMs ?? 0;
  t.equal(await findStoredName(store.quarantineDir, row, atMs), name);
  t.equal(await freeQuarantineName(store.quarantineDir, row, 'store', atMs), `${name}-2`);
  rmSync(data);
  t.equal(await findStoredName(store.quarantineDir, row, atMs), null);
  t.equal(await freeQuarantineName(store.quarantineDir, row, 'store', atMs), name);
});

t.test('without the disk nothing is moved', async (t) => {
  const { root, quarantine } = setUp(t);
  const marker = join(root, '.pullmirror', 'store.json');
  renameSync(marker, `${marker}.aside`);
  await t.rejects(quarantine('a', '1'), { code: 'STORE_MISSING' });
});
