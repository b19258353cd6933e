import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { ArchiveRow } from '../../src/store/catalog/archive-row.ts';
import { openStoreForWriting } from '../../src/store/open-store.ts';
import { type CommandFixture, createCommandFixture, DAY } from '../support/command-fixture.ts';

const NOW_MS = Date.UTC(2026, 10, 22);

/** Three archives, the first of them as a crash leaves it that comes after `removing` was committed. */
function crashed(t: Test): { fixture: CommandFixture; row: ArchiveRow } {
  const fixture = createCommandFixture();
  t.teardown(() => fixture.remove());
  const [row] = fixture.store(
    ...[1, 2, 3].map((day) => ({
      key: `web1/d${day}/files.gpg`,
      content: `day ${day}`,
      series: 'files',
      lastModifiedMs: NOW_MS - (10 - day) * DAY,
    })),
  );
  if (row === undefined) throw new Error('the fixture is empty');
  fixture.edit(({ retention }) => {
    retention.announce(row.id, NOW_MS - 2 * DAY);
    retention.markRemoving(row.id, 'no rule keeps it');
  });
  return { fixture, row };
}

/** What an opening for writing makes of it. */
function openAgain(fixture: CommandFixture, row: ArchiveRow) {
  const { catalog, close } = openStoreForWriting({ path: fixture.storeDir, expectedStoreId: null, nowMs: NOW_MS });
  try {
    const [event] = catalog.history.newest({ key: row.key }, 1);
    return { row: catalog.archives.byId(row.id), event, sums: catalog.fact('sums_behind:web') };
  } finally {
    close();
  }
}

t.test('the file is there: a crash is no reason to delete', async (t) => {
  const { fixture, row } = crashed(t);
  const after = openAgain(fixture, row);
  t.match(after.row, { state: 'stored', reason: null, announcedAtMs: NOW_MS - 2 * DAY, path: row.path });
  t.match(after, { event: { actor: 'repair', event: 'archive.removal-undone', atMs: NOW_MS }, sums: 'yes' });
  t.ok(existsSync(fixture.fileOf(row)));
  const count = fixture.edit((catalog) => catalog.history.newest({}, 100).length);
  openAgain(fixture, row);
  t.equal(
    fixture.edit((catalog) => catalog.history.newest({}, 100).length),
    count,
    'once',
  );
});

for (const what of ['file', 'folder', 'vault folder'] as const) {
  t.test(`the ${what} is gone: the removal is finished`, async (t) => {
    const { fixture, row } = crashed(t);
    if (what === 'file') rmSync(fixture.fileOf(row));
    if (what === 'folder') rmSync(join(fixture.storeDir, 'web/web1/d1'), { recursive: true });
    if (what === 'vault folder') renameSync(join(fixture.storeDir, 'web'), join(fixture.dir, 'away'));
    const after = openAgain(fixture, row);
    t.match(after.row, { state: 'pruned', reason: 'no rule keeps it', path: null, announcedAtMs: null });
    t.match(after, {
      event: { actor: 'repair', event: 'archive.pruned', detail: { interrupted: true, throughId: Number } },
      sums: 'yes',
    });
  });
}

t.test('a link in the way: behind it may be the file', async (t) => {
  const { fixture, row } = crashed(t);
  renameSync(join(fixture.storeDir, 'web/web1'), join(fixture.dir, 'away'));
  mkdirSync(join(fixture.dir, 'empty'));
  symlinkSync(join(fixture.dir, 'empty'), join(fixture.storeDir, 'web/web1'));
  t.match(openAgain(fixture, row).row, { state: 'stored' });
});
