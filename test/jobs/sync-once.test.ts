import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { AppError } from '../../src/core/errors.ts';
import { type PassProgress, silentProgress } from '../../src/jobs/pass-progress.ts';
import { recordUnopenedStore } from '../../src/jobs/sync-once.ts';
import { openStateFile } from '../../src/store/state-file.ts';
import { BUCKET, createMirrorFixture, VAULT } from '../support/mirror-fixture.ts';

async function fixtureWithState(t: Test) {
  const fixture = await createMirrorFixture();
  t.teardown(() => fixture.close());
  return { fixture, state: () => openStateFile(fixture.config.stateDir).state };
}

t.test('a pass that ends in a defect of ours is remembered as one, and thrown on', async (t) => {
  const { fixture, state } = await fixtureWithState(t);
  fixture.server.seed(BUCKET, [{ key: 'a', body: 'a' }]);
  const broken: PassProgress = {
    ...silentProgress,
    listing() {
      throw new TypeError('no such thing');
    },
  };
  await t.rejects(fixture.sync({ progress: broken }), { name: 'TypeError' });
  t.match(state().lastPass, { stopped: { code: 'INTERNAL', message: /no such thing/ } });
  await fixture.sync();
  t.match(state().lastPass, { stopped: null });
});

t.test('a pass that was cut off is told by the next one from its beginning, until one tells its end', async (t) => {
  const { fixture, state } = await fixtureWithState(t);
  fixture.server.seed(BUCKET, [{ key: 'a', body: 'a' }]);
  await fixture.sync();
  const file = join(fixture.config.stateDir, 'state.json');
  /** What a process that is killed while it lists leaves behind. */
  const cutOff = async () => {
    let left = '';
    const listing = () => {
      left = readFileSync(file, 'utf8');
    };
    await fixture.sync({ progress: { ...silentProgress, listing } });
    t.match(state(), { passBegan: null, lastPass: { stopped: null } });
    writeFileSync(file, left);
    return state();
  };
  const first = await cutOff();
  t.match(first, { passBegan: Number, lastPass: { stopped: null } }, 'nobody knows yet whether it is under way');
  const second = await cutOff();
  t.match(second.lastPass, { startedAt: first.passBegan, stopped: { code: 'INTERRUPTED', message: /cut off/ } });
  const missing = new AppError('STORE_MISSING', 'no disk');
  await recordUnopenedStore(openStateFile(fixture.config.stateDir), missing, Date.now());
  t.match(state(), { passBegan: second.passBegan, lastPass: { stopped: { code: 'STORE_MISSING' } } });
  const third = await cutOff();
  t.match(third.lastPass, { startedAt: second.passBegan, stopped: { code: 'INTERRUPTED' } }, 'the disk was away since');
  await fixture.sync();
  t.match(state(), { passBegan: null, lastPass: { stopped: null } });
});

t.test('another store is listed in full until that has worked', async (t) => {
  const { fixture, state } = await fixtureWithState(t);
  fixture.server.seed(BUCKET, [{ key: 'a', body: 'a' }]);
  await fixture.sync();
  t.type(state().vaults[VAULT]?.lastFullListingAt, 'number');
  await fixture.sync({ swapped: true, endpoint: 'http://127.0.0.1:1' });
  t.equal(state().vaults[VAULT]?.lastFullListingAt, null, 'the other disk’s listing says nothing of this one');
});
