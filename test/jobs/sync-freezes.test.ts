import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import t from 'tap';
import { silentProgress } from '../../src/jobs/pass-progress.ts';
import { resolveArchives } from '../../src/jobs/resolve-archives.ts';
import { syncOnce } from '../../src/jobs/sync-once.ts';
import { openStateFile } from '../../src/store/state-file.ts';
import { BUCKET, createMirrorFixture, impatientClock, VAULT } from '../support/mirror-fixture.ts';

const SERIES = 'series: [{ name: files, vault: web, match: "f/{name}.gpg", expectEvery: 1d }]';

t.test('sync freezes and releases; one root cause is one alarm; a pass without news writes nothing', async (t) => {
  const fixture = await createMirrorFixture({ yaml: SERIES, versioned: true });
  t.teardown(() => fixture.close());
  const s3 = fixture.s3();
  t.teardown(() => s3.destroy());
  const upload = (name: string, body: string) =>
    s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: `f/${name}.gpg`, Body: body }));
  const { catalog, store } = fixture.open;
  const sync = async () => {
    const reader = fixture.reader();
    try {
      const { attention, afterwards } = await syncOnce({
        config: fixture.config,
        opened: { ...fixture.open, store, swapped: false },
        readers: new Map([[VAULT, reader]]),
        stateFile: openStateFile(join(fixture.dir, 'state')),
        full: true,
        clock: impatientClock,
        random: Math.random,
        signal: new AbortController().signal,
        progress: silentProgress,
      });
      t.equal(afterwards, null);
      return attention.map(({ cause, count, frozen }) => [cause, count, frozen.map((freeze) => freeze.cause)]);
    } finally {
      reader.close();
    }
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

  const rows = catalog.attention.candidates(10);
  resolveArchives(catalog, rows, { verb: 'acknowledge', cause: null }, Date.now());
  t.same(await sync(), [], 'nor is it afterwards');
  t.match(catalog.history.newest({ event: 'series', actor: 'sync' }, 1), [
    {
      event: 'series.released',
      detail: { series: 'files', cause: 'conflict', because: 'every conflict is acknowledged' },
    },
  ]);

  await upload('e', 'far too small');
  t.same(await sync(), [['frozen', 1, ['sizes']]]);
});
