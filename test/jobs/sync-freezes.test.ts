import { PutObjectCommand } from '@aws-sdk/client-s3';
import t from 'tap';
import { resolveArchives } from '../../src/jobs/resolve-archives.ts';
import { BUCKET, createMirrorFixture } from '../support/mirror-fixture.ts';
import { openItems } from '../support/open-items.ts';

const SERIES = 'series: [{ name: files, vault: web, match: "f/{name}.gpg", expectEvery: 1d }]';

t.test('sync freezes and releases; one root cause is one alarm; a pass without news writes nothing', async (t) => {
  const fixture = await createMirrorFixture({ yaml: SERIES, versioned: true });
  t.teardown(() => fixture.close());
  const s3 = fixture.s3();
  t.teardown(() => s3.destroy());
  const upload = (name: string, body: string) =>
    s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: `f/${name}.gpg`, Body: body }));
  const { catalog } = fixture;
  const sync = async () => {
    const { attention, afterwards } = await fixture.sync({ full: true });
    t.equal(afterwards, null);
    return attention.map(({ cause, count, frozen }) => [cause, count, frozen.map((freeze) => freeze.cause)]);
  };
  const open = () => catalog.freezes.open().map(({ cause }) => cause);

  for (const name of ['a', 'b', 'c', 'd']) await upload(name, `${name}`.repeat(1000));
  t.same(await sync(), []);
  const before = catalog.changeCount();
  t.same(await sync(), []);
  t.equal(catalog.changeCount(), before);

  await upload('b', 'other content');
  t.same(await sync(), [['conflict', 1, ['conflict']]], 'its odd size is no alarm of its own');
  t.same(open(), ['conflict']);
  const held = catalog.changeCount();
  await sync();
  t.equal(catalog.changeCount(), held, 'what holds is not written again');

  const rows = openItems(catalog).map(({ archive }) => archive);
  resolveArchives(catalog, rows, { verb: 'acknowledge', cause: null }, Date.now());
  t.same(await sync(), [], 'nor is it afterwards');
  t.match(catalog.history.newest({ event: 'series', actor: 'sync' }, 1), [
    {
      event: 'series.released',
      detail: { series: 'files', cause: 'conflict', because: 'no conflict waits for you any more' },
    },
  ]);

  await upload('e', 'far too small');
  t.same(await sync(), [['frozen', 1, ['sizes']]]);
});
