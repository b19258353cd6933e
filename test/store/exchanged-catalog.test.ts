import { copyFileSync, existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import t, { type Test } from 'tap';
import { loadConfig } from '../../src/commands/open-mirror.ts';
import { Output } from '../../src/commands/output.ts';
import { withOwnersCatalog } from '../../src/commands/with-owners-catalog.ts';
import { beginRebuild } from '../../src/jobs/rebuild-catalog.ts';
import { attachStore } from '../../src/store/attached-store.ts';
import { catalogCopyPath } from '../../src/store/catalog-copy.ts';
import { openCatalogForOwner } from '../../src/store/open-catalog-for-owner.ts';
import { acquireStoreLock } from '../../src/store/store-lock.ts';
import { createCommandFixture } from '../support/command-fixture.ts';

// What another process does at the same moment is done by hand in between: two processes meet in it too seldom.

function oneArchive(t: Test) {
  const fixture = createCommandFixture();
  t.teardown(() => fixture.remove());
  const [row] = fixture.store({ key: 'a.gpg', content: 'a' });
  const pin = { archiveId: row?.id ?? 0, pinnedAtMs: 1, reason: 'the one', expiresAtMs: null };
  const { storeDir, stateDir } = fixture;
  const rebuild = async (announce: () => void = () => undefined) => {
    const store = attachStore({ path: storeDir, expectedStoreId: null, mode: 'write' });
    const lock = acquireStoreLock(storeDir);
    const nowMs = Date.now();
    const requireVaults = async () => undefined;
    await beginRebuild({ store, stateDir, force: true, nowMs, requireVaults, announce }).finally(lock.release);
  };
  return { fixture, pin, rebuild, catalogFile: join(storeDir, '.pullmirror/catalog.db') };
}

t.test('what the owner decides while a catalog is exchanged is not told as done', async (t) => {
  const { fixture, pin, rebuild } = oneArchive(t);
  const owner = openCatalogForOwner({ path: fixture.storeDir, expectedStoreId: null });
  t.teardown(() => owner.catalog.close());
  t.doesNotThrow(owner.assertInPlace);
  await rebuild();
  owner.catalog.pins.pin(pin);
  t.throws(owner.assertInPlace, { code: 'STORE_LOCKED', hint: /decide again/ });
  t.strictSame(
    fixture.edit((catalog) => catalog.pins.all()),
    [],
  );
});

t.test('nor does it become the copy of the catalog', async (t) => {
  const { fixture, pin, catalogFile } = oneArchive(t);
  const out = new Output({ stdout: process.stdout, stderr: process.stderr, json: true });
  const decided = withOwnersCatalog(loadConfig(fixture.configFile), out, (catalog) => {
    catalog.pins.pin(pin);
    renameSync(catalogFile, `${catalogFile}.aside`);
    copyFileSync(`${catalogFile}.aside`, catalogFile);
  });
  await t.rejects(decided, { code: 'STORE_LOCKED' });
  const { storeId } = attachStore({ path: fixture.storeDir, expectedStoreId: null, mode: 'write' }).marker;
  t.notOk(existsSync(catalogCopyPath(fixture.stateDir, storeId)));
});

t.test('while a whole catalog is copied nobody writes into it, and all may read', async (t) => {
  const { rebuild, catalogFile } = oneArchive(t);
  let tried = 0;
  await rebuild(() => {
    const other = new Database(catalogFile, { timeout: 0 });
    t.throws(() => other.exec('BEGIN IMMEDIATE'), { code: 'SQLITE_BUSY' });
    t.strictSame(other.prepare('SELECT count(*) AS n FROM archives').get(), { n: 1 });
    other.close();
    tried += 1;
  });
  t.equal(tried, 1);
  const after = new Database(catalogFile, { timeout: 0 });
  after.exec('BEGIN IMMEDIATE');
  after.close();
});
