import { join } from 'node:path';
import t, { type Test } from 'tap';
import { DAY_MS } from '../../src/core/duration.ts';
import { RoomShares } from '../../src/jobs/room-shares.ts';
import { Catalog } from '../../src/store/catalog/catalog.ts';
import { openCatalogForWriting } from '../../src/store/catalog/open-catalog.ts';

const ASKED = 300;

/** Some stored archives of long ago, then so many that are held for want of room. */
function sharesAmid(t: Test, held: number): () => number {
  const path = join(t.testdir({}), `${held}.db`);
  const db = openCatalogForWriting({ path, storeId: 'b1c3a0d2-0000-4000-8000-000000000001', mustExist: false });
  const insert = db.prepare(
    `INSERT INTO archives (vault, key, etag, size_bytes, last_modified, series, state, path, sha256, proof, first_seen_at, stored_at)
     VALUES ('web', ?, 'etag', 5, ?, 's', ?, ?, '${'0'.repeat(64)}', 'checksum-full', 2, 3)`,
  );
  db.transaction(() => {
    for (let index = 0; index < 3; index += 1) insert.run(`stored-${index}`, index, 'stored', `path-${index}`);
    for (let index = 0; index < held; index += 1) insert.run(`held-${index}`, DAY_MS + index, 'held', null);
  })();
  const catalog = new Catalog(db);
  t.teardown(() => catalog.close());
  const rows = catalog.room.heldFor('web', '', Number.MAX_SAFE_INTEGER, ASKED);
  const heldRows = rows.length > 0 ? rows : catalog.archives.ofKey('web', 'held-0');
  return () => {
    const shares = new RoomShares({ catalog, series: [], clock: { now: () => 100 * DAY_MS } });
    const before = process.cpuUsage();
    for (let index = 0; index < ASKED; index += 1) {
      const row = heldRows[index % heldRows.length];
      if (row !== undefined) shares.claimOf(row, 1);
    }
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
}

t.test('asking for each of thousands that wait for room does not look at all of them each time', async (t) => {
  const [few, many] = [sharesAmid(t, 30), sharesAmid(t, 30_000)].map((ask) =>
    Math.min(...Array.from({ length: 5 }, ask)),
  );
  t.ok((many ?? 0) < 10 * (few ?? 0) + 20_000, `${many} µs for ${ASKED} amid many, ${few} amid few`);
});
