import t from 'tap';
import { Catalog } from '../../src/store/catalog/catalog.ts';
import { openCatalogForReading } from '../../src/store/catalog/open-catalog.ts';
import { catalogCopyPath } from '../../src/store/catalog-copy.ts';
import { readMarker } from '../../src/store/marker.ts';
import { openStoreForWriting } from '../../src/store/open-store.ts';
import { createCommandFixture, DAY, parseOutput } from '../support/command-fixture.ts';

const fixture = createCommandFixture();
t.teardown(() => fixture.remove());

const names = ['2026-11-20', '2026-11-19', '2026-11-18', '2026-11-17'];
const rows = fixture.store(
  ...names.map((name, index) => ({
    key: `web1/${name}.tar.gz.gpg`,
    content: name,
    series: 'files',
    lastModifiedMs: Date.now() - (index + 1) * DAY,
  })),
);
const [kept, announced, going, pruned] = rows.map(({ id }) => id) as [number, number, number, number];
const unwanted = fixture.edit((catalog) => {
  const listed = {
    key: 'web1/2020-01-01.tar.gz.gpg',
    versionId: null,
    etag: 'e',
    sizeBytes: 9,
    lastModifiedMs: 1,
    storageClass: null,
  };
  const id = catalog.archives.insert(
    'web',
    { listed, series: 'files', state: 'wanted', reason: null, conflict: false },
    1,
  );
  catalog.retention.markUnwanted(id);
  for (const one of [announced, going, pruned]) catalog.retention.announce(one, 1);
  for (const one of [going, pruned]) catalog.retention.markRemoving(one, 'no rule keeps it');
  catalog.retention.markPruned(pruned);
  return id;
});
const stateOf = (id: number) => fixture.edit((catalog) => catalog.archives.byId(id));

t.test('why is asked for, and an end in the future', async (t) => {
  const refused: [args: string[], words: RegExp][] = [
    [['pin', '--archive', String(kept)], /--reason is missing/],
    [['pin', '--archive', String(kept), '--reason', ' '], /--reason is missing/],
    [['pin', '--reason', 'x'], /needs a NAME, --archive ID or --list/],
    [['pin', '2026-11-20.tar.gz.gpg', '--list'], /--list shows all that is pinned; leave out the names/],
    [
      ['pin', '--archive', String(kept), '--reason', 'x', '--until', '2020-01-01'],
      /--until: "2020-01-01" is over already/,
    ],
    [['pin', '--archive', String(kept), '--reason', 'x', '--until', 'soon'], /--until: "soon" is not a time/],
  ];
  const answers = await Promise.all(refused.map(([args]) => fixture.run(args)));
  answers.forEach(({ status, stderr }, index) => {
    t.equal(status, 2);
    t.match(stderr, refused[index]?.[1]);
  });
});

t.test('pinned, while a pass holds the store', async (t) => {
  const pass = openStoreForWriting({ path: fixture.storeDir, expectedStoreId: null, nowMs: Date.now() });
  t.teardown(() => pass.close());
  const until = new Date(Date.now() + 400 * DAY).toISOString().slice(0, 10);
  const args = ['pin', '2026-11-20.tar.gz.gpg', '--reason', ' before the move ', '--until', until, '--json'];
  const { status, stdout, stderr } = await fixture.run(args);
  t.equal(status, 0, stderr);
  const [one] = parseOutput('pin', stdout).pinned;
  t.match(one, { archiveId: kept, state: 'stored', reason: 'before the move' });
  // The end of that day in Berlin.
  t.match(one?.until, /T2[12]:59:59\.999Z$/);
  const copy = catalogCopyPath(fixture.stateDir, readMarker(fixture.storeDir)?.storeId ?? '');
  const copied = new Catalog(openCatalogForReading({ path: copy, storeId: null }));
  t.equal(copied.pins.of(kept)?.reason, 'before the move', 'also in the copy, which no file can give back');
  copied.close();
});

t.test('what was about to go stays, and what was not wanted is wanted again', async (t) => {
  const args = ['pin', '--archive', String(announced), '--archive', String(unwanted), '--reason', 'audit'];
  const { status, stdout } = await fixture.run(args);
  t.equal(status, 0);
  t.match(stdout, /2026-11-19\S* \(archive \d+\): pinned for good; it was about to be removed, and stays\n/);
  t.match(
    stdout,
    /2020-01-01\S* \(archive \d+\): pinned for good; the keep rules did not want it: the next sync downloads it\n/,
  );
  t.equal(stateOf(announced)?.announcedAtMs, null);
  t.equal(stateOf(unwanted)?.state, 'wanted');
});

t.test('what is gone cannot be pinned, and then nothing is', async (t) => {
  const fresh = fixture.store({ key: 'web1/2026-11-16.tar.gz.gpg', content: 'x' })[0]?.id ?? 0;
  const args = ['pin', '--archive', String(fresh), '--archive', String(pruned), '--reason', 'x'];
  const { status, stderr } = await fixture.run(args);
  t.equal(status, 1);
  t.match(stderr, /2026-11-17\S* \(archive \d+\) was removed, so it cannot be pinned: no rule keeps it/);
  t.equal(
    fixture.edit((catalog) => catalog.pins.of(fresh)),
    null,
  );
});

t.test('the database itself refuses', async (t) => {
  fixture.edit((catalog) => {
    catalog.retention.announce(announced, 1);
    t.throws(() => catalog.retention.markRemoving(announced, 'x'), /a pinned archive is never removed/);
    t.throws(() => catalog.retention.markUnwanted(unwanted), /a pinned archive is never removed/);
    t.throws(() => catalog.retention.drop(unwanted, 'x'), /a pinned archive is never removed/);
    t.throws(() => catalog.archives.forgetUnstored(unwanted), /a pinned archive is never forgotten/);
    const pin = { archiveId: pruned, pinnedAtMs: 1, reason: 'x', expiresAtMs: null };
    t.throws(() => catalog.pins.pin(pin), /only what is there can be pinned/);
    t.throws(() => catalog.pins.pin({ ...pin, archiveId: 9999 }), /only what is there can be pinned/);
    t.throws(() => catalog.pins.pin({ ...pin, archiveId: kept, reason: '' }), /CHECK constraint failed/);
  });
});

t.test('listed, with who and why in the history, and taken off', async (t) => {
  const listed = await fixture.run(['pin', '--list']);
  t.match(
    listed.stdout,
    new RegExp(`^ID +SINCE.*\n${kept} .*stored +web/web1/2026-11-20.tar.gz.gpg +before the move\n`),
  );
  const off = await fixture.run(['unpin', '2026-11-20.tar.gz.gpg', '--json']);
  t.match(parseOutput('unpin', off.stdout).unpinned, [{ archiveId: kept, reason: 'before the move' }]);
  const again = await fixture.run(['unpin', '--archive', String(kept)]);
  t.equal(again.status, 1);
  t.match(again.stderr, /is not pinned\n.*pin --list/);
  t.equal((await fixture.run(['unpin'])).status, 2);
  const { stdout } = await fixture.run(['history', '--key', 'web1/2026-11-20.tar.gz.gpg', '--json']);
  t.match(parseOutput('history', stdout).events.slice(0, 2), [
    { actor: 'owner', event: 'archive.unpinned', detail: { reason: 'before the move' } },
    { actor: 'owner', event: 'archive.pinned', detail: { reason: 'before the move', until: String } },
  ]);
});
