import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Catalog } from '../../src/store/catalog/catalog.ts';
import { openCatalogForReading, openCatalogForWriting } from '../../src/store/catalog/open-catalog.ts';
import { catalogCopyPath, copyCatalog } from '../../src/store/catalog-copy.ts';
import { markerPath } from '../../src/store/marker.ts';
import { CATALOG_NAME } from '../../src/store/store-layout.ts';
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
  return { stateDir, open, copied };
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
