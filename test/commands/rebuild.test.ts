import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { catalogCopyPath } from '../../src/store/catalog-copy.ts';
import { readMarker } from '../../src/store/marker.ts';
import { readPinsLoss } from '../../src/store/pins-loss.ts';
import { runIn } from '../recovery/run-here.ts';
import { type CommandFixture, createCommandFixture, parseOutput } from '../support/command-fixture.ts';
import { startVaultServer } from '../support/vault-server.ts';

const server = await startVaultServer(t);

let buckets = 0;
const KEYS = Array.from({ length: 12 }, (_, n) => `web1/2026-11-${String(n + 1).padStart(2, '0')}.tar.gz.gpg`);
const at = (n: number): number => Date.UTC(2026, 10, n + 1, 3);

/** A vault with twelve archives, and a store that holds them all. */
async function filled(t: Test): Promise<CommandFixture & { bucket: string; sync(): Promise<void> }> {
  const bucket = `rebuild-bucket-${buckets++}`;
  server.addBucket(bucket, {});
  server.seed(
    bucket,
    KEYS.map((key, n) => ({ key, body: Buffer.from(`archive ${n}`), lastModifiedMs: at(n) })),
  );
  const fixture = createCommandFixture({ endpoint: server.url });
  t.teardown(() => fixture.remove());
  const text = readFileSync(fixture.configFile, 'utf8');
  writeFileSync(fixture.configFile, text.replace('bucket: vault-bucket', `bucket: ${bucket}`));
  const sync = async (): Promise<void> => {
    const result = await runIn(fixture, ['sync']);
    if (result.status !== 0) throw new Error(`sync: ${result.stdout}${result.stderr}`);
  };
  await sync();
  return { ...fixture, bucket, sync };
}

const catalogOf = ({ storeDir }: CommandFixture): string => join(storeDir, '.pullmirror/catalog.db');
const copyOf = ({ storeDir, stateDir }: CommandFixture): string =>
  catalogCopyPath(stateDir, readMarker(storeDir).storeId);
const unreachable = (fixture: CommandFixture): void => {
  writeFileSync(fixture.configFile, readFileSync(fixture.configFile, 'utf8').replace(server.url, 'http://127.0.0.1:9'));
};

async function rebuild(t: Test, fixture: CommandFixture, status = 0) {
  const result = await runIn(fixture, ['rebuild', '--json']);
  t.equal(result.status, status, result.stderr + result.stdout);
  return parseOutput('rebuild', result.stdout);
}

/** Everything is in the catalog, nothing is to be fetched, every file is right. */
async function isWhole(t: Test, fixture: CommandFixture, archives = KEYS.length): Promise<void> {
  const sync = await runIn(fixture, ['sync', '--full', '--json']);
  const { vaults } = parseOutput('sync', sync.stdout);
  t.match(vaults, [{ downloaded: 0, adopted: 0, failures: [], problem: null }]);
  const verify = await runIn(fixture, ['verify', '--json']);
  t.match(parseOutput('verify', verify.stdout), { checked: archives, damaged: [], unknownFiles: { count: 0 } });
}

t.test('a whole catalog is left alone', async (t) => {
  const fixture = await filled(t);
  const before = readFileSync(catalogOf(fixture));
  t.match(await rebuild(t, fixture), { result: 'whole', adoption: null });
  t.ok(readFileSync(catalogOf(fixture)).equals(before));
});

t.test('a lost catalog comes back from its copy, without the vault, pins and history with it', async (t) => {
  const fixture = await filled(t);
  const pinned = fixture.edit((catalog) => {
    const [row] = catalog.archives.ofKey('web', KEYS[3] ?? '');
    catalog.pins.pin({ archiveId: row?.id ?? 0, pinnedAtMs: 1, reason: 'the one', expiresAtMs: null });
    rmSync(copyOf(fixture));
    catalog.copyTo(copyOf(fixture));
    return row?.id;
  });
  rmSync(catalogOf(fixture));
  unreachable(fixture);
  const { result, adoption } = await rebuild(t, fixture, 75);
  t.equal(result, 'unfinished');
  t.match(adoption, { from: 'copy', damaged: { count: 0 }, vaults: [{ problem: { code: 'VAULT_UNREACHABLE' } }] });
  fixture.edit((catalog) => {
    t.match(catalog.pins.all(), [{ archiveId: pinned, reason: 'the one' }]);
    t.ok(catalog.history.newest({ event: 'archive.stored' }, 100).length >= KEYS.length);
  });
  t.equal((await runIn(fixture, ['list'])).stdout.match(/gpg/g)?.length, KEYS.length);
});

t.test('what came after the copy is recognised, what is missing is noticed and fetched again', async (t) => {
  const fixture = await filled(t);
  copyFileSync(copyOf(fixture), join(fixture.dir, 'older'));
  server.seed(fixture.bucket, [
    { key: 'web1/2026-11-20.tar.gz.gpg', body: Buffer.from('later'), lastModifiedMs: at(19) },
  ]);
  await fixture.sync();
  copyFileSync(join(fixture.dir, 'older'), copyOf(fixture));
  truncateSync(catalogOf(fixture), 5000);
  rmSync(join(fixture.storeDir, 'web', KEYS[0] ?? ''), { force: true });
  const { adoption, why } = await rebuild(t, fixture, 3);
  t.match(why, /damaged|malformed/);
  t.match(adoption, {
    from: 'copy',
    finished: true,
    damaged: { count: 1, names: [`web/${KEYS[0]}`] },
    vaults: [{ adopted: 1 }],
  });
  t.ok(existsSync(join(adoption?.aside ?? '', 'catalog.db')), 'the damaged one is evidence');
  fixture.edit((catalog) => t.not(catalog.archives.ofKey('web', KEYS[0] ?? '')[0]?.damagedAtMs, null));
});

t.test('without a copy the vault proves the files, and SHA256SUMS vouches for what the vault has lost', async (t) => {
  const fixture = await filled(t);
  const files = readdirSync(join(fixture.storeDir, 'web/web1')).sort();
  rmSync(copyOf(fixture));
  rmSync(catalogOf(fixture));
  writeFileSync(join(fixture.storeDir, 'web/web1/stranger'), 'put here by hand');
  const lost = KEYS.slice(0, 2);
  for (const key of lost) server.remove(fixture.bucket, key);
  unreachable(fixture);
  const away = await runIn(fixture, ['rebuild', '--json']);
  t.equal(away.status, 75);
  t.match(parseOutput('error', away.stdout).error.hint, /restore\.sh/);
  t.notOk(existsSync(catalogOf(fixture)), 'nothing was changed');
  writeFileSync(fixture.configFile, readFileSync(fixture.configFile, 'utf8').replace('http://127.0.0.1:9', server.url));

  const { adoption } = await rebuild(t, fixture, 3);
  t.match(adoption, {
    from: 'nothing',
    finished: true,
    vaults: [{ listed: 10, adopted: 10, orphans: 2, lacking: 0, problem: null }],
    left: { count: 1, names: ['web/web1/stranger'] },
    disagreeing: [],
  });
  t.strictSame(
    readdirSync(join(fixture.storeDir, 'web/web1')).sort(),
    [...files, 'stranger'].sort(),
    'no file was touched',
  );
  rmSync(join(fixture.storeDir, 'web/web1/stranger'));
  await isWhole(t, fixture);
  fixture.edit((catalog) => {
    const [row] = catalog.archives.ofKey('web', lost[0] ?? '');
    t.match(row, { state: 'stored', proof: 'own-sums', lastModifiedMs: at(0) });
    const frozen = { series: 'files', cause: 'rebuilt', reason: /made anew/, throughId: catalog.freezes.newestId() };
    t.match(catalog.freezes.open(), [frozen], 'nothing is removed after pins and freezes that are lost');
    t.match(readPinsLoss(catalog), { reason: /made anew/, throughId: frozen.throughId });
    t.not(row?.goneAtMs, null);
  });
  // It comes back: recognised, not a conflict, not fetched.
  server.seed(
    fixture.bucket,
    lost.map((key, n) => ({ key, body: Buffer.from(`archive ${n}`), lastModifiedMs: at(n) })),
  );
  await isWhole(t, fixture);
  fixture.edit((catalog) => {
    const rows = catalog.archives.ofKey('web', lost[0] ?? '');
    t.match(rows, [{ state: 'stored', goneAtMs: null, conflictAtMs: null }]);
    t.match(rows[0]?.etag, /^[0-9a-f]{32}$/);
  });
});

t.test('it says that freezes are lost, and how the rules work again', async (t) => {
  const fixture = await filled(t);
  for (const file of [copyOf(fixture), catalogOf(fixture)]) rmSync(file);
  const rebuilt = await runIn(fixture, ['rebuild']);
  t.equal(rebuilt.status, 3, 'what is lost is the owner’s to make good');
  t.match(rebuilt.stdout, /- freezes: every series is frozen instead.*`pullmirror release NAME --cause rebuilt`/);
  const status = await runIn(fixture, ['status']);
  t.equal(status.status, 3);
  t.match(status.stdout, /^[^\n]*1 frozen/, 'in the first sentence');
  t.match(status.stdout, /Pin again what must stay.*`pullmirror release files --cause rebuilt`/);
  t.equal((await runIn(fixture, ['freeze', 'files', '--reason', 'mine'])).status, 0);
  await runIn(fixture, ['sync']);
  t.match(
    (await runIn(fixture, ['release'])).stdout,
    /rebuilt, since .*made anew without a copy.*owner, since .*mine/s,
  );
  t.equal((await runIn(fixture, ['release', 'files', '--cause', 'rebuilt'])).status, 0);
  await fixture.sync();
  t.notMatch((await runIn(fixture, ['status'])).stdout, /^[^\n]*frozen/, 'the owner’s own waits for nobody');
  t.equal((await runIn(fixture, ['release', 'files'])).status, 0);
  t.match((await runIn(fixture, ['release'])).stdout, /Nothing is frozen/);
});

t.test('from a good copy it does not read like a loss', async (t) => {
  const fixture = await filled(t);
  const text = readFileSync(fixture.configFile, 'utf8');
  writeFileSync(fixture.configFile, text.replace(/(name: files.*) \}$/m, '$1, keep: { last: 4 } }'));
  const old = [1, 2, 3].map((n) => ({ key: `web1/2026-10-0${n}.tar.gz.gpg`, body: Buffer.from(`old ${n}`) }));
  server.seed(
    fixture.bucket,
    old.map((one, n) => ({ ...one, lastModifiedMs: Date.UTC(2026, 9, n + 1, 3) })),
  );
  await fixture.sync();
  rmSync(catalogOf(fixture));
  const told = await runIn(fixture, ['rebuild']);
  t.match(told.stdout, 'web: 15 listed, 12 known from the copy, 3 not wanted by the keep rules and not here\n');

  truncateSync(catalogOf(fixture), 5000);
  const { adoption } = await rebuild(t, fixture);
  t.match(adoption?.vaults, [{ known: 12, adopted: 0, lacking: 3, unwanted: 3 }]);
});

t.test('a file that rotted is no archive, whatever its name', async (t) => {
  const fixture = await filled(t);
  rmSync(copyOf(fixture));
  writeFileSync(catalogOf(fixture), 'no database at all');
  const [inVault = '', lost = ''] = KEYS;
  server.remove(fixture.bucket, lost);
  for (const key of [inVault, lost]) {
    const file = join(fixture.storeDir, 'web', key);
    const bytes = readFileSync(file);
    bytes[0] = 0;
    rmSync(file);
    writeFileSync(file, bytes);
    utimesSync(file, at(0) / 1000, at(0) / 1000);
  }
  const { adoption } = await rebuild(t, fixture, 3);
  t.match(adoption, { vaults: [{ adopted: 10, orphans: 0, lacking: 1 }], left: { count: 2 } });
  t.match(readdirSync(adoption?.aside ?? '').sort(), ['catalog.db', 'web.SHA256SUMS']);
});
