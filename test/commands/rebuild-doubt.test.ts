import { readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import t, { type Test } from 'tap';
import { beginRebuild } from '../../src/jobs/rebuild-catalog.ts';
import { attachStore } from '../../src/store/attached-store.ts';
import { catalogCopyPath } from '../../src/store/catalog-copy.ts';
import { readMarker } from '../../src/store/marker.ts';
import { runIn } from '../recovery/run-here.ts';
import { type CommandFixture, createCommandFixture, parseOutput } from '../support/command-fixture.ts';
import { makeUncopyable } from '../support/make-uncopyable.ts';
import { startVaultServer } from '../support/vault-server.ts';

const server = await startVaultServer(t);

const run = (fixture: Pick<CommandFixture, 'configFile'>, ...args: string[]) => runIn(fixture, args);

let buckets = 0;
const KEYS = ['web1/2026-11-01.tar.gz.gpg', 'web1/2026-11-02.tar.gz.gpg', 'web1/2026-11-03.tar.gz.gpg'] as const;
const [KEY] = KEYS;

async function filled(t: Test): Promise<CommandFixture & { bucket: string }> {
  const bucket = `doubt-bucket-${buckets++}`;
  server.addBucket(bucket, {});
  server.seed(
    bucket,
    KEYS.map((key, n) => ({ key, body: Buffer.from(`archive ${n}`), lastModifiedMs: Date.UTC(2026, 10, n + 1, 3) })),
  );
  const fixture = createCommandFixture({ endpoint: server.url });
  t.teardown(() => fixture.remove());
  const text = readFileSync(fixture.configFile, 'utf8');
  writeFileSync(fixture.configFile, text.replace('bucket: vault-bucket', `bucket: ${bucket}`));
  const { status, text: said } = await run(fixture, 'sync');
  if (status !== 0) throw new Error(said);
  return { ...fixture, bucket };
}

const rowOf = (fixture: CommandFixture, key: string = KEY) =>
  fixture.edit((catalog) => catalog.archives.ofKey('web', key)[0]);
const sumsOf = ({ storeDir }: CommandFixture): string => join(storeDir, 'web/SHA256SUMS');

/** As a disk does, below SQLite: no trigger sees it, and the catalog is whole. Answers the SHA-256 that was there. */
function flip(fixture: CommandFixture): string {
  const right = rowOf(fixture)?.sha256 ?? '';
  const db = new Database(join(fixture.storeDir, '.pullmirror/catalog.db'));
  const { sql } = db.prepare("SELECT sql FROM sqlite_schema WHERE name = 'archives_keep_proof'").get() as {
    sql: string;
  };
  db.exec('DROP TRIGGER archives_keep_proof');
  db.prepare('UPDATE archives SET sha256 = ? WHERE key = ?').run(flipped(right), KEY);
  db.exec(sql);
  db.close();
  return right;
}

/** The same with one bit of its first digit changed. */
const flipped = (sha256: string): string => (Number.parseInt(sha256.charAt(0), 16) ^ 1).toString(16) + sha256.slice(1);

for (const isGone of [false, true]) {
  t.test(`a bit of a row flipped${isGone ? ', of an archive that the vault has lost' : ''}`, async (t) => {
    const fixture = await filled(t);
    const right = flip(fixture);
    if (isGone) server.remove(fixture.bucket, KEY);
    t.equal((await run(fixture, 'verify')).status, 3);
    // Its pass copies the catalog as it is.
    await run(fixture, 'sync', '--full');
    const rebuilt = await run(fixture, 'rebuild', '--force', '--json');
    t.equal(rebuilt.status, 0, rebuilt.text);
    t.match(parseOutput('rebuild', rebuilt.stdout).adoption, {
      from: 'itself',
      disagreeing: [],
      corrected: [`web/${KEY}`],
    });
    t.match(rowOf(fixture), { sha256: right, damagedAtMs: null, state: 'stored' });
    t.match(readFileSync(sumsOf(fixture), 'utf8'), right);
    t.match(
      fixture.edit((catalog) => catalog.history.newest({ event: 'catalog.row-corrected' }, 9)),
      [{ actor: 'rebuild', key: KEY, detail: { sha256: right, wrongSha256: flipped(right) } }],
    );
    t.equal((await run(fixture, 'verify')).status, 0);
  });
}

t.test('what SHA256SUMS calls right is not given up', async (t) => {
  const fixture = await filled(t);
  flip(fixture);
  server.remove(fixture.bucket, KEY);
  await run(fixture, 'verify');
  await run(fixture, 'sync', '--full');
  t.match(rowOf(fixture), { damagedAtMs: Number, goneAtMs: Number });
  const refused = await run(fixture, 'resolve', KEY, '--drop');
  t.match(refused, { status: 78, stderr: /its file is what SHA256SUMS says.*rebuild --force/s });
  t.match(rowOf(fixture), { state: 'stored' });
  t.equal(readFileSync(join(fixture.storeDir, 'web', KEY), 'utf8'), 'archive 0');
});

t.test('a bit of SHA256SUMS flipped: the catalog stays as it is', async (t) => {
  const fixture = await filled(t);
  const right = rowOf(fixture)?.sha256 ?? '';
  writeFileSync(sumsOf(fixture), readFileSync(sumsOf(fixture), 'utf8').replace(right, flipped(right)));
  const rebuilt = await run(fixture, 'rebuild', '--force', '--json');
  t.equal(rebuilt.status, 0, rebuilt.text);
  t.match(parseOutput('rebuild', rebuilt.stdout).adoption, { disagreeing: [], corrected: [] });
  t.match(readFileSync(sumsOf(fixture), 'utf8'), right);
  t.equal((await run(fixture, 'verify')).status, 0);
});

t.test('a row and its file are both wrong: nothing is called good', async (t) => {
  const fixture = await filled(t);
  flip(fixture);
  await run(fixture, 'verify');
  await run(fixture, 'sync', '--full');
  const file = join(fixture.storeDir, 'web', KEY);
  rmSync(file);
  writeFileSync(file, 'ARCHIVE 0');
  const rebuilt = await run(fixture, 'rebuild', '--force');
  t.equal(rebuilt.status, 3, rebuilt.text);
  t.match(rebuilt.stdout, /does NOT agree/);
  t.notMatch(rebuilt.stdout, /agrees with the disk/);
});

t.test('while a vault is away nothing is written again and again, and it is looked for once a day', async (t) => {
  const fixture = await filled(t);
  const { storeDir, stateDir, configFile } = fixture;
  const here = readFileSync(configFile, 'utf8');
  writeFileSync(configFile, here.replace(server.url, 'http://127.0.0.1:9'));
  rmSync(join(storeDir, '.pullmirror/catalog.db'));
  await run(fixture, 'rebuild');
  const lists = [sumsOf(fixture), join(storeDir, 'index.html')];
  const copy = catalogCopyPath(stateDir, readMarker(storeDir).storeId);
  // Each of them is replaced by another file when it is written.
  const files = (paths: readonly string[]) => paths.map((path) => [statSync(path).ino, statSync(path).mtimeMs]);
  const adoption = async () => parseOutput('sync', (await run(fixture, 'sync', '--json')).stdout).adoption;
  const before = files(lists);
  await run(fixture, 'rebuild');
  t.strictSame(files(lists), before);
  t.equal(await adoption(), null, 'it has just been tried');
  const settled = files([...lists, copy]);
  t.equal(await adoption(), null);
  t.strictSame(files([...lists, copy]), settled);
  fixture.edit((catalog) => catalog.setFact('adoption_tried', '1'));
  t.match(await adoption(), { finished: false }, 'a day later');
  t.equal(await adoption(), null);
  t.strictSame(files(lists.slice(0, 1)), before.slice(0, 1));
  writeFileSync(configFile, here);
  const tried = fixture.edit((catalog) => {
    const fact = catalog.fact('adoption_tried') ?? '';
    catalog.setFact('adoption_tried', `${Date.now()}`);
    return fact;
  });
  t.equal(await adoption(), null, 'an archive of a vault that answers waits for its day');
  fixture.edit((catalog) => catalog.setFact('adoption_tried', tried));
  t.match(await adoption(), { finished: true }, 'as soon as the vault is back');
});

t.test('a file that was touched is not the newest of its series, and nothing is fresh by it', async (t) => {
  const fixture = await filled(t);
  const copy = catalogCopyPath(fixture.stateDir, readMarker(fixture.storeDir).storeId);
  for (const file of [copy, join(fixture.storeDir, '.pullmirror/catalog.db')]) rmSync(file);
  for (const key of KEYS) server.remove(fixture.bucket, key);
  const now = new Date();
  utimesSync(join(fixture.storeDir, 'web', KEY), now, now);
  const rebuilt = await run(fixture, 'rebuild');
  t.equal(rebuilt.status, 3, rebuilt.text);
  t.match(rowOf(fixture), { state: 'stored', proof: 'own-sums', lastModifiedMs: Date.UTC(2026, 10, 1, 23) - 1 });
  t.match(rowOf(fixture, KEYS[2]), { lastModifiedMs: Date.UTC(2026, 10, 3, 3) });
  fixture.edit((catalog) => {
    t.equal(catalog.newest.stored({}, 1)[0]?.key, KEYS[2]);
    t.match(catalog.counts.summary(), [{ stored: 3, newestSoundMs: null }]);
  });
});

t.test(
  'a SHA256SUMS that the disk does not give back is put aside, and nobody can say whether the copy is older',
  async (t) => {
    const fixture = await filled(t);
    const before = readFileSync(sumsOf(fixture), 'utf8');
    rmSync(join(fixture.storeDir, '.pullmirror/catalog.db'));
    t.teardown(makeUncopyable('web/SHA256SUMS'));
    const rebuilt = await run(fixture, 'rebuild', '--json');
    t.equal(rebuilt.status, 3, rebuilt.text);
    const { unreadableLists, adoption } = parseOutput('rebuild', rebuilt.stdout);
    t.strictSame(unreadableLists, ['web']);
    t.match(adoption, { from: 'copy', frozen: ['files'] });
    t.strictSame(readdirSync(adoption?.aside ?? ''), ['web.SHA256SUMS.unreadable']);
    t.strictSame(readFileSync(sumsOf(fixture), 'utf8').split('\n').sort(), before.split('\n').sort());
  },
);

t.test('a SHA256SUMS that is missing says nothing of how old the copy is', async (t) => {
  const fixture = await filled(t);
  rmSync(join(fixture.storeDir, '.pullmirror/catalog.db'));
  rmSync(sumsOf(fixture));
  const rebuilt = await run(fixture, 'rebuild', '--json');
  t.equal(rebuilt.status, 3, rebuilt.text);
  t.match(parseOutput('rebuild', rebuilt.stdout), { adoption: { from: 'copy', frozen: ['files'] } });
});

t.test(
  'a copy that a later release wrote is no damaged one: nothing is begun without it, but on the owner’s word',
  async (t) => {
    const fixture = await filled(t);
    const copy = catalogCopyPath(fixture.stateDir, readMarker(fixture.storeDir).storeId);
    const db = new Database(copy);
    db.pragma('user_version = 99');
    db.close();
    const catalog = join(fixture.storeDir, '.pullmirror/catalog.db');
    rmSync(catalog);
    const before = readFileSync(copy);
    const inStore = readdirSync(join(fixture.storeDir, '.pullmirror'));
    const error = { code: 'CATALOG_NEWER', message: new RegExp(`${copy} has schema 99`), hint: /Install that release/ };
    const refused = await run(fixture, 'rebuild', '--json');
    t.equal(refused.status, 78);
    t.match(parseOutput('error', refused.stdout).error, error);
    t.strictSame(readdirSync(join(fixture.storeDir, '.pullmirror')), inStore, 'nothing was changed');
    const marker = readFileSync(join(fixture.storeDir, '.pullmirror/store.json'));
    rmSync(join(fixture.storeDir, '.pullmirror/store.json'));
    const adopt = await run(fixture, 'adopt', fixture.storeDir, '--not-a-mount', '--json');
    t.match(parseOutput('error', adopt.stdout).error, error, 'adopt neither');
    writeFileSync(join(fixture.storeDir, '.pullmirror/store.json'), marker);
    t.ok(readFileSync(copy).equals(before));

    const forced = await run(fixture, 'rebuild', '--force');
    t.match(forced.stdout, `Its copy cannot be used: ${copy} has schema 99`);
    t.match(forced.stdout, /LOST with it are/);
  },
);

t.test('a rebuild that fails leaves nothing behind', async (t) => {
  const fixture = await filled(t);
  const { storeDir, stateDir, configFile } = fixture;
  const privateDir = join(storeDir, '.pullmirror');
  rmSync(join(privateDir, 'catalog.db'));
  const before = readdirSync(privateDir);
  const mend = makeUncopyable('web/SHA256SUMS', 'ENOSPC');
  const full = await run(fixture, 'rebuild');
  mend();
  t.match(full, { status: 75, stderr: /ENOSPC/ });
  t.strictSame(readdirSync(privateDir), before);
  rmSync(catalogCopyPath(stateDir, readMarker(storeDir).storeId));
  writeFileSync(configFile, readFileSync(configFile, 'utf8').replace(server.url, 'http://127.0.0.1:9'));
  t.equal((await run(fixture, 'rebuild')).status, 75);
  t.strictSame(readdirSync(privateDir), before);
});

t.test('nothing is written to a store that goes away while the vault is asked', async (t) => {
  const { storeDir, stateDir, edit } = await filled(t);
  const privateDir = join(storeDir, '.pullmirror');
  edit(() => undefined);
  for (const path of [catalogCopyPath(stateDir, readMarker(storeDir).storeId), join(privateDir, 'catalog.db')])
    rmSync(path);
  const store = attachStore({ path: storeDir, expectedStoreId: null, mode: 'write' });
  const before = readdirSync(privateDir).filter((name) => name !== 'store.json');
  // What is mounted there now is not this store.
  const requireVaults = async () => rmSync(join(privateDir, 'store.json'));
  const announce = () => t.fail('nothing is begun');
  await t.rejects(beginRebuild({ store, stateDir, force: false, nowMs: 0, requireVaults, announce }), {
    code: /^STORE_/,
  });
  t.strictSame(readdirSync(privateDir), before);
});
