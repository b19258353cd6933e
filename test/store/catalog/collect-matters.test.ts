import { join } from 'node:path';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { ARCHIVE_STATES } from '../../../src/core/archive.ts';
import { ATTENTION_CAUSES, type AttentionRow, attentionItems, EXPIRY_MARGIN_MS } from '../../../src/core/attention.ts';
import { attentionGroups } from '../../../src/core/attention-groups.ts';
import { DAY_MS } from '../../../src/core/duration.ts';
import { NO_ROOM } from '../../../src/core/hold-decision.ts';
import { Catalog } from '../../../src/store/catalog/catalog.ts';
import type { CatalogDatabase } from '../../../src/store/catalog/catalog-database.ts';
import { collectMatters } from '../../../src/store/catalog/collect-matters.ts';
import { openCatalogForWriting } from '../../../src/store/catalog/open-catalog.ts';
import { attentionRow } from '../../support/attention-row.ts';

const STORE_ID = 'b1c3a0d2-0000-4000-8000-000000000001';
const NONE: ReadonlyMap<string, number> = new Map();

/** The columns that decide whether a row needs the owner. */
type Row = Omit<AttentionRow, 'id' | 'key'>;

const PLAIN: Row = attentionRow({ series: 's', lastModifiedMs: 1000 });

function emptyCatalog(t: Test): { catalog: Catalog; insert: (rows: Iterable<Row>) => void } {
  const db = openCatalogForWriting({ path: join(t.testdir({}), 'catalog.db'), storeId: STORE_ID, mustExist: false });
  // Nothing here has to outlive a power cut.
  db.pragma('synchronous = OFF');
  const catalog = new Catalog(db);
  t.teardown(() => catalog.close());
  return { catalog, insert: (rows) => insertAll(db, rows) };
}

let serial = 0;

function insertAll(db: CatalogDatabase, rows: Iterable<Row>): void {
  const insert = db.prepare(
    `INSERT INTO archives (vault, key, etag, size_bytes, last_modified, series, state, reason, path, sha256, proof, first_seen_at, stored_at,
       verified_at, damaged_at, gone_at, gone_acknowledged_at, conflict_at, conflict_acknowledged_at, suspect)
     VALUES (?, ?, 'etag', 5, ?, ?, ?, ?, ?, '${'0'.repeat(64)}', 'checksum-full', 2, 3, 4, ?, ?, ?, ?, ?, ?)`,
  );
  db.transaction(() => {
    for (const row of rows) {
      serial += 1;
      insert.run(
        ...[row.vault, `k${serial}`, row.lastModifiedMs, row.series, row.state, row.reason, `p${serial}`],
        ...[row.damagedAtMs, row.goneAtMs, row.goneAcknowledgedAtMs],
        ...[row.conflictAtMs, row.conflictAcknowledgedAtMs, row.suspect],
      );
    }
  })();
}

t.test('no number of newer matters hides an older one, and each is counted to the last', async (t) => {
  const { catalog, insert } = emptyCatalog(t);
  insert([
    { ...PLAIN, damagedAtMs: 1 },
    { ...PLAIN, conflictAtMs: 1 },
    { ...PLAIN, suspect: 'the uploader said otherwise' },
  ]);
  const many = 10_500;
  insert(Array(many).fill({ ...PLAIN, state: 'held', reason: 'nine times the usual size' }));
  insert(Array(many).fill({ ...PLAIN, goneAtMs: 5 }));
  const groups = attentionGroups(collectMatters(catalog, NONE), []);
  t.strictSame(
    groups.map(({ cause, count, archives }) => [cause, count, archives.length]),
    [
      ['damaged', 1, 1],
      ['conflict', 1, 1],
      ['suspect', 1, 1],
      ['orphan', many, 5],
      ['held', many, 5],
    ],
  );
  t.match(groups[4]?.archives[0], { archiveId: 3 + many }, 'the newest first');
});

t.test('any number that an expiry explains costs a pass next to nothing', async (t) => {
  const { catalog, insert } = emptyCatalog(t);
  insert(Array(30_000).fill({ ...PLAIN, goneAtMs: PLAIN.lastModifiedMs + 30 * DAY_MS }));
  const expiries = new Map([['web', 30 * DAY_MS]]);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round += 1) {
    const before = process.cpuUsage();
    t.strictSame(collectMatters(catalog, expiries), []);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1000);
  }
  t.ok(best < 25, `${best} ms of CPU`);
});

t.test('the next step names one that it is about, however many newer ones it is not about', async (t) => {
  const { catalog, insert } = emptyCatalog(t);
  insert([{ ...PLAIN, damagedAtMs: 1, goneAtMs: 1, goneAcknowledgedAtMs: 1 }]);
  insert(Array(50).fill({ ...PLAIN, damagedAtMs: 1 }));
  t.match(attentionGroups(collectMatters(catalog, NONE), []), [{ cause: 'damaged', next: /--archive 1 --drop/ }]);
});

t.test('the catalog counts what core/attention gives a reason for, whatever the rows', async (t) => {
  const { catalog, insert } = emptyCatalog(t);
  const expiries = new Map([
    ['web', 30 * DAY_MS],
    ['other', 1],
  ]);
  const due = 1000 + 30 * DAY_MS - EXPIRY_MARGIN_MS;
  const at = fc.constantFrom(null, 1, due - 1, due);
  const row = fc.record({
    vault: fc.constantFrom('web', 'other', 'third'),
    series: fc.constantFrom('s', 'r', null),
    state: fc.constantFrom(...ARCHIVE_STATES),
    reason: fc.constantFrom(null, 'too large', `${NO_ROOM}1 kB`, NO_ROOM, NO_ROOM.slice(0, -1), NO_ROOM.toUpperCase()),
    lastModifiedMs: fc.constantFrom(1000, 2000),
    damagedAtMs: at,
    goneAtMs: at,
    goneAcknowledgedAtMs: at,
    conflictAtMs: at,
    conflictAcknowledgedAtMs: at,
    suspect: fc.constantFrom(null, 'x'),
  });
  insert(fc.sample(row, { numRuns: 3000, seed: 20261122 }));
  const items = attentionItems(
    Array.from({ length: 3000 }, (_, index) => catalog.archives.byId(index + 1)).filter((one) => one !== null),
    expiries,
  );
  const matters = collectMatters(catalog, expiries);
  t.strictSame(
    matters.map(({ cause }) => cause),
    [...ATTENTION_CAUSES],
  );
  for (const { cause, count, newest, examples, series } of matters) {
    const own = items.filter((item) => item.cause === cause).sort((a, b) => b.archive.id - a.archive.id);
    t.equal(count, own.length, cause);
    t.strictSame(newest, own.slice(0, 5), cause);
    const names = (all: readonly { vault: string; series: string | null }[]) =>
      [...new Set(all.map((one) => `${one.vault} ${one.series}`))].sort();
    t.strictSame(names(series), names(own.map(({ archive }) => archive)), cause);
    for (const isGone of [true, false]) {
      const first = own.find(({ archive }) => (archive.goneAtMs !== null) === isGone)?.archive.id;
      t.equal(examples.find(({ goneAtMs }) => (goneAtMs !== null) === isGone)?.id, first, `${cause}: ${isGone}`);
    }
  }
});
