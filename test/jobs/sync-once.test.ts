import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type PassProgress, silentProgress } from '../../src/jobs/pass-progress.ts';
import { syncOnce } from '../../src/jobs/sync-once.ts';
import { openStateFile } from '../../src/store/state-file.ts';
import { BUCKET, createMirrorFixture, impatientClock, VAULT } from '../support/mirror-fixture.ts';

async function fixtureWithSync(t: Test) {
  const fixture = await createMirrorFixture();
  t.teardown(() => fixture.close());
  const stateDir = join(fixture.dir, 'state');
  const sync = async (options: { endpoint?: string; swapped?: boolean; progress?: PassProgress } = {}) => {
    const reader = fixture.reader(options.endpoint);
    try {
      return await syncOnce({
        config: fixture.config,
        opened: { ...fixture.open, swapped: options.swapped === true },
        readers: new Map([[VAULT, reader]]),
        stateFile: openStateFile(stateDir),
        full: false,
        clock: impatientClock,
        random: Math.random,
        signal: new AbortController().signal,
        progress: options.progress ?? silentProgress,
      });
    } finally {
      reader.close();
    }
  };
  return { fixture, sync, state: () => openStateFile(stateDir).state };
}

t.test('a pass that ends in a defect of ours is remembered as one, and thrown on', async (t) => {
  const { fixture, sync, state } = await fixtureWithSync(t);
  fixture.server.seed(BUCKET, [{ key: 'a', body: 'a' }]);
  const broken: PassProgress = {
    ...silentProgress,
    listing() {
      throw new TypeError('no such thing');
    },
  };
  await t.rejects(sync({ progress: broken }), { name: 'TypeError' });
  t.match(state().lastPass, { stopped: { code: 'INTERNAL', message: /no such thing/ } });
  await sync();
  t.match(state().lastPass, { stopped: null });
});

t.test('another store is listed in full until that has worked', async (t) => {
  const { fixture, sync, state } = await fixtureWithSync(t);
  fixture.server.seed(BUCKET, [{ key: 'a', body: 'a' }]);
  await sync();
  t.type(state().vaults[VAULT]?.lastFullListingAt, 'number');
  await sync({ swapped: true, endpoint: 'http://127.0.0.1:1' });
  t.equal(state().vaults[VAULT]?.lastFullListingAt, null, 'the other disk’s listing says nothing of this one');
});
