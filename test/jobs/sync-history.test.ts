import t, { type Test } from 'tap';
import { BUCKET, createMirrorFixture, VAULT } from '../support/mirror-fixture.ts';

const CLOSED = 'http://127.0.0.1:1';

async function fixtureWithSync(t: Test) {
  const fixture = await createMirrorFixture();
  t.teardown(() => fixture.close());
  const abort = new AbortController();
  /** Resolves with the number of changes to the catalog. */
  const sync = async (endpoint?: string): Promise<number> => {
    const before = fixture.catalog.changeCount();
    await fixture.sync({ ...(endpoint === undefined ? {} : { endpoint }), signal: abort.signal });
    return fixture.catalog.changeCount() - before;
  };
  const events = () =>
    fixture.catalog.history
      .newest({}, 100)
      .filter(({ event }) => /^(vault|pass)\./.test(event))
      .map(({ event, vault, detail }) => [event, vault, detail.code])
      .reverse();
  return { fixture, sync, events, abort };
}

t.test('the history tells when the trouble of a vault began, changed and ended, and nothing in between', async (t) => {
  const { sync, events, abort } = await fixtureWithSync(t);
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

t.test('archives that left the vault are not back because the next listing misses nothing more', async (t) => {
  const { fixture, sync, events } = await fixtureWithSync(t);
  fixture.server.seed(
    BUCKET,
    ['a', 'b'].map((key) => ({ key, body: key })),
  );
  await sync();
  fixture.server.remove(BUCKET, 'a');
  await sync();
  t.same(events(), [['vault.problem', VAULT, 'VAULT_LISTING_SHRUNK']]);
  await sync();
  await sync(CLOSED);
  await sync();
  t.same(events().slice(1), [
    ['vault.problem', VAULT, 'VAULT_UNREACHABLE'],
    ['vault.recovered', VAULT, undefined],
  ]);
});
