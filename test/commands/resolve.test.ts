import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { Catalog } from '../../src/store/catalog/catalog.ts';
import { openCatalogForReading } from '../../src/store/catalog/open-catalog.ts';
import { catalogCopyPath } from '../../src/store/catalog-copy.ts';
import { readMarker } from '../../src/store/marker.ts';
import { createCommandFixture, parseOutput } from '../support/command-fixture.ts';

const fixture = createCommandFixture();
t.teardown(() => fixture.remove());

const rows = fixture.store(
  ...Array.from({ length: 7 }, (_, i) => ({ key: `web1/${i}.gpg`, content: `content ${i}`, series: 'files' })),
);
const ids = rows.map(({ id }) => id);
const listed = { versionId: null, etag: 'e', sizeBytes: 9, lastModifiedMs: 1, storageClass: null };
fixture.edit((catalog) => {
  for (const id of ids) catalog.archives.markGone(id, 5);
  for (const key of ['held-1', 'held-2', 'held-3']) {
    const held = {
      listed: { ...listed, key },
      series: null,
      state: 'held',
      reason: 'too large',
      conflict: false,
    } as const;
    catalog.archives.insert('web', held, 1);
  }
  const conflict = {
    listed: { ...listed, key: 'gone-too' },
    series: null,
    state: 'held',
    reason: 'x',
    conflict: true,
  } as const;
  catalog.archives.markGone(catalog.archives.insert('web', conflict, 1), 5);
});

t.test('several numbers and names in one command', async (t) => {
  const args = ['resolve', 'web1/0.gpg', 'web1/1.gpg', '--archive', String(ids[1]), '--archive', String(ids[2])];
  const open = await fixture.run([...args, '--json']);
  t.equal(open.status, 3, open.stderr);
  t.same(
    parseOutput('resolve', open.stdout).open.map(({ archiveId, cause }) => [archiveId, cause]),
    ids.slice(0, 3).map((id) => [id, 'orphan']),
    'each once',
  );
  const done = await fixture.run([...args, '--acknowledge', '--json']);
  t.equal(done.status, 0, done.stderr);
  t.equal(parseOutput('resolve', done.stdout).resolved.length, 3);
});

t.test('a number to which the decision is none: it is named, and nothing is decided about the others', async (t) => {
  const held = fixture.edit((catalog) => catalog.archives.ofKey('web', 'held-1')[0]?.id ?? 0);
  const args = ['resolve', '--archive', String(held), '--archive', String(ids[6]), '--accept'];
  const { status, stderr } = await fixture.run(args);
  t.equal(status, 1, stderr);
  t.match(stderr, /web1\/6\.gpg/);
  t.notMatch(stderr, /held-1/);
  t.equal(
    fixture.edit((catalog) => catalog.archives.byId(held)?.state),
    'held',
  );
});

t.test('all of one cause, and of no other', async (t) => {
  const status = await fixture.run(['status']);
  t.match(status.stdout, /GONE from the vault, kept here: 4\n[\s\S]*--all orphan --acknowledge/);
  const orphans = await fixture.run(['resolve', '--all', 'orphan', '--acknowledge', '--json']);
  t.same(
    parseOutput('resolve', orphans.stdout)
      .resolved.map(({ archiveId, resolution }) => [archiveId, resolution])
      .sort(),
    ids.slice(3).map((id) => [id, 'orphan-acknowledged']),
  );
  const held = await fixture.run(['resolve', '--all', 'held', '--accept']);
  t.match(held, { status: 0, stdout: /held-1[\s\S]*held-2|held-2[\s\S]*held-1/ });
  const left = await fixture.run(['status', '--json']);
  t.same(
    parseOutput('status', left.stdout).attention.map(({ cause }) => cause),
    ['conflict', 'held'],
    'the conflict stays open, and what the vault no longer has cannot be accepted',
  );
  const none = await fixture.run(['resolve', '--all', 'orphan', '--acknowledge']);
  t.match(none, { status: 0, stdout: /nothing needs you/ });
});

t.test(
  'a decision reaches the copy of the catalog; where it cannot, that is said and the decision stands',
  async (t) => {
    const { storeId } = readMarker(fixture.storeDir);
    const path = catalogCopyPath(fixture.stateDir, storeId);
    const [row] = fixture.store({ key: 'copied', content: 'x' });
    const id = row?.id ?? 0;
    const markGone = () => fixture.edit(({ archives }) => archives.markGone(id, 5));
    const acknowledge = ['resolve', '--archive', String(id), '--acknowledge'];

    markGone();
    const done = await fixture.run(acknowledge);
    t.match(done, { status: 0, stderr: '' });
    const copy = new Catalog(openCatalogForReading({ path, storeId }));
    t.type(copy.archives.byId(id)?.goneAcknowledgedAtMs, 'number');
    copy.close();
    t.strictSame(
      readdirSync(fixture.stateDir).filter((name) => name.endsWith('.new')),
      [],
    );

    fixture.edit(({ archives }) => archives.markBack(id));
    markGone();
    rmSync(fixture.stateDir, { recursive: true });
    writeFileSync(fixture.stateDir, 'in the way');
    const warned = await fixture.run([...acknowledge, '--json']);
    t.equal(warned.status, 0, 'it is decided');
    t.match(warned.stderr, /not to the copy of its catalog: .* is not a directory\n {2}next: /);
    t.equal(parseOutput('resolve', warned.stdout).resolved.length, 1);
    fixture.edit(({ archives }) => t.type(archives.byId(id)?.goneAcknowledgedAtMs, 'number'));
  },
);

t.test('what makes no sense is exit 2', async (t) => {
  for (const args of [
    [],
    ['--all', 'damaged', '--accept'],
    ['--all', 'held', '--acknowledge'],
    ['--all', 'orphan', '--accept'],
    ['--all', 'orphan', '--archive', '1'],
    ['--all', 'orphan', 'name'],
  ]) {
    t.equal((await fixture.run(['resolve', ...args])).status, 2, args.join(' '));
  }
});
