import t from 'tap';
import { releaseSeries } from '../../src/jobs/freeze-series.ts';
import { resolveArchives } from '../../src/jobs/resolve-archives.ts';
import { BUCKET, createMirrorFixture, VAULT } from '../support/mirror-fixture.ts';

const YAML = 'series: [{ name: files, vault: web, match: "f/{name}.gpg", expectEvery: 1d, keep: { last: 3 } }]';

async function setUp(t: { teardown(work: () => Promise<void>): void }) {
  const fixture = await createMirrorFixture({ yaml: YAML });
  t.teardown(() => fixture.close());
  const { catalog } = fixture;
  const upload = (name: string, body = `body of ${name}`) =>
    fixture.server.seed(BUCKET, [{ key: `f/${name}.gpg`, body }]);
  for (const name of ['a', 'b', 'c', 'd']) upload(name);
  await fixture.sync();
  return {
    catalog,
    upload,
    remove: (name: string) => fixture.server.remove(BUCKET, `f/${name}.gpg`),
    /** What the owner is told. */
    sync: async () => {
      const { attention, afterwards } = await fixture.sync({ full: true });
      if (afterwards !== null) throw new Error(afterwards.message);
      return attention.map(({ cause, frozen, next }) => [cause, frozen.map((freeze) => freeze.cause).join(), next]);
    },
    open: () => catalog.freezes.open(),
    release: () => releaseSeries(catalog, catalog.freezes.open(), null, Date.now()),
    row: (name: string, newest = true) => {
      const rows = catalog.archives.ofKey(VAULT, `f/${name}.gpg`).sort((a, b) => b.id - a.id);
      return newest ? rows[0] : rows.at(-1);
    },
  };
}

const HUGE = 'x'.repeat(400);
const RELEASE = /pullmirror release files --cause conflict/;

for (const [what, undo] of [
  ['put back', (world: { upload(name: string): void }) => world.upload('b')],
  ['deleted', (world: { remove(name: string): void }) => world.remove('b')],
] as const) {
  t.test(`a conflict that is ${what} before anybody decided does not end its freeze`, async (t) => {
    const world = await setUp(t);
    world.upload('b', HUGE);
    t.match(await world.sync(), [['conflict', 'conflict'], ['held']]);
    undo(world);
    const told = await world.sync();
    t.match(told.at(-1), ['frozen', 'conflict', RELEASE], 'the alarm remains');
    t.match(world.open(), [
      { cause: 'conflict', awaitsRelease: true, reason: /f\/b\.gpg .*left the vault again before/ },
      ...world.open().slice(1),
    ]);
    t.equal(world.catalog.history.newest({ event: 'series.released' }, 9).length, 0);
    t.match((await world.sync()).at(-1), ['frozen', 'conflict', RELEASE], 'and goes on');
    world.release();
    const causes = (await world.sync()).map(([cause]) => cause);
    t.notOk(causes.includes('frozen'), 'its way out');
    t.notOk(world.open().some(({ cause }) => cause === 'conflict'));
  });
}

t.test('one that comes and goes beside another leaves it to the owner as well', async (t) => {
  const world = await setUp(t);
  world.upload('a', 'other');
  world.upload('b', HUGE);
  await world.sync();
  world.upload('b');
  await world.sync();
  const conflict = world.row('a');
  if (conflict === undefined) throw new Error('there is no conflict');
  resolveArchives(world.catalog, [conflict], { verb: 'acknowledge', cause: null }, Date.now());
  t.match(await world.sync(), [['frozen', 'conflict']]);
  world.upload('c', 'other as well');
  await world.sync();
  t.match(world.open()[0]?.reason, /f\/c\.gpg .*: the key .*; this ends with `pullmirror release/);
});

t.test('what the owner has released, dropped or acknowledged may go as it likes', async (t) => {
  const world = await setUp(t);
  world.upload('b', HUGE);
  await world.sync();
  world.release();
  world.upload('b');
  t.same(await world.sync(), []);
  world.upload('c', HUGE);
  await world.sync();
  t.same(
    world.open().map(({ cause }) => cause),
    ['conflict'],
  );
  const held = world.row('c');
  if (held === undefined) throw new Error('nothing is held');
  resolveArchives(world.catalog, [held], { verb: 'drop', cause: null }, Date.now());
  t.same(await world.sync(), []);
  t.same(world.open(), []);
});

t.test('an orphan that comes back before the owner took note of it', async (t) => {
  const world = await setUp(t);
  world.remove('b');
  t.match(await world.sync(), [['orphan', 'shrunk']]);
  world.upload('b');
  t.match(await world.sync(), [['frozen', 'shrunk', /pullmirror release files --cause shrunk/]]);
  t.match(world.open(), [{ cause: 'shrunk', awaitsRelease: true, reason: /came back before you had decided/ }]);
  world.release();
  t.same(await world.sync(), []);
  world.remove('b');
  t.match(await world.sync(), [['orphan', 'shrunk']], 'and left again');
  const orphan = world.row('b');
  if (orphan === undefined) throw new Error('there is no orphan');
  resolveArchives(world.catalog, [orphan], { verb: 'acknowledge', cause: null }, Date.now());
  world.upload('b');
  t.same(await world.sync(), []);
  t.same(world.open(), []);
});
