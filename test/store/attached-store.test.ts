import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { attachStore } from '../../src/store/attached-store.ts';
import { fakeFilesystem } from '../support/fake-filesystem.ts';
import { runUnprivileged } from '../support/run-unprivileged.ts';
import { makeStore, OTHER_STORE_ID, STORE_ID } from '../support/test-store.ts';

t.test('a store in its place', async (t) => {
  const { root } = makeStore(t.testdir());
  const store = attachStore({ path: `${root}/`, expectedStoreId: STORE_ID, mode: 'write' });
  t.equal(store.root, root);
  t.equal(store.marker.storeId, STORE_ID);
  t.equal(store.swapped, false);
  t.equal(store.partialDir, join(root, '.pullmirror', 'partial'));
  t.equal(store.quarantineDir, join(root, '.pullmirror', 'quarantine'));
  t.equal(store.vaultDir('web'), join(root, 'web'));
  t.equal(store.resolve('web', 'a/b.gpg'), join(root, 'web', 'a', 'b.gpg'));
  t.doesNotThrow(() => store.assertAttached());
  const again = attachStore({ path: root, expectedStoreId: null, mode: 'write' });
  t.equal(again.swapped, false, 'a first store is no swap');
});

t.test('attaching writes nothing', async (t) => {
  const { root } = makeStore(t.testdir());
  const before = snapshot(root);
  attachStore({ path: root, expectedStoreId: null, mode: 'write' }).assertAttached();
  t.same(snapshot(root), before);
});

t.test('space', async (t) => {
  const { root } = makeStore(t.testdir());
  const store = attachStore({ path: root, expectedStoreId: null, mode: 'read' });
  const { totalBytes, freeBytes } = store.space();
  const [total = '', free = ''] = execFileSync('stat', ['-f', '-c', '%b %a %S', root], { encoding: 'utf8' }).split(' ');
  const blockBytes = totalBytes / Number(total);
  t.ok(Number.isInteger(blockBytes) && freeBytes <= totalBytes);
  t.ok(Math.abs(freeBytes - Number(free) * blockBytes) < 1e9, 'what others may use, not root');
  const room = store.roomBytes({ kind: 'bytes', bytes: 1e6, text: '1MB' });
  t.ok(Math.abs(freeBytes - 1e6 - room) < 1e9);
  t.equal(store.roomBytes({ kind: 'bytes', bytes: 1e17, text: '' }), 0, 'never negative');
});

t.test('no marker: missing where a store was known, else not initialised', async (t) => {
  const empty = t.testdir();
  for (const path of [empty, join(empty, 'gone')]) {
    t.throws(() => attachStore({ path, expectedStoreId: STORE_ID, mode: 'write' }), { code: 'STORE_MISSING' });
    t.throws(() => attachStore({ path, expectedStoreId: null, mode: 'write' }), { code: 'STORE_NOT_INITIALISED' });
  }
  t.same(readdirSync(empty), []);
  t.throws(() => attachStore({ path: empty, expectedStoreId: STORE_ID, mode: 'write' }), {
    code: 'STORE_MISSING',
    hint: /Plug in/,
  });
});

t.test('the marker is lost, and the rest is there: the hint names what makes it anew', async (t) => {
  const { root } = makeStore(t.testdir());
  rmSync(join(root, '.pullmirror', 'store.json'));
  const expected = { code: 'STORE_MISSING', hint: /`pullmirror adopt \/.*`/ };
  t.throws(() => attachStore({ path: root, expectedStoreId: STORE_ID, mode: 'write' }), expected);
});

t.test('another store than expected is a swap', async (t) => {
  const { root } = makeStore(t.testdir(), 'b', OTHER_STORE_ID);
  const store = attachStore({ path: root, expectedStoreId: STORE_ID, mode: 'write' });
  t.equal(store.swapped, true);
  t.equal(store.marker.storeId, OTHER_STORE_ID);
  t.doesNotThrow(() => store.assertAttached());
});

t.test('a path that is or holds a symbolic link', async (t) => {
  const folder = t.testdir({ real: {} });
  const { root } = makeStore(join(folder, 'real'));
  symlinkSync('real', join(folder, 'link'));
  symlinkSync(root, join(folder, 'direct'));
  symlinkSync('nowhere', join(folder, 'dangling'));
  for (const path of [join(folder, 'link', 'store'), join(folder, 'direct'), join(folder, 'dangling')]) {
    t.throws(() => attachStore({ path, expectedStoreId: STORE_ID, mode: 'read' }), { code: 'STORE_SYMLINK' }, path);
  }
});

t.test('the marker vanishes, changes, comes back', async (t) => {
  const folder = t.testdir();
  const { root } = makeStore(folder);
  const store = attachStore({ path: root, expectedStoreId: STORE_ID, mode: 'write' });
  const marker = join(root, '.pullmirror', 'store.json');

  renameSync(marker, join(folder, 'aside'));
  t.throws(() => store.assertAttached(), { code: 'STORE_MISSING' });
  renameSync(join(folder, 'aside'), marker);
  t.doesNotThrow(() => store.assertAttached());

  writeFileSync(marker, `${JSON.stringify({ ...store.marker, note: 'touched by the owner' })}\n`);
  t.doesNotThrow(() => store.assertAttached(), 'the id counts');
  writeFileSync(marker, '');
  t.throws(() => store.assertAttached(), { code: 'STORE_FORMAT' });
});

t.test('the disk is unplugged, another one plugged in', async (t) => {
  const folder = t.testdir();
  const { root } = makeStore(folder);
  const store = attachStore({ path: root, expectedStoreId: STORE_ID, mode: 'write' });
  renameSync(root, join(folder, 'unplugged'));
  t.throws(() => store.assertAttached(), { code: 'STORE_MISSING' });
  mkdirSync(root);
  t.throws(() => store.assertAttached(), { code: 'STORE_MISSING' }, 'the bare mount point');
  rmSync(root, { recursive: true });
  makeStore(folder, 'store', OTHER_STORE_ID);
  t.throws(() => store.assertAttached(), { code: 'STORE_WRONG', message: new RegExp(OTHER_STORE_ID) });
  rmSync(root, { recursive: true });
  symlinkSync('unplugged', root);
  t.throws(() => store.assertAttached(), { code: 'STORE_SYMLINK' });
  rmSync(root);
  renameSync(join(folder, 'unplugged'), root);
  t.doesNotThrow(() => store.assertAttached());
});

t.test('read-only', async (t) => {
  const folder = t.testdir();
  const { root } = makeStore(folder);
  const sources = fakeFilesystem(folder, [{ at: root, type: 'ext4', superOptions: 'ro,errors=remount-ro' }]);
  t.throws(() => attachStore({ path: root, expectedStoreId: null, mode: 'write', sources }), {
    code: 'STORE_READ_ONLY',
  });
  t.equal(attachStore({ path: root, expectedStoreId: null, mode: 'read', sources }).facts.readOnly, true);
});

t.test('a directory that this user may not write', async (t) => {
  const { root } = makeStore(t.testdir());
  chmodSync(join(root, '.pullmirror'), 0o555);
  const module = join(import.meta.dirname, '../../src/store/attached-store.ts');
  const script = `import { attachStore } from ${JSON.stringify(module)};
    const attach = (mode) => attachStore({ path: ${JSON.stringify(root)}, expectedStoreId: null, mode });
    console.log(attach('read').root);
    try { attach('write') } catch (error) { console.log(error.code) }`;
  const output = runUnprivileged(script, module);
  chmodSync(join(root, '.pullmirror'), 0o755);
  if (output === null) t.comment('not tried: nobody cannot reach this checkout');
  else t.equal(output, `${root}\nSTORE_FORBIDDEN\n`);
});

t.test('a store that this user may not even look into: run with sudo, not chown', async (t) => {
  const { root } = makeStore(t.testdir());
  chmodSync(join(root, '.pullmirror'), 0o000);
  const module = join(import.meta.dirname, '../../src/store/attached-store.ts');
  const script = `import { attachStore } from ${JSON.stringify(module)};
    try { attachStore({ path: ${JSON.stringify(root)}, expectedStoreId: null, mode: 'read' }) }
    catch (error) { console.log(error.hint) }`;
  const output = runUnprivileged(script, module);
  chmodSync(join(root, '.pullmirror'), 0o755);
  if (output === null) t.comment('not tried: nobody cannot reach this checkout');
  else t.equal(output, 'Run it with sudo, or as the user that owns the store.\n');
});

t.test('a marker copied from a disk onto the machine’s own card', async (t) => {
  const folder = t.testdir({ mounted: {}, bare: {} });
  const { root, marker } = makeStore(folder);
  writeFileSync(join(root, '.pullmirror', 'store.json'), JSON.stringify({ ...marker, notAMount: false }));
  const mounted = fakeFilesystem(join(folder, 'mounted'), [{ at: root, type: 'ext4', device: '8:17' }]);
  t.doesNotThrow(() => attachStore({ path: root, expectedStoreId: STORE_ID, mode: 'write', sources: mounted }));
  const bare = fakeFilesystem(join(folder, 'bare'), []);
  t.throws(() => attachStore({ path: root, expectedStoreId: STORE_ID, mode: 'write', sources: bare }), {
    code: 'STORE_MISSING',
    hint: /notAMount/,
  });
  t.doesNotThrow(() => attachStore({ path: root, expectedStoreId: STORE_ID, mode: 'read', sources: bare }));
});

t.test('an incomplete store', async (t) => {
  const { root } = makeStore(t.testdir());
  rmSync(join(root, '.pullmirror', 'partial'), { recursive: true });
  t.throws(() => attachStore({ path: root, expectedStoreId: null, mode: 'write' }), {
    code: 'STORE_FORMAT',
    hint: /mkdir/,
  });
  t.doesNotThrow(() => attachStore({ path: root, expectedStoreId: null, mode: 'read' }));
});

t.test('links planted inside the store lead nowhere', async (t) => {
  const folder = t.testdir({ elsewhere: { victim: 'x' } });
  const { root } = makeStore(folder);
  const store = attachStore({ path: root, expectedStoreId: null, mode: 'write' });
  mkdirSync(join(root, 'web', 'deep'), { recursive: true });
  symlinkSync('../../../elsewhere', join(root, 'web', 'deep', 'planted'));
  symlinkSync('../elsewhere', join(root, 'sql'));
  symlinkSync('nowhere', join(root, 'web', 'dangling'));
  for (const path of ['deep/planted', 'deep/planted/victim', 'deep/planted/new/file', 'dangling']) {
    t.throws(() => store.resolve('web', path), { code: 'STORE_SYMLINK' }, path);
  }
  t.throws(() => store.vaultDir('sql'), { code: 'STORE_SYMLINK' });
  t.throws(() => store.resolve('sql', 'victim'), { code: 'STORE_SYMLINK' });
  writeFileSync(join(root, 'web', 'file'), '');
  t.throws(() => store.resolve('web', 'file/below'), { code: 'STORE_UNSUITABLE' });
  t.equal(store.resolve('web', 'deep/new/file'), join(root, 'web', 'deep', 'new', 'file'));
});

t.test('paths that assignPath never makes', async (t) => {
  const { root } = makeStore(t.testdir());
  const store = attachStore({ path: root, expectedStoreId: null, mode: 'write' });
  for (const path of ['', '/etc/passwd', '../x', 'a/../../x', 'a//b', './a', 'new/../..', 'a\u0000b']) {
    t.throws(() => store.resolve('web', path), { code: 'INTERNAL' });
  }
  for (const vault of ['', '.', '..', 'a/b', '.pullmirror', 'restore.sh', '.hidden', 'lost+found']) {
    t.throws(() => store.vaultDir(vault), { code: 'INTERNAL' });
  }
});

function snapshot(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => {
    const { mtimeNs, ctimeNs, size } = statSync(join(root, name), { bigint: true });
    return [name, mtimeNs, ctimeNs, size].join(' ');
  });
}
