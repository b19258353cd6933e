import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { catalogCopyPath } from '../../src/store/catalog-copy.ts';
import { readMarker } from '../../src/store/marker.ts';
import { openStateFile } from '../../src/store/state-file.ts';
import { runIn } from '../recovery/run-here.ts';
import { type CommandFixture, createCommandFixture, parseOutput } from '../support/command-fixture.ts';
import { s3Error } from '../support/fault.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { makeUncopyable } from '../support/make-uncopyable.ts';
import { startVaultServer } from '../support/vault-server.ts';

const server = await startVaultServer(t);

const at = (n: number): number => Date.UTC(2026, 10, n + 1, 3);
const OBJECTS = [
  'web1/a.gpg',
  'web1/b.gpg',
  'deep/er/c.gpg',
  'top.gpg',
  'odd/100%.gpg',
  'README.txt',
  'SHA256SUMS',
].map((key, n) => ({
  key,
  body: Buffer.from(`content of ${key}`),
  lastModifiedMs: at(n),
}));
server.addBucket('vault-bucket', {});
server.seed('vault-bucket', OBJECTS);

function emptied(t: Test): CommandFixture {
  const fixture = createCommandFixture({ endpoint: server.url });
  t.teardown(() => fixture.remove());
  rmSync(fixture.storeDir, { recursive: true });
  mkdirSync(fixture.storeDir);
  return fixture;
}

function put(root: string, path: string, content: string | Buffer): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

async function adopt(t: Test, fixture: CommandFixture, ...more: string[]) {
  const result = await runIn(fixture, ['adopt', fixture.storeDir, '--not-a-mount', '--json', ...more]);
  t.equal(result.status, 0, result.stdout + result.stderr);
  return parseOutput('adopt', result.stdout);
}

const filesOf = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();

t.test(
  'a plain folder: what is proven stays and moves to its place, the rest is left, nothing is fetched',
  async (t) => {
    const fixture = emptied(t);
    const { storeDir } = fixture;
    put(storeDir, 'web1/a.gpg', 'content of web1/a.gpg');
    put(storeDir, 'web/web1/b.gpg', 'content of web1/b.gpg');
    put(storeDir, 'deep/er/c.gpg', 'CONTENT of deep/er/c.gpg');
    put(storeDir, 'web/odd/100%.gpg', 'content of odd/100%.gpg');
    put(storeDir, 'README.txt', 'somebody wrote this');
    put(storeDir, 'web/SHA256SUMS', 'a list of somebody');
    put(storeDir, 'mine/notes.txt', 'not in any vault');
    writeFileSync(join(fixture.dir, 'outside'), 'content of top.gpg');
    symlinkSync(join(fixture.dir, 'outside'), join(storeDir, 'top.gpg'));
    const before = filesOf(storeDir);

    const { preview } = await adopt(t, fixture, '--dry-run');
    t.match(preview, [{ vault: 'web', listed: 7, matching: 3, differing: 1, absent: 3 }]);
    t.strictSame(filesOf(storeDir), before, 'a dry run changes nothing');

    const inWords = await runIn(fixture, ['adopt', storeDir, '--not-a-mount', '--dry-run']);
    t.match(inWords.stdout, /^[^\n]*1 is another file[^\n]*3 are not here\n {2}deep\/er\/c\.gpg\n/);
    t.match(inWords.stdout, /5 files match nothing.*left where they are.* {2}README\.txt\n/s);
    t.notMatch(inWords.stderr, /listed/, 'not told twice');
    t.match(inWords.stdout, /fetches what the keep rules want of it\. Nothing was changed\./);

    const { bytesServed } = server;
    const { kind, archives, adoption, storeId } = await adopt(t, fixture);
    t.equal(server.bytesServed, bytesServed, 'nothing was fetched');
    t.match({ kind, archives }, { kind: 'folder', archives: 3 });
    t.match(adoption, { finished: true, vaults: [{ listed: 7, adopted: 3, lacking: 4 }], left: { count: 3 } });
    t.strictSame([...(adoption?.left.names ?? [])].sort(), ['deep/er/c.gpg', 'mine/notes.txt', 'top.gpg']);
    t.equal(openStateFile(fixture.stateDir).state.storeId, storeId);
    t.ok(existsSync(catalogCopyPath(fixture.stateDir, storeId ?? '')));
    const moved = statSync(join(storeDir, 'web/web1/a.gpg'));
    t.equal(moved.mode & 0o777, 0o440);
    t.equal(moved.mtimeMs, at(0));
    t.notOk(existsSync(join(storeDir, 'web1')), 'the folder that it left is gone');
    t.ok(existsSync(join(storeDir, 'web/odd/100%25.gpg')));
    t.equal(readFileSync(join(adoption?.aside ?? '', 'README.txt'), 'utf8'), 'somebody wrote this');
    t.equal(readFileSync(join(adoption?.aside ?? '', 'web.SHA256SUMS'), 'utf8'), 'a list of somebody');

    const sync = await runIn(fixture, ['sync', '--json']);
    t.match(parseOutput('sync', sync.stdout).vaults, [{ downloaded: 4, adopted: 0, failures: [] }]);
    const verify = await runIn(fixture, ['verify', '--json']);
    t.match(parseOutput('verify', verify.stdout), { checked: 7, damaged: [], unknownFiles: { count: 0 } });
    t.equal(readFileSync(join(storeDir, 'deep/er/c.gpg'), 'utf8'), 'CONTENT of deep/er/c.gpg', 'left as it was');
  },
);

t.test('archives that bear names of our own files are taken over, too, as the dry run says', async (t) => {
  const fixture = emptied(t);
  put(fixture.storeDir, 'README.txt', 'content of README.txt');
  put(fixture.storeDir, 'web/SHA256SUMS', 'content of SHA256SUMS');
  const { preview } = await adopt(t, fixture, '--dry-run');
  t.match(preview, [{ matching: 2, absent: 5 }]);
  const told = await runIn(fixture, ['adopt', fixture.storeDir, '--not-a-mount']);
  t.match(told.stdout, /web: 7 listed, 2 \(.*\) found on the disk and proven, 5 without a file here/);
  t.notMatch(told.stdout, /found-/, 'nothing is in the way any more');
  t.notOk(readdirSync(join(fixture.storeDir, '.pullmirror')).some((name) => name.startsWith('found-')));
  t.equal(readFileSync(join(fixture.storeDir, 'web/README.txt'), 'utf8'), 'content of README.txt');
  const sync = await runIn(fixture, ['sync', '--json']);
  t.match(parseOutput('sync', sync.stdout).vaults, [{ downloaded: 5, failures: [] }]);
  const verify = await runIn(fixture, ['verify', '--json']);
  t.match(parseOutput('verify', verify.stdout), { checked: 7, damaged: [], unknownFiles: { count: 0 } });
});

t.test('a store of another machine', async (t) => {
  const fixture = createCommandFixture({ endpoint: server.url });
  t.teardown(() => fixture.remove());
  t.equal((await runIn(fixture, ['sync'])).status, 0);
  rmSync(fixture.stateDir, { recursive: true });
  const { storeId } = readMarker(fixture.storeDir);
  t.match(await adopt(t, fixture), { kind: 'store', storeId, archives: 7, adoption: null });
  t.equal(openStateFile(fixture.stateDir).state.storeId, storeId);
  t.ok(existsSync(catalogCopyPath(fixture.stateDir, storeId)));

  const rehearsed = await runIn(fixture, ['adopt', fixture.storeDir, '--dry-run']);
  t.equal(rehearsed.status, 0, 'as without --dry-run, the marker says that it is no mount');
  t.match(rehearsed.stdout, /is a store already.*7 \(.*\) are here/s);

  rmSync(join(fixture.storeDir, '.pullmirror/store.json'));
  t.match(await adopt(t, fixture), { kind: 'marker', storeId, archives: 7 }, 'its marker is told by its catalog');
  t.match(await adopt(t, fixture), { kind: 'store', storeId });

  writeFileSync(join(fixture.storeDir, '.pullmirror/store.json'), '{');
  const refused = await runIn(fixture, ['sync', '--json']);
  t.match(parseOutput('error', refused.stdout).error, { code: 'STORE_FORMAT', hint: /pullmirror adopt/ });
  const mended = await adopt(t, fixture);
  t.match(mended, { kind: 'marker', storeId, archives: 7 }, 'a damaged one is made anew as well');
  t.equal(readFileSync(mended.badMarker ?? '', 'utf8'), '{', 'and kept');
  t.equal((await runIn(fixture, ['sync'])).status, 0);

  writeFileSync(join(fixture.storeDir, '.pullmirror/catalog.db'), 'broken');
  const broken = await runIn(fixture, ['adopt', fixture.storeDir, '--json']);
  t.equal(broken.status, 78);
  t.match(parseOutput('error', broken.stdout).error, { code: 'CATALOG_CORRUPT', hint: /pullmirror rebuild/ });

  rmSync(join(fixture.storeDir, '.pullmirror/store.json'));
  const neither = await adopt(t, fixture);
  t.match(neither, { kind: 'catalog', storeId, archives: 7, adoption: { from: 'copy', left: { count: 0 } } });
});

t.test('a store that has lost its marker and its catalog', async (t) => {
  const fixture = createCommandFixture({ endpoint: server.url });
  t.teardown(() => fixture.remove());
  t.equal((await runIn(fixture, ['sync'])).status, 0);
  const { storeId } = readMarker(fixture.storeDir);
  t.equal((await runIn(fixture, ['pin', 'web/web1/a.gpg', '--reason', 'the one'])).status, 0);
  const orphan = 'an archive that the vault has lost';
  const sums = join(fixture.storeDir, 'web/SHA256SUMS');
  put(fixture.storeDir, 'web/lost.gpg', orphan);
  appendFileSync(sums, `${createHash('sha256').update(orphan).digest('hex')}  lost.gpg\n`);
  const lose = (): void => {
    for (const name of ['store.json', 'catalog.db']) rmSync(join(fixture.storeDir, '.pullmirror', name));
  };

  lose();
  const fromCopy = await adopt(t, fixture);
  t.match(fromCopy, { kind: 'catalog', storeId, archives: 8 });
  t.match(fromCopy.adoption, { from: 'copy', finished: true, vaults: [{ orphans: 1 }], left: { count: 0 } });
  fixture.edit((catalog) => t.match(catalog.pins.all(), [{ reason: 'the one' }]));
  t.match(readFileSync(sums, 'utf8'), / {2}lost\.gpg\n/, 'our own list stays, and what it vouches for');

  lose();
  rmSync(fixture.stateDir, { recursive: true });
  const told = await runIn(fixture, ['adopt', fixture.storeDir, '--not-a-mount']);
  t.equal(told.status, 0, told.text);
  t.match(told.stdout, /had lost its marker and its catalog.*LOST with it are:\n {2}- pins/s, 'loud');
  t.equal(readMarker(fixture.storeDir).storeId, storeId);
  fixture.edit((catalog) => t.equal(catalog.archives.ofKey('web', 'lost.gpg')[0]?.state, 'stored'));
});

t.test('what is there to make the catalog good from, and cannot be used, is told', async (t) => {
  const fixture = createCommandFixture({ endpoint: server.url });
  t.teardown(() => fixture.remove());
  t.equal((await runIn(fixture, ['sync'])).status, 0);
  const { storeId } = readMarker(fixture.storeDir);
  const copy = catalogCopyPath(fixture.stateDir, storeId);
  const sums = readFileSync(join(fixture.storeDir, 'web/SHA256SUMS'), 'utf8');
  const lose = (): void => {
    rmSync(join(fixture.storeDir, '.pullmirror/store.json'));
    writeFileSync(join(fixture.storeDir, '.pullmirror/catalog.db'), 'broken');
    writeFileSync(copy, 'broken, too');
  };
  lose();
  const text = readFileSync(fixture.configFile, 'utf8');
  writeFileSync(fixture.configFile, text.replace(server.url, 'http://127.0.0.1:9'));
  const before = filesOf(fixture.dir);
  const refused = await runIn(fixture, ['adopt', fixture.storeDir, '--not-a-mount', '--json']);
  t.equal(refused.status, 75);
  t.match(parseOutput('error', refused.stdout).error, {
    code: 'VAULT_UNREACHABLE',
    message: /no copy of the catalog that can be used, and vault web cannot be asked/,
    hint: /restore\.sh/,
  });
  t.strictSame(filesOf(fixture.dir), before, 'refused before anything was moved');
  writeFileSync(fixture.configFile, text);

  t.teardown(makeUncopyable('web/SHA256SUMS'));
  const { badCopy, unreadableLists, adoption } = await adopt(t, fixture);
  t.equal(readFileSync(badCopy ?? '', 'utf8'), 'broken, too');
  t.strictSame(unreadableLists, ['web']);
  t.equal(readFileSync(join(adoption?.aside ?? '', 'web.SHA256SUMS.unreadable'), 'utf8'), sums);
  t.match(adoption, { from: 'nothing', finished: true, vaults: [{ adopted: OBJECTS.length }] });

  lose();
  const told = await runIn(fixture, ['adopt', fixture.storeDir, '--not-a-mount']);
  t.match(told.stdout, /does not give back SHA256SUMS of web: it lies there too/);
  t.match(told.stdout, /Its copy cannot be used: .*It is here now: .*\.damaged-/);
});

t.test('two at once: one waits for nobody, the other is told who works', async (t) => {
  const fixture = emptied(t);
  put(fixture.storeDir, 'web1/a.gpg', 'content of web1/a.gpg');
  put(fixture.storeDir, 'README.txt', 'somebody wrote this');
  const run = () => runIn(fixture, ['adopt', fixture.storeDir, '--not-a-mount', '--json']);
  const results = await Promise.all([run(), run()]);
  t.strictSame(results.map(({ status }) => status).sort(), [0, 75], results.map(({ text }) => text).join('\n'));
  const loser = results.find(({ status }) => status === 75);
  t.equal(parseOutput('error', loser?.stdout ?? '').error.code, 'STORE_LOCKED');
});

t.test('an archive that could not be asked about: not done, and asked again', async (t) => {
  const proxy = await startFaultProxy(server.url);
  t.teardown(() => proxy.close());
  const fixture = createCommandFixture({ endpoint: proxy.url });
  t.teardown(() => fixture.remove());
  rmSync(fixture.storeDir, { recursive: true });
  for (const key of ['web1/a.gpg', 'web1/b.gpg']) put(fixture.storeDir, `web/${key}`, `content of ${key}`);
  proxy.plan(({ method, path }) =>
    method === 'HEAD' && path.includes('b.gpg') ? { replaceBy: s3Error(500, 'InternalError') } : null,
  );
  const first = await runIn(fixture, ['adopt', fixture.storeDir, '--not-a-mount', '--json']);
  t.equal(first.status, 75);
  t.match(parseOutput('adopt', first.stdout).adoption, {
    finished: false,
    vaults: [{ adopted: 1, failures: [{ key: 'web1/b.gpg', code: 'VAULT_SERVER_ERROR' }] }],
  });
  const going = await runIn(fixture, ['rebuild']);
  t.match(going.stdout, /^The taking over of this folder \(`pullmirror adopt`\) is not finished: going on\.\n/);
  proxy.plan(() => null);
  t.match(await adopt(t, fixture), { archives: 2, adoption: { finished: true, vaults: [{ adopted: 1 }] } });
  t.match(await adopt(t, fixture), { archives: 2, adoption: null }, 'done');
});

t.test('a dry run of what was interrupted looks where the rest of it will', async (t) => {
  const proxy = await startFaultProxy(server.url);
  t.teardown(() => proxy.close());
  const fixture = createCommandFixture({ endpoint: proxy.url });
  t.teardown(() => fixture.remove());
  const { storeDir } = fixture;
  rmSync(storeDir, { recursive: true });
  for (const key of ['web1/a.gpg', 'web1/b.gpg', 'top.gpg']) put(storeDir, key, `content of ${key}`);
  put(storeDir, 'mine/notes.txt', 'not in any vault');
  proxy.plan(({ method, path }) =>
    method === 'HEAD' && path.includes('b.gpg') ? { replaceBy: s3Error(500, 'InternalError') } : null,
  );
  const first = await runIn(fixture, ['adopt', storeDir, '--not-a-mount', '--json']);
  t.match(parseOutput('adopt', first.stdout), { archives: 2, adoption: { finished: false } });
  proxy.plan(() => null);

  const seen = { preview: [{ matching: 3, absent: 4 }], previewLeft: { count: 1, names: ['mine/notes.txt'] } };
  t.match(await adopt(t, fixture, '--dry-run'), seen);
  const inWords = await runIn(fixture, ['adopt', storeDir, '--not-a-mount', '--dry-run']);
  t.match(inWords.stdout, /^The taking over of .*store is not finished\.\nweb: /);
  rmSync(join(storeDir, '.pullmirror/store.json'));
  t.match(await adopt(t, fixture, '--dry-run'), seen, 'interrupted before the marker was written');
  t.match(await adopt(t, fixture), { archives: 3, adoption: { finished: true, left: { count: 1 } } });
  t.match(await adopt(t, fixture, '--dry-run'), { preview: [{ matching: 3 }], previewLeft: null }, 'a store');
});

t.test('a vault of which nothing is here yet: no list of it is written, and the store works', async (t) => {
  const empty = emptied(t);
  const nothing = await runIn(empty, ['adopt', empty.storeDir, '--not-a-mount']);
  t.equal(nothing.status, 0, nothing.text);
  t.notOk(existsSync(join(empty.storeDir, 'web')), 'a folder is made by the first archive');
  t.equal((await runIn(empty, ['sync'])).status, 0);

  const fixture = emptied(t);
  const text = readFileSync(fixture.configFile, 'utf8');
  const second = text.match(/^ +- name: web\n(?: {4}.*\n)*/m)?.[0].replace('name: web', 'name: second') ?? '';
  writeFileSync(fixture.configFile, text.replace('vaults:\n', `vaults:\n${second}`));
  put(fixture.storeDir, 'web/web1/a.gpg', 'content of web1/a.gpg');
  t.match(await adopt(t, fixture), { archives: 1, adoption: { finished: true, vaults: [{}, {}] } });
  t.notOk(existsSync(join(fixture.storeDir, 'second')));
  t.equal((await runIn(fixture, ['sync'])).status, 0);
  rmSync(join(fixture.storeDir, 'second'), { recursive: true });
  rmSync(join(fixture.storeDir, '.pullmirror/catalog.db'));
  const rebuilt = await runIn(fixture, ['rebuild']);
  t.equal(rebuilt.status, 3, 'archives of the copy whose whole folder is gone: noted as damaged');
  t.match(rebuilt.stdout, /archives lost their file/);
  t.equal((await runIn(fixture, ['sync'])).status, 0);
});

t.test('a folder that is not the one of the configuration', async (t) => {
  const fixture = emptied(t);
  const result = await runIn(fixture, ['adopt', fixture.dir]);
  t.equal(result.status, 2);
  t.match(result.stderr, /store: \{ path: /);
});
