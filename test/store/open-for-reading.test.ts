import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import t from 'tap';
import { MIGRATIONS } from '../../src/store/catalog/migrations.ts';
import { copyForRehearsal, openStoreForReading } from '../../src/store/open-for-reading.ts';
import { openStoreForWriting } from '../../src/store/open-store.ts';
import { createCommandFixture } from '../support/command-fixture.ts';
import { runUnprivileged } from '../support/run-unprivileged.ts';

const module = new URL('../../src/store/open-for-reading.ts', import.meta.url).href;

function open(path: string) {
  return openStoreForReading({ path, expectedStoreId: null });
}

t.test('sees what another process has just committed, while it holds the store', async (t) => {
  const fixture = createCommandFixture();
  t.teardown(() => fixture.remove());
  fixture.store({ key: 'a', content: 'a' });
  const writer = openStoreForWriting({ path: fixture.storeDir, expectedStoreId: null, nowMs: Date.now() });
  t.teardown(() => writer.close());
  const reader = open(fixture.storeDir);
  t.teardown(() => reader.close());
  const [row] = reader.catalog.archives.ofKey('web', 'a');
  writer.catalog.archives.recordDamaged(row?.id ?? 0, 5);
  t.equal(reader.catalog.archives.ofKey('web', 'a')[0]?.damagedAtMs, 5);
  t.throws(() => reader.catalog.archives.recordDamaged(1, 6), 'and cannot write');
});

t.test('a catalog that is missing, or of another store, is said to be', async (t) => {
  const [a, b] = [createCommandFixture(), createCommandFixture()];
  t.teardown(() =>
    [a, b].forEach((one) => {
      one.remove();
    }),
  );
  const catalogOf = (fixture: typeof a) => join(fixture.storeDir, '.pullmirror/catalog.db');
  const foreign = open(b.storeDir);
  rmSync(catalogOf(a));
  t.throws(() => open(a.storeDir), { code: 'CATALOG_CORRUPT', message: /is missing/ });
  foreign.catalog.copyTo(catalogOf(a));
  foreign.close();
  t.throws(() => open(a.storeDir), { code: 'STORE_WRONG', message: /belongs to store/ });
  writeFileSync(catalogOf(a), 'no database at all, but long enough to be read as one'.repeat(100));
  t.throws(() => open(a.storeDir), { code: 'CATALOG_CORRUPT' });
});

t.test('another user, or a read-only disk: a private copy is read, -wal included, and removed', async (t) => {
  const fixture = createCommandFixture();
  t.teardown(() => fixture.remove());
  const { chmodSync } = await import('node:fs');
  // A writer that is still there has not yet brought its -wal into the database.
  const writer = openStoreForWriting({ path: fixture.storeDir, expectedStoreId: null, nowMs: Date.now() });
  const folder = join(fixture.storeDir, '.pullmirror');
  const listed = { key: 'in-wal', versionId: null, etag: 'e', sizeBytes: 1, lastModifiedMs: 1, storageClass: null };
  writer.catalog.archives.insert('web', { listed, series: null, state: 'wanted', reason: null, conflict: false }, 1);
  t.ok(existsSync(join(folder, 'catalog.db-wal')));
  for (const name of readdirSync(folder)) if (name.startsWith('catalog')) chmodSync(join(folder, name), 0o444);
  rmSync(join(folder, 'catalog.db-shm'));
  for (const path of [fixture.dir, fixture.storeDir, folder]) chmodSync(path, 0o555);
  const before = copies();
  const script = `
    const { openStoreForReading } = await import(${JSON.stringify(module)});
    const { store, catalog, close } = openStoreForReading({ path: ${JSON.stringify(fixture.storeDir)}, expectedStoreId: null, nowMs: Date.now() });
    console.log(store.root === ${JSON.stringify(fixture.storeDir)}, catalog.archives.ofKey('web', 'in-wal').length);
    close();`;
  const output = runUnprivileged(script, module);
  for (const path of [fixture.dir, fixture.storeDir, folder]) chmodSync(path, 0o755);
  writer.close();
  if (output === null) t.comment('not tried: nobody cannot reach this checkout');
  else t.equal(output, 'true 1\n');
  t.same(copies(), before);
});

t.test('a copy to rehearse on: what is written to it reaches nobody else', async (t) => {
  const fixture = createCommandFixture();
  // Other tests have copies of their own in the usual place.
  const usual = process.env.TMPDIR;
  process.env.TMPDIR = t.testdir();
  t.teardown(() => {
    fixture.remove();
    if (usual === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = usual;
  });
  const [row] = fixture.store({ key: 'a', content: 'a' });
  const opened = open(fixture.storeDir);
  const rehearsal = copyForRehearsal(opened);
  rehearsal.catalog.archives.recordDamaged(row?.id ?? 0, 5);
  t.equal(rehearsal.catalog.archives.ofKey('web', 'a')[0]?.damagedAtMs, 5);
  t.equal(opened.catalog.archives.ofKey('web', 'a')[0]?.damagedAtMs, null);
  t.equal(copies().length, 1);
  rehearsal.close();
  t.strictSame(copies(), []);
  t.equal(opened.catalog.archives.ofKey('web', 'a').length, 1, 'and the other stays open');
  opened.close();
});

function copies(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('pullmirror-catalog-'));
}

t.test('a catalog of an earlier release is read, and left as it is', async (t) => {
  const fixture = createCommandFixture();
  t.teardown(() => fixture.remove());
  const path = join(fixture.storeDir, '.pullmirror/catalog.db');
  const { storeId } = open(fixture.storeDir).store.marker;
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
  const db = new Database(path);
  db.exec(MIGRATIONS[0] ?? '');
  db.pragma('user_version = 1');
  db.prepare("INSERT INTO facts VALUES ('store_id', ?)").run(storeId);
  db.close();
  const before = readFileSync(path);
  const reader = open(fixture.storeDir);
  t.same(reader.catalog.freezes.open(), []);
  t.same(reader.catalog.counts.summary(), []);
  reader.close();
  t.same(readFileSync(path), before);
  const { status, stderr } = await fixture.run(['status']);
  t.equal(status, 0, stderr);
});
