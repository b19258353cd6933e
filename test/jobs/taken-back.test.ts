import t from 'tap';
import { silentProgress } from '../../src/jobs/pass-progress.ts';
import { resolveArchives } from '../../src/jobs/resolve-archives.ts';
import { BUCKET, createMirrorFixture, type MirrorFixture, VAULT } from '../support/mirror-fixture.ts';

const KEYS = ['dropped', 'never-dropped'] as const;

/** A store with one archive, and a vault with two more that cannot be fetched. */
async function withUnavailable(): Promise<MirrorFixture> {
  const fixture = await createMirrorFixture();
  fixture.server.seed(BUCKET, [
    { key: 'here', body: 'here' },
    ...KEYS.map((key) => ({ key, body: key, storageClass: 'GLACIER' as const })),
  ]);
  await fixture.pass();
  return fixture;
}

function decide({ catalog }: MirrorFixture, key: string, verb: 'accept' | 'drop'): void {
  const rows = catalog.archives.ofKey(VAULT, key);
  resolveArchives(catalog, rows, { verb, cause: null }, Date.now());
}

t.test('what left the vault while it was dropped, and is taken back, is no loss that nothing explains', async (t) => {
  const fixture = await withUnavailable();
  t.teardown(() => fixture.close());
  decide(fixture, 'dropped', 'drop');
  fixture.server.remove(BUCKET, 'dropped');
  t.match((await fixture.pass()).vaults[0], { problem: null }, 'nobody misses what was dropped');

  decide(fixture, 'dropped', 'accept');
  const lines: string[] = [];
  const failed = (row: { key: string }, why: string) => lines.push(`${row.key}: ${why}`);
  const report = await fixture.pass({ progress: { ...silentProgress, failed } });
  t.match(report.vaults[0], { problem: null, failures: [] });
  t.match(lines, ['dropped: it is not in the vault any more'], 'he who took it back hears of it');
  t.strictSame(fixture.catalog.archives.ofKey(VAULT, 'dropped'), []);
  const told = fixture.catalog.history.newest({ key: 'dropped', event: 'archive.gone-before-download' }, 10);
  t.match(told, [{ detail: { because: /^it was dropped by the owner, and taken back/ } }]);
});

t.test('what was accepted and never dropped is one', async (t) => {
  const fixture = await withUnavailable();
  t.teardown(() => fixture.close());
  decide(fixture, 'never-dropped', 'accept');
  fixture.server.remove(BUCKET, 'never-dropped');
  t.match((await fixture.pass()).vaults[0], { problem: { code: 'VAULT_LISTING_SHRUNK' } });
});
