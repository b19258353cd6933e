import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Catalog } from '../../../src/store/catalog/catalog.ts';
import { openCatalogForWriting } from '../../../src/store/catalog/open-catalog.ts';

const VAULT = 'web';
const STORE_ID = 'b1c3a0d2-0000-4000-8000-000000000001';
const SHA256 = '0'.repeat(64);
const FEW = 300;
const MANY = 30_000;

/** All of one size, of one series: nothing but its key tells one from another. */
function catalogOf(t: Test, count: number): Catalog {
  const path = join(t.testdir({}), `${count}.db`);
  const db = openCatalogForWriting({ path, storeId: STORE_ID, mustExist: false });
  const insert = db.prepare(
    `INSERT INTO archives (vault, key, etag, size_bytes, last_modified, series, state, path, sha256, proof, first_seen_at, stored_at, verified_at)
     VALUES ('${VAULT}', ?, ?, 5, ?, 's', 'stored', ?, '${SHA256}', 'checksum-full', 2, 3, 4)`,
  );
  db.transaction(() => {
    for (let index = 0; index < count; index += 1) insert.run(`key-${index}`, `etag-${index}`, index, `path-${index}`);
  })();
  const catalog = new Catalog(db);
  t.teardown(() => catalog.close());
  return catalog;
}

/** Microseconds of CPU for each of FEW archives, the best of some rounds. */
function costOf(work: (index: number) => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round += 1) {
    const before = process.cpuUsage();
    for (let index = 0; index < FEW; index += 1) work(index);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / FEW);
  }
  return best;
}

t.test('what is asked for each archive costs no more among 30,000 of one size than among 300', async (t) => {
  const [few, many] = [catalogOf(t, FEW), catalogOf(t, MANY)];
  const listed = (index: number) => ({
    vault: VAULT,
    key: `key-${index}`,
    etag: `etag-${index}`,
    versionId: null,
    sizeBytes: 5,
  });
  const questions: Readonly<Record<string, (catalog: Catalog, index: number) => unknown>> = {
    hasStoredDouble: ({ archives }, index) => archives.hasStoredDouble(listed(index), SHA256),
    hasStoredContent: ({ archives }, index) => archives.hasStoredContent(VAULT, `key-${index}`, SHA256),
    ofKey: ({ archives }, index) => archives.ofKey(VAULT, `key-${index}`),
    atPath: ({ archives }, index) => archives.atPath(VAULT, `path-${index}`),
    occupant: ({ archives }, index) => archives.occupant(VAULT, `path-${index}`),
    heldGroups: ({ room }) => room.heldGroups('no room: '),
    heldFor: ({ room }) => room.heldFor(VAULT, 'no room: ', MANY, 10),
    newestOfSeries: ({ newest }) => newest.ofSeries(VAULT, 's'),
  };
  for (const [name, ask] of Object.entries(questions)) {
    const [alone, crowded] = [few, many].map((catalog) => costOf((index) => ask(catalog, index)));
    t.ok((crowded ?? 0) < 10 * (alone ?? 0) + 5, `${name}: ${crowded} µs among many, ${alone} among few`);
  }
});

t.test('what is read in a snapshot is of one moment, whatever another process commits meanwhile', async (t) => {
  const path = join(t.testdir({}), 'catalog.db');
  const [reading, writing] = [true, false]
    .map((mustExist) => new Catalog(openCatalogForWriting({ path, storeId: STORE_ID, mustExist: !mustExist })))
    .reverse();
  if (reading === undefined || writing === undefined) throw new Error('no catalog');
  t.teardown(() => {
    reading.close();
    writing.close();
  });
  const [before, within] = reading.snapshot(() => {
    const first = reading.fact('news');
    writing.setFact('news', 'something');
    return [first, reading.fact('news')];
  });
  t.same([before, within, reading.fact('news')], [null, null, 'something']);
});
