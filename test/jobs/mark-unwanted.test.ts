import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import t, { type Test } from 'tap';
import type { Config } from '../../src/core/config/config.ts';
import { parseConfig } from '../../src/core/config/parse-config.ts';
import type { TrustedNow } from '../../src/core/trusted-now.ts';
import { markUnwanted } from '../../src/jobs/mark-unwanted.ts';
import { DAY } from '../support/command-fixture.ts';
import {
  BUCKET,
  configText,
  createMirrorFixture,
  impatientClock,
  type MirrorFixture,
  VAULT,
} from '../support/mirror-fixture.ts';

const NEWEST_MS = Date.now() - DAY;
const SERIES = (keep: string) => `series: [{ name: files, vault: web, match: "web1/*.gpg"${keep} }]`;
const key = (daysAgo: number): string => `web1/${String(daysAgo).padStart(2, '0')}.gpg`;

/** A vault with an archive a day, ten of them. */
async function createVault(t: Test, keep: string): Promise<MirrorFixture> {
  const fixture = await createMirrorFixture({ yaml: SERIES(keep) });
  t.teardown(() => fixture.close());
  fixture.server.seed(
    BUCKET,
    Array.from({ length: 10 }, (_, daysAgo) => ({
      key: key(daysAgo),
      body: Buffer.from(`of ${daysAgo} days ago`),
      lastModifiedMs: NEWEST_MS - daysAgo * DAY,
    })),
  );
  return fixture;
}

const configOf = (fixture: MirrorFixture, yaml: string): Config =>
  parseConfig({ file: 'test.yaml', text: configText(fixture.dir, fixture.server.url, yaml) });
const statesOf = ({ catalog }: MirrorFixture): Record<string, number> => {
  const states: Record<string, number> = {};
  for (const { state } of catalog.archives.page({ storedOnly: false }, null, 100))
    states[state] = (states[state] ?? 0) + 1;
  return states;
};
const now = (): TrustedNow => ({ trusted: true, nowMs: Date.now() });
const mark = (fixture: MirrorFixture, config = fixture.config, time = now()) =>
  markUnwanted({ catalog: fixture.catalog, config, now: time, clock: impatientClock });

t.test('what the rules would remove at once is not downloaded, and no change writes nothing', async (t) => {
  const fixture = await createVault(t, ', keep: { last: 3 }');
  t.match((await fixture.pass()).vaults, [{ downloaded: 3, problem: null }]);
  t.strictSame(statesOf(fixture), { stored: 3, unwanted: 7 });
  t.notOk(existsSync(join(fixture.storeDir, VAULT, key(3))));
  t.match(fixture.catalog.history.newest({ event: 'series.unwanted' }, 9), [
    { detail: { unwanted: 7, wantedAgain: 0 } },
  ]);
  const before = fixture.catalog.changeCount();
  t.match((await fixture.pass()).vaults, [{ downloaded: 0, newArchives: 0, problem: null }]);
  t.equal(fixture.catalog.changeCount(), before);
});

t.test('other rules, and none at all, look at what was not wanted again', async (t) => {
  const fixture = await createVault(t, ', keep: { last: 3 }');
  await fixture.pass();
  t.strictSame(mark(fixture, configOf(fixture, SERIES(', keep: { last: 5 }'))), { unwanted: 0, wantedAgain: 2 });
  t.strictSame(statesOf(fixture), { stored: 3, wanted: 2, unwanted: 5 });
  t.strictSame(mark(fixture, configOf(fixture, SERIES(', keep: { last: 4 }'))), { unwanted: 1, wantedAgain: 0 });
  t.strictSame(mark(fixture, configOf(fixture, SERIES(''))), { unwanted: 0, wantedAgain: 6 });
  t.strictSame(statesOf(fixture), { stored: 3, wanted: 7 });
});

t.test('one that cannot be had, or is damaged, makes room for an older one', async (t) => {
  const fixture = await createVault(t, ', keep: { last: 3 }');
  await fixture.pass();
  const [newest] = fixture.catalog.archives.ofKey(VAULT, key(0));
  fixture.catalog.archives.recordDamaged(newest?.id ?? 0, Date.now());
  t.strictSame(mark(fixture), { unwanted: 0, wantedAgain: 1 });
  t.match(fixture.catalog.archives.ofKey(VAULT, key(3)), [{ state: 'wanted' }]);
});

t.test('a clock in doubt changes nothing', async (t) => {
  const fixture = await createVault(t, '');
  const { catalog } = fixture;
  await fixture.pass({ full: true });
  const rules = configOf(fixture, SERIES(', keep: { last: 3 }'));
  catalog.archives.insert(VAULT, wantedLike('web1/old.gpg', NEWEST_MS - 90 * DAY), Date.now());
  t.strictSame(mark(fixture, rules, { trusted: false, why: 'no vault told the time', doubt: 'silence' }), {
    unwanted: 0,
    wantedAgain: 0,
  });
  t.strictSame(mark(fixture, rules), { unwanted: 1, wantedAgain: 0 });
});

t.test('what the owner accepted or pinned stays wanted', async (t) => {
  const fixture = await createVault(t, ', keep: { last: 3 }');
  await fixture.pass();
  const { archives, pins } = fixture.catalog;
  const insert = (name: string, daysAgo: number) =>
    archives.insert(VAULT, wantedLike(`web1/${name}.gpg`, NEWEST_MS - daysAgo * DAY), Date.now());
  const accepted = insert('accepted', 80);
  archives.markHeld(accepted, 'oversize: …');
  archives.markWanted(accepted, Date.now());
  pins.pin({ archiveId: insert('pinned', 90), pinnedAtMs: 1, reason: 'the books', expiresAtMs: null });
  insert('neither', 70);
  t.strictSame(mark(fixture), { unwanted: 1, wantedAgain: 0 });
  t.match(archives.ofKey(VAULT, 'web1/neither.gpg'), [{ state: 'unwanted' }]);
});

t.test('what was thinned from a full disk draws no older ones in its place', async (t) => {
  const fixture = await createVault(t, ', keep: { last: 3 }');
  await fixture.pass();
  const { archives, retention } = fixture.catalog;
  const [oldest] = archives.ofKey(VAULT, key(2));
  retention.announce(oldest?.id ?? 0, 1);
  retention.markRemoving(oldest?.id ?? 0, 'thinned: the disk lacks 5 MB');
  retention.markPruned(oldest?.id ?? 0);
  const thin = { ...fixture.config, store: { ...fixture.config.store, whenFull: 'thin' as const } };
  t.strictSame(mark(fixture, thin), { unwanted: 0, wantedAgain: 0 });
  t.strictSame(mark(fixture), { unwanted: 0, wantedAgain: 1 }, 'with whenFull: pause the rules alone decide');
  t.strictSame(mark(fixture, thin), { unwanted: 1, wantedAgain: 0 });
});

t.test('what leaves the vault before it was wanted is forgotten', async (t) => {
  const fixture = await createVault(t, ', keep: { last: 3 }');
  await fixture.pass();
  await fixture.s3().send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key(9) }));
  await fixture.pass();
  t.strictSame(fixture.catalog.archives.ofKey(VAULT, key(9)), []);
  t.strictSame(statesOf(fixture), { stored: 3, unwanted: 6 });
});

t.test('what is pinned and leaves the vault before it was downloaded is told, and ends no pass', async (t) => {
  const fixture = await createVault(t, ', keep: { last: 3 }');
  await fixture.pass();
  const [row] = fixture.catalog.archives.ofKey(VAULT, key(9));
  fixture.catalog.pins.pin({ archiveId: row?.id ?? 0, pinnedAtMs: 1, reason: 'the books', expiresAtMs: null });
  await fixture.s3().send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key(9) }));
  t.match(await fixture.pass(), { stopped: null, vaults: [{ problem: { code: 'VAULT_LISTING_SHRUNK' } }] });
  t.match(fixture.catalog.archives.byId(row?.id ?? 0), { state: 'unavailable', reason: /pinned, and left the vault/ });
  t.match(await fixture.pass(), { stopped: null, vaults: [{ problem: null, failures: [] }] });
});

function wantedLike(name: string, lastModifiedMs: number) {
  const listed = { key: name, versionId: null, etag: name, sizeBytes: 1, lastModifiedMs, storageClass: null };
  return { listed, series: 'files', state: 'wanted' as const, reason: null, conflict: false };
}
