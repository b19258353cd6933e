import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { CatalogDatabase } from '../../../src/store/catalog/catalog-database.ts';

const PAGE_BYTES = 4096;

function databaseWithRows(t: Test, path: string): CatalogDatabase {
  const db = new CatalogDatabase(path, {});
  t.teardown(() => db.close());
  db.exec('CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT UNIQUE)');
  const insert = db.prepare('INSERT INTO things (name) VALUES (?)');
  db.transaction(() => {
    for (let n = 0; n < 2000; n += 1) insert.run(`thing ${n} ${'x'.repeat(50)}`);
  })();
  return db;
}

t.test('statements work as ever', async (t) => {
  const db = databaseWithRows(t, join(t.testdir(), 'catalog.db'));
  t.match(db.prepare('SELECT name FROM things WHERE id = ?').get(1), { name: /^thing 0 / });
  t.equal(db.prepare('SELECT id FROM things').all().length, 2000);
  t.equal(db.transaction(() => db.prepare('DELETE FROM things WHERE id > ?').run(10).changes)(), 1990);
});

t.test('a disk that is full, for any statement that writes', async (t) => {
  const db = databaseWithRows(t, join(t.testdir(), 'catalog.db'));
  db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true }))}`);
  const insert = db.prepare('INSERT INTO things (name) VALUES (?)');
  t.throws(() => insert.run('y'.repeat(100 * PAGE_BYTES)), { code: 'STORE_FULL', message: /catalog\.db/ });
});

t.test('a file that was overwritten, for any statement that reads', async (t) => {
  const path = join(t.testdir(), 'catalog.db');
  databaseWithRows(t, path);
  const file = openSync(path, 'r+');
  const { size } = statSync(path);
  for (let at = PAGE_BYTES; at < size; at += PAGE_BYTES)
    writeSync(file, Buffer.alloc(PAGE_BYTES, 0xff), 0, PAGE_BYTES, at);
  closeSync(file);
  const again = new CatalogDatabase(path, {});
  t.teardown(() => again.close());
  t.throws(() => again.prepare('SELECT * FROM things').all(), { code: 'CATALOG_CORRUPT', message: /catalog\.db/ });
  t.throws(() => again.prepare('SELECT * FROM things WHERE id = ?').get(1), { code: 'CATALOG_CORRUPT' });
  t.throws(() => [...again.prepare('SELECT * FROM things').iterate()], { code: 'CATALOG_CORRUPT' });
});

t.test('mistakes of ours stay what they are', async (t) => {
  const db = databaseWithRows(t, join(t.testdir(), 'catalog.db'));
  t.throws(() => db.prepare('SELECT nothing'), { code: 'SQLITE_ERROR' });
  const twice = db.prepare('INSERT INTO things (id) VALUES (1)');
  t.throws(() => twice.run(), { code: 'SQLITE_CONSTRAINT_PRIMARYKEY' });
});
