import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DAY_MS } from '../../src/core/duration.ts';
import { RESTORE_SCRIPT } from '../../src/store/restore-script.ts';
import { BUCKET, createMirrorFixture, impatientClock } from '../support/mirror-fixture.ts';

t.test('once a day the disk is looked at by what it tells the person who holds only it', async (t) => {
  let laterMs = 0;
  const clock = { ...impatientClock, now: () => Date.now() + laterMs };
  const fixture = await createMirrorFixture({ serverClock: clock });
  t.teardown(() => fixture.close());
  fixture.server.seed(BUCKET, [{ key: 'a', body: 'body of a' }]);
  const sync = async (days: number) => {
    laterMs = days * DAY_MS;
    return (await fixture.sync({ clock })).prepared.selfCheck;
  };
  await sync(0);
  const [script, readme, page] = ['restore.sh', 'README.txt', 'index.html'].map((name) => join(fixture.storeDir, name));
  if (script === undefined || readme === undefined || page === undefined) throw new Error('three names');

  t.match(await sync(1), { texts: [], strange: [], problem: null });
  const before = fixture.catalog.changeCount();
  truncateSync(readme, 0);
  rmSync(script);
  writeFileSync(script, 'of somebody');
  rmSync(page);
  t.equal(await sync(1), null);
  t.equal(fixture.catalog.changeCount(), before, 'not at every pass');
  const checked = await sync(2);
  t.match(checked, {
    problem: null,
    texts: [
      { name: 'README.txt', was: 'cut', aside: null },
      { name: 'restore.sh', was: 'foreign', aside: /found-/ },
      { name: 'index.html', was: 'missing', aside: null },
    ],
  });
  t.equal(readFileSync(script, 'utf8'), RESTORE_SCRIPT);
  t.equal(readFileSync(checked?.texts[1]?.aside ?? '', 'utf8'), 'of somebody');
  t.ok(existsSync(page), 'made by the pass that follows');
  t.match(fixture.catalog.history.newest({ event: 'store.text-renewed' }, 9), [
    { actor: 'self-check', detail: { name: 'index.html', was: 'missing' } },
    { detail: { name: 'restore.sh', was: 'foreign' } },
    { detail: { name: 'README.txt', was: 'cut' } },
  ]);
  t.match(await sync(3), { texts: [], strange: [] });
});
