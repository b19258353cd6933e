import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import Database from 'better-sqlite3';
import t, { type Test } from 'tap';
import { loadConfig } from '../../src/commands/open-mirror.ts';
import { assignSeries } from '../../src/jobs/assign-series.ts';
import { createCommandFixture, DAY, parseOutput } from '../support/command-fixture.ts';
import { directoryListing } from '../support/directory-listing.ts';

const YAML = `series:
  - { name: files, vault: web, match: "web1/*.gpg", keep: { last: 1 } }
`;

/** Three archives in `files`, f1 the oldest and announced for two days; the vault is away. */
function createStore(t: Test) {
  const fixture = createCommandFixture({ yaml: YAML });
  t.teardown(() => fixture.remove());
  const nowMs = Date.now();
  const [oldest] = fixture.store(
    ...[1, 2, 3].map((day) => ({
      key: `web1/f${day}.gpg`,
      content: `content of ${day}`,
      series: 'files',
      lastModifiedMs: nowMs - (10 - day) * DAY,
    })),
  );
  fixture.edit(({ retention }) => retention.announce(oldest?.id ?? 0, nowMs - 2 * DAY));
  return fixture;
}

t.test('a series was renamed since the last pass: the rehearsal plans by its new name', async (t) => {
  const fixture = createStore(t);
  writeFileSync(fixture.configFile, readFileSync(fixture.configFile, 'utf8').replace('name: files', 'name: web1'));
  const untouched = () => directoryListing(fixture.storeDir).filter((line) => !/catalog\.db-(?:shm|wal) /.test(line));
  const before = untouched();
  const { status, stdout, stderr } = await fixture.run(['prune', '--dry-run', '--json']);
  t.equal(status, 0, stderr);
  t.strictSame(untouched(), before);
  const { planned, outside } = parseOutput('prune', stdout);
  t.strictSame(
    planned.map(({ key, series }) => `${series} ${key}`),
    ['web1 web1/f1.gpg', 'web1 web1/f2.gpg'],
  );
  t.equal(outside.archives, 0);
});

t.test('a catalog that turns out to be damaged: one document, the error', async (t) => {
  const fixture = createStore(t);
  // Nothing is copied, which would find it at once.
  const { series } = loadConfig(fixture.configFile);
  fixture.edit((catalog) => assignSeries(catalog, series, { actor: 'sync', nowMs: Date.now() }));
  const path = `${fixture.storeDir}/.pullmirror/catalog.db`;
  const db = new Database(path);
  const size = Number(db.pragma('page_size', { simple: true }));
  const pages = db
    .prepare<[], { rootpage: number }>("SELECT rootpage FROM sqlite_schema WHERE tbl_name = 'archives'")
    .all();
  db.close();
  // It opens: the schema is whole, and whose it is can be read.
  const file = openSync(path, 'r+');
  for (const { rootpage } of pages)
    if (rootpage > 0) writeSync(file, Buffer.alloc(size, 0xff), 0, size, (rootpage - 1) * size);
  closeSync(file);
  const { status, stdout } = await fixture.run(['prune', '--dry-run', '--json']);
  t.equal(status, 78, stdout);
  t.equal(parseOutput('error', stdout).error.code, 'CATALOG_CORRUPT');
});

t.test('a rehearsal forgets no time', async (t) => {
  const fixture = createStore(t);
  const { status, stderr } = await fixture.run(['prune', '--dry-run', '--reset-clock']);
  t.equal(status, 2);
  t.match(stderr, /--dry-run changes nothing, and --reset-clock does/);
});
