import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import t from 'tap';
import { Catalog } from '../../../src/store/catalog/catalog.ts';
import { MIGRATIONS } from '../../../src/store/catalog/migrations.ts';
import { openCatalogForWriting } from '../../../src/store/catalog/open-catalog.ts';

const STORE_ID = 'b1c3a0d2-0000-4000-8000-000000000001';

/** A catalog as the first release left it: a row in each of its states, with every column filled. */
function catalogOfTheFirstRelease(path: string): void {
  const db = new Database(path);
  db.exec(MIGRATIONS[0] ?? '');
  db.pragma('user_version = 1');
  db.prepare("INSERT INTO facts VALUES ('store_id', ?)").run(STORE_ID);
  const insert = db.prepare(
    `INSERT INTO archives (id, vault, key, version_id, etag, size_bytes, last_modified, storage_class, series, state, reason, accepted_at,
       path, sha256, proof, first_seen_at, stored_at, verified_at, damaged_at, gone_at, gone_acknowledged_at, conflict_at,
       conflict_acknowledged_at, suspect)
     VALUES (?, 'web', ?, ?, 'etag', 5, 1000, 'STANDARD', 's', ?, 'why', 1, ?, '${'0'.repeat(64)}', 'checksum-full', 2, 3, 4, 5, 6, 7, 8, 9, 'doubt')`,
  );
  ['wanted', 'held', 'unavailable', 'stored', 'removing', 'pruned'].forEach((state, index) => {
    insert.run(
      index + 1,
      `key-${state}`,
      `v${index}`,
      state,
      state === 'stored' || state === 'removing' ? state : null,
    );
  });
  db.prepare("INSERT INTO history (at, actor, event) VALUES (1, 'sync', 'archive.stored')").run();
  db.close();
}

t.test('a catalog of the first release is taken over whole', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pullmirror-migrations-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'catalog.db');
  catalogOfTheFirstRelease(path);
  const before = new Database(path, { readonly: true });
  const rows = before.prepare('SELECT * FROM archives ORDER BY id').all() as Record<string, unknown>[];
  before.close();

  const db = openCatalogForWriting({ path, storeId: STORE_ID, mustExist: true });
  t.teardown(() => db.close());
  const after = db.prepare('SELECT * FROM archives ORDER BY id').all() as Record<string, unknown>[];
  t.equal(rows.length, 6);
  t.strictSame(
    after,
    rows.map((row) => ({ ...row, announced_at: null, noted: 0, refused_at: null })),
  );
  t.strictSame(db.pragma('integrity_check', { simple: true }), 'ok');
  t.equal(new Catalog(db).history.newest({}, 10).length, 1);
  t.equal(db.pragma('user_version', { simple: true }), MIGRATIONS.length);
});

t.test('the triggers hold against our own code', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pullmirror-triggers-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'catalog.db');
  catalogOfTheFirstRelease(path);
  const db = openCatalogForWriting({ path, storeId: STORE_ID, mustExist: true });
  t.teardown(() => db.close());
  const { archives, retention, pins, freezes, scrub } = new Catalog(db);
  const stored = 4;

  t.throws(() => db.exec(`DELETE FROM archives WHERE id = ${stored}`), /leaves the catalog only as a pruned row/);
  t.throws(() => db.exec(`UPDATE archives SET state = 'pruned' WHERE id = ${stored}`), /through the state removing/);
  t.throws(() => db.exec(`UPDATE archives SET path = 'other' WHERE id = ${stored}`), /does not change/);
  t.throws(() => db.exec(`UPDATE archives SET sha256 = 'other' WHERE id = ${stored}`), /does not change/);
  t.throws(() => retention.markRemoving(stored, 'no rule keeps it'), /announced first/);
  scrub.correctSha256(stored, 'f'.repeat(64), 9);
  t.match(archives.byId(stored), { sha256: 'f'.repeat(64), damagedAtMs: null }, 'but who says so first may');
  t.throws(() => db.exec(`UPDATE archives SET sha256 = 'other' WHERE id = ${stored}`), /does not change/, 'once');

  pins.pin({ archiveId: stored, pinnedAtMs: 1, reason: 'the books of 2026', expiresAtMs: null });
  retention.announce(stored, 10);
  t.throws(() => retention.markRemoving(stored, 'no rule keeps it'), /pinned archive is never removed/);
  pins.pin({ archiveId: 1, pinnedAtMs: 1, reason: 'not yet here', expiresAtMs: null });
  t.throws(() => archives.forgetUnstored(1), /never forgotten/);
  t.throws(() => retention.markUnwanted(1), /pinned archive is never removed/);
  t.throws(
    () => pins.pin({ archiveId: 6, pinnedAtMs: 1, reason: 'too late', expiresAtMs: null }),
    /only what is there/,
  );
  t.throws(
    () => pins.pin({ archiveId: 99, pinnedAtMs: 1, reason: 'nothing', expiresAtMs: null }),
    /only what is there/,
  );
  t.throws(() => pins.pin({ archiveId: stored, pinnedAtMs: 1, reason: '', expiresAtMs: null }), /CHECK/);

  t.equal(pins.unpin(stored), true);
  t.equal(retention.markRemoving(stored, 'no rule keeps it'), true);
  retention.markPruned(stored);
  t.match(archives.byId(stored), { state: 'pruned', path: null, announcedAtMs: null, reason: 'no rule keeps it' });
  t.equal(archives.occupant('web', 'stored'), null, 'its path is free again');

  const freeze = { vault: 'web', series: 's', cause: 'owner', reason: 'I look into it' } as const;
  t.equal(freezes.begin(freeze, 5), true);
  t.equal(freezes.begin(freeze, 6), false, 'it holds already');
  t.throws(() => db.exec('DELETE FROM freezes'), /does not vanish/);
  const [open] = freezes.open();
  t.match(open, { ...freeze, beganAtMs: 5, throughId: 6 });
  freezes.end(open?.id ?? 0, 'released by the owner', 7);
  t.strictSame(freezes.open(), []);
  t.equal(freezes.begin(freeze, 8), true, 'a new one may begin');
});
