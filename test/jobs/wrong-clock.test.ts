import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { vaultExpiries } from '../../src/core/attention.ts';
import type { SteadyClock } from '../../src/core/clock.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { BUCKET, createMirrorFixture, impatientClock, type MirrorFixture, VAULT } from '../support/mirror-fixture.ts';
import { openItems } from '../support/open-items.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const EXPIRY = '    expiresAfter: 7d';

/** The vault's clock is right; this machine's, which the AWS SDK corrects for itself, is not. */
const clockAt = (shownMs: number): SteadyClock => {
  const aheadMs = shownMs - Date.now();
  return { ...impatientClock, now: () => impatientClock.now() + aheadMs };
};
const IN_1970 = clockAt(DAY);
const IN_2038 = clockAt(Date.UTC(2038, 0, 19));

const isNow = (atMs: number | null | undefined): boolean => Math.abs((atMs ?? 0) - Date.now()) < HOUR;
const needed = ({ catalog, config }: MirrorFixture): string[] =>
  openItems(catalog, vaultExpiries(config.vaults)).map(({ cause, archive }) => `${cause} ${archive.key}`);
const gone = (fixture: MirrorFixture) =>
  fixture.catalog.history.newest({ event: 'archive.gone' }, 10).map(({ key, atMs, detail }) => ({
    key,
    isDatedNow: isNow(atMs),
    because: String(detail.because),
  }));

for (const [year, clock, side] of [
  ['1970', IN_1970, 'behind'],
  ['2038', IN_2038, 'ahead of'],
] as const) {
  t.test(`a clock at ${year} is told of, keeps nothing from coming, and dates nothing`, async (t) => {
    const fixture = await createMirrorFixture();
    t.teardown(() => fixture.close());
    fixture.server.seed(BUCKET, [{ key: 'a', body: 'abc' }]);
    const { startedAtMs, endedAtMs, vaults } = await fixture.pass({ clock });
    t.match(vaults, [{ downloaded: 1, failures: [], problem: { code: 'VAULT_CLOCK_SKEW' } }]);
    const words = vaults[0]?.problem?.message ?? '';
    t.match(words, new RegExp(`says ${year}-01-.* UTC, the vault's 20\\d\\d-.* UTC: it is .* ${side} the vault's`));
    const [row] = fixture.catalog.archives.page({ storedOnly: true }, null, 10);
    const history = fixture.catalog.history.newest({}, 10).map(({ atMs }) => atMs);
    for (const atMs of [startedAtMs, endedAtMs, row?.firstSeenAtMs, row?.storedAtMs, row?.verifiedAtMs, ...history]) {
      t.ok(isNow(atMs), `${atMs}`);
    }
    t.equal(readFileSync(join(fixture.storeDir, VAULT, 'a'), 'utf8'), 'abc');

    const changes = fixture.catalog.changeCount();
    t.match((await fixture.pass({ clock })).vaults, [{ downloaded: 0, problem: { code: 'VAULT_CLOCK_SKEW' } }]);
    t.equal(fixture.catalog.changeCount(), changes, 'and a pass without news writes nothing');
    t.match((await fixture.pass()).vaults, [{ problem: null }]);
  });
}

t.test('what is gone is judged and dated by the clock of the vault', async (t) => {
  const fixture = await createMirrorFixture({ yaml: EXPIRY });
  t.teardown(() => fixture.close());
  fixture.server.seed(BUCKET, [
    { key: 'old', body: 'old', lastModifiedMs: Date.now() - 9 * DAY },
    { key: 'young', body: 'young', lastModifiedMs: Date.now() - 5 * HOUR },
    { key: 'stays', body: 'stays' },
  ]);
  await fixture.pass();
  fixture.server.remove(BUCKET, 'old');
  t.match((await fixture.pass({ clock: IN_1970 })).vaults, [{ problem: { code: 'VAULT_CLOCK_SKEW' } }]);
  t.strictSame(needed(fixture), [], 'expired, though not by the clock of 1970');
  fixture.server.remove(BUCKET, 'young');
  const message = /1 archive left .* "young"/;
  t.match((await fixture.pass({ clock: IN_2038 })).vaults, [{ problem: { code: 'VAULT_LISTING_SHRUNK', message } }]);
  t.strictSame(needed(fixture), ['orphan young']);
  t.match(gone(fixture), [
    { key: 'young', isDatedNow: true, because: /^unexpected: it was 5 h old, and .* expire after 7 days/ },
    { key: 'old', isDatedNow: true, because: /^expected: it was 9 days old, and .* expire after 7 days/ },
  ]);
});

t.test('where the vault does not tell the time, nothing is taken for expired', async (t) => {
  const fixture = await createMirrorFixture({ yaml: EXPIRY });
  t.teardown(() => fixture.close());
  const proxy = await startFaultProxy(fixture.server.url, () => ({ setHeaders: { date: null } }));
  t.teardown(() => proxy.close());
  fixture.server.seed(BUCKET, [
    { key: 'young', body: 'young', lastModifiedMs: Date.now() - 5 * HOUR },
    { key: 'stays', body: 'stays' },
  ]);
  await fixture.pass();
  fixture.server.remove(BUCKET, 'young');
  const { vaults } = await fixture.pass({ clock: IN_2038, endpoint: proxy.url });
  t.match(vaults, [{ clockOffsetMs: null, problem: { code: 'VAULT_LISTING_SHRUNK' } }]);
  t.strictSame(needed(fixture), ['orphan young']);
  t.match(gone(fixture), [{ key: 'young', because: /^unexpected: .* the vault did not tell the time/ }]);
});

t.test('without an expiry, every loss is unexpected and says so', async (t) => {
  const fixture = await createMirrorFixture();
  t.teardown(() => fixture.close());
  fixture.server.seed(BUCKET, [
    { key: 'a', body: 'a' },
    { key: 'b', body: 'b' },
    { key: 'c', body: 'c' },
  ]);
  await fixture.pass();
  fixture.server.remove(BUCKET, 'a');
  fixture.server.seed(BUCKET, [{ key: 'b', body: 'other' }]);
  await fixture.pass();
  t.match(
    gone(fixture).sort((one, other) => ((one.key ?? '') < (other.key ?? '') ? -1 : 1)),
    [
      { key: 'a', because: 'unexpected: no `expiresAfter` is configured for this vault' },
      { key: 'b', because: /^unexpected: its key was written again/ },
    ],
  );
});
