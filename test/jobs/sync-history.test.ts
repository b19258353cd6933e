import { join } from 'node:path';
import t from 'tap';
import { silentProgress } from '../../src/jobs/pass-progress.ts';
import { syncOnce } from '../../src/jobs/sync-once.ts';
import { openStateFile } from '../../src/store/state-file.ts';
import { createMirrorFixture, impatientClock, VAULT } from '../support/mirror-fixture.ts';

const CLOSED = 'http://127.0.0.1:1';

t.test('the history tells when the trouble of a vault began, changed and ended, and nothing in between', async (t) => {
  const fixture = await createMirrorFixture();
  t.teardown(() => fixture.close());
  const abort = new AbortController();
  const sync = async (endpoint?: string): Promise<number> => {
    const reader = fixture.reader(endpoint);
    const before = fixture.catalog.changeCount();
    await syncOnce({
      config: { ...fixture.config, stateDir: join(fixture.dir, 'state') },
      opened: fixture.open,
      readers: new Map([[VAULT, reader]]),
      stateFile: openStateFile(join(fixture.dir, 'state')),
      full: false,
      clock: impatientClock,
      random: Math.random,
      signal: abort.signal,
      progress: silentProgress,
    });
    reader.close();
    return fixture.catalog.changeCount() - before;
  };
  const events = () =>
    fixture.catalog.history
      .newest({}, 100)
      .filter(({ event }) => /^(vault|pass)\./.test(event))
      .map(({ event, vault, detail }) => [event, vault, detail.code])
      .reverse();

  await sync();
  t.equal(await sync(), 0, 'a pass without news writes nothing');
  t.same(events(), []);

  await sync(CLOSED);
  t.same(events(), [['vault.problem', VAULT, 'VAULT_UNREACHABLE']]);
  t.equal(await sync(CLOSED), 0, 'nor does one that meets the same trouble');

  await sync();
  t.equal(await sync(), 0);
  t.same(events().slice(1), [['vault.recovered', VAULT, undefined]]);

  abort.abort();
  await sync();
  t.equal(events().at(-1)?.[0], 'pass.stopped');
});
