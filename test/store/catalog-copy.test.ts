import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import t, { type Test } from 'tap';
import { Catalog } from '../../src/store/catalog/catalog.ts';
import { openCatalogForReading, openCatalogForWriting } from '../../src/store/catalog/open-catalog.ts';
import { catalogCopyPath, copyCatalog } from '../../src/store/catalog-copy.ts';
import { copyProblem } from '../../src/store/copy-problem.ts';
import { markerPath } from '../../src/store/marker.ts';
import { CATALOG_NAME } from '../../src/store/store-layout.ts';
import { flipRowid } from '../support/flip-rowid.ts';
import { makeStore, STORE_ID } from '../support/test-store.ts';

function setUp(t: Test) {
  const { root } = makeStore(t.testdir({ state: {} }));
  const stateDir = join(root, '..', 'state');
  const open = (): Catalog => {
    const path = join(markerPath(root), '..', CATALOG_NAME);
    const catalog = new Catalog(openCatalogForWriting({ path, storeId: STORE_ID, mustExist: true }));
    t.teardown(() => catalog.close());
    return catalog;
  };
  const copied = (name: string): string | null => {
    const path = catalogCopyPath(stateDir, STORE_ID);
    const copy = new Catalog(openCatalogForReading({ path, storeId: STORE_ID }));
    try {
      return copy.fact(name);
    } finally {
      copy.close();
    }
  };
  return { stateDir, open, copied, catalogPath: join(markerPath(root), '..', CATALOG_NAME) };
}

t.test('what another process commits, and copies, during a copy is not lost again by it', async (t) => {
  const { stateDir, open, copied } = setUp(t);
  const [pass, owner] = [open(), open()];
  let copies = 0;
  Object.defineProperty(pass, 'copyTo', {
    value: (path: string) => {
      Catalog.prototype.copyTo.call(pass, path);
      copies += 1;
      if (copies > 1) return;
      owner.setFact('decision', 'acknowledged');
      writeFileSync(catalogCopyPath(stateDir, STORE_ID), 'the newer copy, about to be replaced');
    },
  });
  copyCatalog({ catalog: pass, stateDir, storeId: STORE_ID });
  t.equal(copied('decision'), 'acknowledged');
  t.equal(copies, 2);
  pass.setFact('own', 'yes');
  copyCatalog({ catalog: pass, stateDir, storeId: STORE_ID });
  t.equal(copied('own'), 'yes');
  t.equal(copies, 3, 'one copy is enough when nobody else writes');
});

t.test('what a killed process left half-way goes, what a running one is about to finish stays', async (t) => {
  const { stateDir, open } = setUp(t);
  const killed = spawn('true', { stdio: 'ignore' });
  await once(killed, 'exit');
  const name = (pid: number | undefined): string => `catalog-${STORE_ID}.db.${pid}.new`;
  // The parent of this process runs as long as this process needs it.
  for (const pid of [killed.pid, process.ppid]) writeFileSync(join(stateDir, name(pid)), 'half');
  mkdirSync(join(stateDir, 'else.new'));
  copyCatalog({ catalog: open(), stateDir, storeId: STORE_ID });
  t.strictSame(readdirSync(stateDir).sort(), [`catalog-${STORE_ID}.db`, name(process.ppid), 'else.new'].sort());
  t.equal(readFileSync(join(stateDir, name(process.ppid)), 'utf8'), 'half');
});

t.test('a catalog that is damaged takes no good copy away, and it is known until there is one again', async (t) => {
  const values = {
    'a time that is none': 'last_modified = 9000000000000000',
    'a digit that is none': "sha256 = 'q' || substr(sha256, 2)",
    'a capital digit': 'sha256 = upper(sha256)',
    'a name of a vault that is none': "vault = '.eb'",
    'a path that is none': "path = 'a/../b'",
  };
  for (const spoil of ['a flipped bit', ...Object.keys(values)]) {
    const { stateDir, open, copied, catalogPath } = setUp(t);
    const before = open();
    before.setFact('decision', 'to keep it');
    for (let n = 0; n < 20; n += 1) before.history.append({ actor: 'owner', event: 'archive.pinned' }, n);
    const listed = { key: 'a', versionId: null, etag: 'e', sizeBytes: 5, lastModifiedMs: 1, storageClass: null };
    const id = before.archives.insert(
      'web',
      { listed, series: null, state: 'wanted', reason: null, conflict: false },
      1,
    );
    const proven = { proof: 'etag-md5', suspect: null, clearsConflict: false, isConflict: false } as const;
    before.archives.recordStored({ id, path: 'a', sha256: 'ab'.repeat(32), ...proven }, 1);
    copyCatalog({ catalog: before, stateDir, storeId: STORE_ID });
    before.close();
    if (spoil === 'a flipped bit') flipRowid(catalogPath, 'history');
    else {
      const db = new Database(catalogPath);
      // As a disk does, below SQLite: no trigger sees it.
      const triggers = db.prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all();
      for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`);
      db.exec(`UPDATE archives SET ${values[spoil as keyof typeof values]}`);
      db.close();
    }
    const catalog = open();
    catalog.setFact('decision', 'another one');
    const copy = () => copyCatalog({ catalog, stateDir, storeId: STORE_ID });
    t.throws(
      copy,
      { code: 'CATALOG_CORRUPT', message: /catalog\.db is damaged: .*; its copy .* stays as it was/ },
      spoil,
    );
    t.equal(copied('decision'), 'to keep it', spoil);
    t.match(copyProblem(catalogCopyPath(stateDir, STORE_ID)), { code: 'CATALOG_CORRUPT', hint: /pullmirror rebuild/ });
    t.strictSame(
      readdirSync(stateDir).sort(),
      [`catalog-${STORE_ID}.db`, `catalog-${STORE_ID}.db.problem`],
      'nothing half-way is left',
    );
    catalog.close();
    rmSync(catalogPath);
    copyFileSync(catalogCopyPath(stateDir, STORE_ID), catalogPath);
    copyCatalog({ catalog: open(), stateDir, storeId: STORE_ID });
    t.equal(copyProblem(catalogCopyPath(stateDir, STORE_ID)), null);
    t.strictSame(readdirSync(stateDir), [`catalog-${STORE_ID}.db`]);
  }
});

t.test('why it was not renewed need not be readable', async (t) => {
  const { stateDir } = setUp(t);
  t.equal(copyProblem(catalogCopyPath(stateDir, STORE_ID)), null);
  writeFileSync(`${catalogCopyPath(stateDir, STORE_ID)}.problem`, '{"code":');
  t.match(copyProblem(catalogCopyPath(stateDir, STORE_ID)), { code: 'STATE_UNUSABLE', message: /was not renewed/ });
});
