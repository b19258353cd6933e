import { join } from 'node:path';
import Database from 'better-sqlite3';
import t, { type Test } from 'tap';
import { Catalog } from '../../../src/store/catalog/catalog.ts';
import { openCatalogForWriting } from '../../../src/store/catalog/open-catalog.ts';

const STORE_ID = 'b1c3a0d2-0000-4000-8000-000000000001';

/** The ids: 1 is stored and pinned, 2 is stored, 3 is wanted and pinned, 4 is wanted, 5 is pruned. */
function catalogByHand(t: Test): { readonly catalog: Catalog; readonly hand: Database.Database } {
  const path = join(t.testdir(), 'catalog.db');
  const catalog = new Catalog(openCatalogForWriting({ path, storeId: STORE_ID, mustExist: false }));
  t.teardown(() => catalog.close());
  // As the sqlite3 shell opens it: without recursive_triggers, REPLACE deletes without asking the triggers for DELETE.
  const hand = new Database(path);
  t.teardown(() => hand.close());
  const insert = hand.prepare(
    `INSERT INTO archives (id, vault, key, version_id, etag, size_bytes, last_modified, series, state, path, sha256, proof, first_seen_at, stored_at)
     VALUES (?, 'web', ?, ?, 'etag', 5, 1000, 's', ?, ?, '${'0'.repeat(64)}', 'checksum-full', 2, 3)`,
  );
  ['stored', 'stored', 'wanted', 'wanted', 'pruned'].forEach((state, index) => {
    const id = index + 1;
    insert.run(id, `key-${id}`, `v${id}`, state, state === 'stored' ? `path-${id}` : null);
  });
  for (const archiveId of [1, 3])
    catalog.pins.pin({ archiveId, pinnedAtMs: 1, reason: 'the books', expiresAtMs: null });
  catalog.freezes.begin({ vault: 'web', series: 's', cause: 'owner', reason: 'I am away' }, 5);
  catalog.history.append({ actor: 'owner', event: 'archive.pinned', archiveId: 1 }, 5);
  return { catalog, hand };
}

const COLUMNS = 'vault, key, version_id, etag, size_bytes, last_modified, state, path, first_seen_at';

t.test('REPLACE takes nothing away that DELETE may not', async (t) => {
  const { catalog, hand } = catalogByHand(t);
  const before = hand.prepare('SELECT * FROM archives').all();
  const as = (id: number) => `SELECT ${COLUMNS.replace('state', "'pruned'")} FROM archives WHERE id = ${id}`;
  const replacing: readonly (readonly [sql: string, why: RegExp])[] = [
    ["REPLACE INTO history (id, at, actor, event) VALUES (1, 0, 'x', 'faked')", /append-only/],
    [`REPLACE INTO archives (id, ${COLUMNS}) SELECT 1, ${as(1).slice(7)}`, /takes no other's place/],
    [`REPLACE INTO archives (id, ${COLUMNS}) SELECT 3, ${as(3).slice(7)}`, /takes no other's place/],
    // Another number, and the identity or the path of one that is there.
    [`REPLACE INTO archives (${COLUMNS}) ${as(2)}`, /takes no other's place/],
    [
      "REPLACE INTO archives (vault, key, etag, size_bytes, last_modified, state, path, first_seen_at) VALUES ('web', 'new', 'e', 5, 1, 'pruned', 'path-2', 1)",
      /takes no other's place/,
    ],
    ['UPDATE OR REPLACE archives SET id = 2 WHERE id = 5', /takes no other's place/],
    ["UPDATE OR REPLACE archives SET key = 'key-3', version_id = 'v3' WHERE id = 5", /takes no other's place/],
    ["UPDATE OR REPLACE archives SET path = 'path-2' WHERE id = 5", /takes no other's place/],
    [
      "REPLACE INTO freezes (id, vault, series, cause, reason, began_at, through_id) VALUES (1, 'web', 'other', 'owner', 'x', 1, 0)",
      /does not vanish/,
    ],
    [
      "REPLACE INTO freezes (vault, series, cause, reason, began_at, through_id) VALUES ('web', 's', 'owner', 'x', 1, 0)",
      /does not vanish/,
    ],
  ];
  for (const [sql, why] of replacing) t.throws(() => hand.exec(sql), why, sql);
  hand.exec(
    "INSERT INTO freezes (vault, series, cause, reason, began_at, through_id) VALUES ('web', 'b', 'owner', 'x', 1, 0)",
  );
  t.throws(() => hand.exec("UPDATE OR REPLACE freezes SET series = 's' WHERE series = 'b'"), /does not vanish/);
  t.throws(() => hand.exec("UPDATE OR REPLACE freezes SET id = 1 WHERE series = 'b'"), /does not vanish/);

  t.strictSame(hand.prepare('SELECT * FROM archives').all(), before);
  t.equal(catalog.history.newest({}, 10).length, 1);
  t.match(catalog.freezes.open()[0], { series: 's', reason: 'I am away' });
});

t.test('what is allowed stays allowed', async (t) => {
  const { catalog, hand } = catalogByHand(t);
  hand.exec("UPDATE archives SET version_id = 'later' WHERE id = 4");
  hand.exec('DELETE FROM archives WHERE id = 4');
  t.equal(catalog.freezes.begin({ vault: 'web', series: 's', cause: 'owner', reason: 'again' }, 6), false);
  t.equal(catalog.freezes.begin({ vault: 'web', series: 'b', cause: 'owner', reason: 'also' }, 6), true);
  catalog.pins.pin({ archiveId: 1, pinnedAtMs: 1, reason: 'for longer', expiresAtMs: 9 });
  t.match(catalog.pins.of(1), { reason: 'for longer', expiresAtMs: 9 });
});
