import { join } from 'node:path';
import Database from 'better-sqlite3';
import t from 'tap';
import type { ArchiveRow } from '../../src/store/catalog/archive-row.ts';
import { CATALOG_NAME, PRIVATE_FOLDER } from '../../src/store/store-layout.ts';
import { createCommandFixture, parseOutput } from '../support/command-fixture.ts';

const fixture = createCommandFixture();
t.teardown(() => fixture.remove());
const [row] = fixture.store({ key: 'web1/a', content: 'a', series: 'files', lastModifiedMs: 1000 }) as [ArchiveRow];
const event = { actor: 'sync', event: 'archive.damaged', vault: 'web', key: 'web1/a', archiveId: row.id } as const;

/** As flipped bits leave it: SQLite 3.54 calls the whole of it good. */
function spoil(at: number, detail: string): void {
  const db = new Database(join(fixture.storeDir, PRIVATE_FOLDER, CATALOG_NAME));
  db.pragma('ignore_check_constraints = ON');
  db.prepare(
    "INSERT INTO history (at, actor, event, vault, key, archive_id, detail) VALUES (?, 'sync', ?, 'web', 'web1/a', ?, ?)",
  ).run(at, event.event, row.id, detail);
  db.close();
}

fixture.edit(({ history }) => history.append({ ...event, detail: { why: 'before' } }, 5));
spoil(6, '{"why":"\u0001"}');
spoil(7, '[]');
spoil(9e15, '{}');
fixture.edit(({ history }) => history.append({ ...event, detail: { why: 'after' } }, 8));

t.test('a row of the history that is damaged keeps nobody from the others', async (t) => {
  for (const args of [[], ['--series', 'files']]) {
    const { status, stdout, stderr } = await fixture.run(['history', ...args]);
    t.equal(status, 0, stderr);
    t.match(stdout, /after[\s\S]*before/, args.join(' '));
    t.equal(stdout.match(/UNREADABLE: this row of the catalog is damaged/g)?.length, 3, args.join(' '));
  }
  const { events } = parseOutput('history', (await fixture.run(['history', '--event', 'archive', '--json'])).stdout);
  t.match(events, [
    { detail: { why: 'after' }, unreadable: null },
    { at: null, detail: {}, unreadable: /no time/ },
    { detail: {}, unreadable: /no object/ },
    { detail: {}, unreadable: /control character/ },
    { detail: { why: 'before' }, unreadable: null },
  ]);
});

t.test('nor from repairing what it is about', async (t) => {
  spoil(9, '{"code":');
  fixture.edit(({ scrub }) => {
    t.equal(scrub.finding(row.id), null, 'what was found is not known');
    t.equal(scrub.lastFailure(row.id), null);
  });
});

t.test('the whole catalog is called damaged only for what is no JSON', async (t) => {
  t.throws(() => fixture.edit((catalog) => catalog.check()), {
    code: 'CATALOG_CORRUPT',
    message: /CHECK .* in history/,
  });
  const other = createCommandFixture();
  t.teardown(() => other.remove());
  const db = new Database(join(other.storeDir, PRIVATE_FOLDER, CATALOG_NAME));
  db.exec(`INSERT INTO history (at, actor, event, detail) VALUES (9e15, 'sync', 'archive.damaged', '[]')`);
  db.close();
  t.doesNotThrow(() => other.edit((catalog) => catalog.checkThoroughly()));
});
