import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { loadConfig } from '../../src/commands/open-mirror.ts';
import { AppError } from '../../src/core/errors.ts';
import { adoptFiles } from '../../src/jobs/adopt-files.ts';
import { silentByteProgress } from '../../src/jobs/byte-progress.ts';
import { beginRebuild } from '../../src/jobs/rebuild-catalog.ts';
import { attachStore } from '../../src/store/attached-store.ts';
import { catalogCopyPath } from '../../src/store/catalog-copy.ts';
import { noteCopyProblem } from '../../src/store/copy-problem.ts';
import { readMarker } from '../../src/store/marker.ts';
import { openStoreForWriting } from '../../src/store/open-store.ts';
import { acquireStoreLock } from '../../src/store/store-lock.ts';
import { runIn } from '../recovery/run-here.ts';
import { type CommandFixture, createCommandFixture, parseOutput } from '../support/command-fixture.ts';
import { makeUnrenamable } from '../support/make-unrenamable.ts';
import { impatientClock } from '../support/mirror-fixture.ts';
import { startVaultServer } from '../support/vault-server.ts';

const server = await startVaultServer(t);

let buckets = 0;
const KEYS = ['web1/2026-11-01.tar.gz.gpg', 'web1/2026-11-02.tar.gz.gpg'] as const;
const upload = (bucket: string, ...keys: readonly string[]): void =>
  server.seed(
    bucket,
    keys.map((key) => ({ key, body: `content of ${key}`, lastModifiedMs: Date.UTC(2026, 10, 3) })),
  );

async function filled(t: Test): Promise<CommandFixture & { bucket: string; copy: string; catalogFile: string }> {
  const bucket = `whole-bucket-${buckets++}`;
  server.addBucket(bucket, {});
  upload(bucket, ...KEYS);
  const fixture = createCommandFixture({ endpoint: server.url });
  t.teardown(() => fixture.remove());
  const text = readFileSync(fixture.configFile, 'utf8');
  writeFileSync(fixture.configFile, text.replace('bucket: vault-bucket', `bucket: ${bucket}`));
  await run(t, fixture, 'sync');
  const copy = catalogCopyPath(fixture.stateDir, readMarker(fixture.storeDir).storeId);
  return { ...fixture, bucket, copy, catalogFile: join(fixture.storeDir, '.pullmirror/catalog.db') };
}

async function run(t: Test, fixture: CommandFixture, ...args: string[]) {
  const result = await runIn(fixture, args);
  t.equal(result.status, 0, result.text);
  return result;
}

const pinsOf = (fixture: CommandFixture): string[] =>
  fixture.edit((catalog) => catalog.pins.all().map(({ reason }) => reason));
const eventsOf = (fixture: CommandFixture): number =>
  fixture.edit((catalog) => catalog.history.newest({}, 1000).length);

t.test('without a copy, as on a new card, a whole catalog is made anew from itself', async (t) => {
  const fixture = await filled(t);
  await run(t, fixture, 'pin', KEYS[0], '--reason', 'the one');
  rmSync(fixture.copy);
  const events = eventsOf(fixture);
  const said = await run(t, fixture, 'rebuild', '--force');
  t.match(said.stdout, /made anew on your word\.\nNothing that it knows is lost/);
  t.notMatch(said.stdout, /LOST/);
  t.strictSame(pinsOf(fixture), ['the one']);
  t.equal(eventsOf(fixture), events + 1);
  fixture.edit((catalog) => t.strictSame(catalog.freezes.open(), []));
  t.ok(existsSync(fixture.copy));
  const again = await run(t, fixture, 'rebuild', '--force', '--json');
  t.match(parseOutput('rebuild', again.stdout), { badCopy: null, adoption: { from: 'itself', frozen: [] } });
});

t.test(
  'a copy that is damaged, or older, or of another history does not take the place of a whole catalog',
  async (t) => {
    const fixture = await filled(t);
    const { copy, catalogFile } = fixture;
    const older = join(fixture.dir, 'older');
    copyFileSync(copy, older);
    await run(t, fixture, 'pin', KEYS[0], '--reason', 'the one');
    copyFileSync(older, copy);
    const fromOlder = await run(t, fixture, 'rebuild', '--force', '--json');
    t.match(parseOutput('rebuild', fromOlder.stdout), { badCopy: null, adoption: { from: 'itself' } });
    t.strictSame(pinsOf(fixture), ['the one']);

    writeFileSync(copy, 'broken');
    const fromBroken = parseOutput('rebuild', (await run(t, fixture, 'rebuild', '--force', '--json')).stdout);
    t.match(fromBroken, { badCopy: /\.damaged-/, adoption: { from: 'itself' } });
    t.equal(readFileSync(fromBroken.badCopy ?? '', 'utf8'), 'broken', 'it is kept');
    t.strictSame(pinsOf(fixture), ['the one']);

    // What another machine has written since the older copy, and this one has not.
    const current = join(fixture.dir, 'current');
    copyFileSync(catalogFile, current);
    copyFileSync(older, catalogFile);
    await run(t, fixture, 'pin', KEYS[1], '--reason', 'of the other one');
    copyFileSync(current, catalogFile);
    const fromOther = parseOutput('rebuild', (await run(t, fixture, 'rebuild', '--force', '--json')).stdout);
    t.match(fromOther, { badCopy: /\.damaged-/, adoption: { from: 'itself' } });
    t.strictSame(pinsOf(fixture), ['the one']);
  },
);

t.test('a copy that has all of the catalog and more does', async (t) => {
  const fixture = await filled(t);
  const earlier = join(fixture.dir, 'earlier');
  copyFileSync(fixture.catalogFile, earlier);
  await run(t, fixture, 'pin', KEYS[0], '--reason', 'the one');
  for (const name of ['-wal', '-shm']) rmSync(`${fixture.catalogFile}${name}`, { force: true });
  copyFileSync(earlier, fixture.catalogFile);
  t.strictSame(pinsOf(fixture), []);
  const said = await run(t, fixture, 'rebuild', '--force', '--json');
  t.match(parseOutput('rebuild', said.stdout), { adoption: { from: 'copy', frozen: [] } });
  t.strictSame(pinsOf(fixture), ['the one']);
});

t.test('what is lost is said before it is', async (t) => {
  const fixture = await filled(t);
  for (const file of [fixture.copy, fixture.catalogFile]) rmSync(file);
  const before = readdirSync(join(fixture.storeDir, '.pullmirror')).sort();
  const store = attachStore({ path: fixture.storeDir, expectedStoreId: null, mode: 'write' });
  const lock = acquireStoreLock(store.root);
  const said: unknown[] = [];
  const { stateDir } = fixture;
  const request = { store, stateDir, force: true, nowMs: Date.now(), requireVaults: async () => undefined };
  await beginRebuild({
    ...request,
    announce: ({ from }, why) => {
      const staged = ['catalog.db.new', 'catalog.db.new-wal', 'catalog.db.new-shm'];
      const there = readdirSync(join(fixture.storeDir, '.pullmirror')).filter((name) => !staged.includes(name));
      said.push(from, why, there.sort());
    },
  });
  lock.release();
  t.match(said, ['nothing', /is missing/, before]);
});

/** The catalog is lost, and of its copy an older one is left, which does not know all files. */
async function leftBehind(t: Test) {
  const fixture = await filled(t);
  const older = join(fixture.dir, 'older');
  copyFileSync(fixture.copy, older);
  upload(fixture.bucket, 'web1/2026-11-03.tar.gz.gpg');
  await run(t, fixture, 'sync');
  copyFileSync(older, fixture.copy);
  rmSync(fixture.catalogFile);
  return fixture;
}

t.test('a copy that is older than the disk has lost pins, and every series is frozen', async (t) => {
  const fixture = await leftBehind(t);
  const rebuilt = await runIn(fixture, ['rebuild']);
  t.equal(rebuilt.status, 3, rebuilt.text);
  t.match(rebuilt.stdout, /older than what is on the disk: pins and freezes made since then are LOST/);
  fixture.edit((catalog) => {
    const throughId = catalog.freezes.newestId();
    t.match(catalog.freezes.open(), [
      { series: 'files', cause: 'rebuilt', reason: /older than what is on/, throughId },
    ]);
  });
});

t.test('and they are frozen before anything else is done, which may take long and be interrupted', async (t) => {
  const fixture = await leftBehind(t);
  const { stateDir, storeDir } = fixture;
  const store = attachStore({ path: storeDir, expectedStoreId: null, mode: 'write' });
  const lock = acquireStoreLock(store.root);
  const requireVaults = async () => undefined;
  const announce = () => undefined;
  await beginRebuild({ store, stateDir, force: false, nowMs: Date.now(), requireVaults, announce });
  lock.release();
  const opened = openStoreForWriting({ path: storeDir, expectedStoreId: null, nowMs: Date.now() });
  const adopted = await adoptFiles({
    ...opened,
    config: loadConfig(fixture.configFile),
    readers: new Map(),
    clock: impatientClock,
    random: Math.random,
    signal: AbortSignal.abort(new AppError('INTERRUPTED', 'by the test')),
    progress: silentByteProgress,
  });
  t.match(adopted, { stopped: { code: 'INTERRUPTED' }, finished: false, frozen: ['files'] });
  opened.close();
});

t.test('a copy that is known to be older than the catalog has lost pins, also where it knows every file', async (t) => {
  const fixture = await filled(t);
  const older = join(fixture.dir, 'older');
  copyFileSync(fixture.copy, older);
  await run(t, fixture, 'pin', KEYS[0], '--reason', 'the one');
  copyFileSync(older, fixture.copy);
  // As `pin` leaves them where the card is full.
  noteCopyProblem(fixture.copy, new AppError('STATE_UNUSABLE', 'the card is full'));
  rmSync(fixture.catalogFile);
  const rebuilt = await runIn(fixture, ['rebuild']);
  t.equal(rebuilt.status, 3, rebuilt.text);
  t.match(rebuilt.stdout, /pins and freezes made since then are LOST/);
  fixture.edit((catalog) => {
    t.match(catalog.freezes.open(), [{ series: 'files', cause: 'rebuilt', reason: /older than the catalog was/ }]);
  });
  t.match(await runIn(fixture, ['release', 'files', '--cause', 'rebuilt', '--reason', 'looked at']), { status: 0 });
  t.match(await runIn(fixture, ['rebuild', '--force']), { status: 0 }, 'the copy is as new as the catalog again');
});

/** What the owner pinned, and a copy of the catalog that cannot be used: only the catalog itself knows of it. */
async function pinnedWithoutCopy(t: Test) {
  const fixture = await filled(t);
  await run(t, fixture, 'pin', KEYS[0], '--reason', 'the one');
  writeFileSync(fixture.copy, 'broken');
  return fixture;
}

t.test('the disk fails when the new catalog is to take the place: the next rebuild goes on with it', async (t) => {
  const fixture = await pinnedWithoutCopy(t);
  const mend = makeUnrenamable('catalog.db.ready');
  const failed = await runIn(fixture, ['rebuild', '--force']);
  mend();
  t.match(failed, { status: 75, stderr: /EIO/ });
  t.notOk(existsSync(fixture.catalogFile));
  const next = parseOutput('rebuild', (await run(t, fixture, 'rebuild', '--json')).stdout);
  t.match(next, { result: 'rebuilt', adoption: { from: 'itself', frozen: [] } });
  t.strictSame(pinsOf(fixture), ['the one']);
});

t.test('so it does where a kill parted the former catalog from its -wal', async (t) => {
  const fixture = await pinnedWithoutCopy(t);
  const { stateDir, storeDir, catalogFile } = fixture;
  const store = attachStore({ path: storeDir, expectedStoreId: null, mode: 'write' });
  const lock = acquireStoreLock(store.root);
  const requireVaults = async () => undefined;
  const announce = () => undefined;
  const nowMs = Date.now();
  const begun = await beginRebuild({ store, stateDir, force: true, nowMs, requireVaults, announce });
  if (begun.kind !== 'begun') throw new Error('it has not begun');
  const [wal, aside] = [`${catalogFile}-wal`, join(storeDir, '.pullmirror', begun.note.aside)];
  renameSync(catalogFile, `${catalogFile}.ready`);
  writeFileSync(wal, 'of the former one');
  const resumed = await beginRebuild({ store, stateDir, force: false, nowMs: nowMs + 5000, requireVaults, announce });
  lock.release();
  t.match(resumed, { kind: 'unfinished', note: begun.note });
  t.notOk(existsSync(wal));
  t.equal(readFileSync(join(aside, 'catalog.db-wal'), 'utf8'), 'of the former one');
  t.strictSame(
    readdirSync(join(storeDir, '.pullmirror')).filter((name) => /^catalog\.db\.(new|ready)/.test(name)),
    [],
  );
  t.strictSame(pinsOf(fixture), ['the one']);
});
