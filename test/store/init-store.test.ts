import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Catalog } from '../../src/store/catalog/catalog.ts';
import { openCatalogForWriting } from '../../src/store/catalog/open-catalog.ts';
import { type InitStoreArgs, initStore } from '../../src/store/init-store.ts';
import { readMarker } from '../../src/store/marker.ts';
import { type FakeMount, fakeFilesystem } from '../support/fake-filesystem.ts';
import { OTHER_STORE_ID, STORE_ID } from '../support/test-store.ts';

const DISK = { type: 'ext4', source: '/dev/sda1', device: '8:17' };

/** An empty directory, and what Linux says about the filesystem mounted on it. */
function disk(t: Test, mount: Omit<FakeMount, 'at'> | null = DISK): InitStoreArgs {
  const folder = t.testdir({ disk: {} });
  const directory = join(folder, 'disk');
  const sources = fakeFilesystem(folder, mount === null ? [] : [{ at: directory, ...mount }]);
  return { directory, notAMount: false, nowMs: Date.UTC(2026, 10, 21), newId: () => STORE_ID, sources };
}

t.test('an empty mounted disk becomes a store', async (t) => {
  const args = disk(t);
  mkdirSync(join(args.directory, 'lost+found'));
  const marker = {
    storeId: STORE_ID,
    filesystemUuid: null,
    createdAt: '2026-11-21T00:00:00.000Z',
    formatVersion: 1,
    notAMount: false,
  };
  t.same(initStore(args), { root: args.directory, marker, created: true, texts: [] });
  t.same(readMarker(args.directory), marker);
  t.same(readdirSync(args.directory).sort(), ['.pullmirror', 'README.txt', 'index.html', 'lost+found', 'restore.sh']);
  t.same(readdirSync(join(args.directory, '.pullmirror')).sort(), [
    'catalog.db',
    'lock.db',
    'partial',
    'quarantine',
    'store.json',
  ]);
  t.equal(statSync(join(args.directory, 'restore.sh')).mode & 0o777, 0o555);
  t.match(readFileSync(join(args.directory, 'index.html'), 'utf8'), /0 archives/);
});

t.test('a second init changes nothing and says so', async (t) => {
  const args = disk(t);
  initStore(args);
  const before = statSync(join(args.directory, '.pullmirror', 'store.json'), { bigint: true });
  const result = initStore({
    ...args,
    newId: () => 'never asked',
    sources: { mountinfoPath: '/nowhere', byUuidFolder: '/nowhere' },
  });
  t.match(result, { created: false, marker: { storeId: STORE_ID } });
  t.equal(statSync(join(args.directory, '.pullmirror', 'store.json'), { bigint: true }).mtimeNs, before.mtimeNs);
});

t.test('a directory inside another store is refused, however deep', async (t) => {
  const args = disk(t);
  initStore(args);
  const directory = join(args.directory, 'web/inner');
  mkdirSync(directory, { recursive: true });
  t.throws(() => initStore({ ...args, directory, notAMount: true, newId: () => OTHER_STORE_ID }), {
    code: 'STORE_UNSUITABLE',
    message: new RegExp(`${directory} lies inside the store at ${args.directory}$`),
    hint: /outside/,
  });
  t.same(readdirSync(directory), []);
});

t.test('an interrupted init is finished by the next', async (t) => {
  const args = disk(t);
  initStore(args);
  rmSync(join(args.directory, '.pullmirror', 'store.json'));
  writeFileSync(join(args.directory, '.pullmirror', 'store.json.new'), '{');
  rmSync(join(args.directory, 'index.html'));
  rmSync(join(args.directory, '.pullmirror', 'quarantine'), { recursive: true });
  mkdirSync(join(args.directory, '.pullmirror-probe-x1y2z3'));
  t.match(initStore({ ...args, newId: () => OTHER_STORE_ID }), { created: true });
  t.match(readMarker(args.directory), { storeId: OTHER_STORE_ID });
  const path = join(args.directory, '.pullmirror', 'catalog.db');
  t.doesNotThrow(() => openCatalogForWriting({ path, storeId: OTHER_STORE_ID, mustExist: true }).close());
});

t.test('filesystems that a store cannot trust', async (t) => {
  for (const type of ['vfat', 'exfat', 'ntfs', 'ntfs3', 'fuseblk', 'msdos']) {
    t.throws(() => initStore(disk(t, { ...DISK, type })), {
      code: 'STORE_UNSUITABLE',
      message: new RegExp(type),
      hint: /ext4/,
    });
  }
  for (const type of ['nfs4', 'cifs', 'fuse.sshfs', '9p']) {
    const args = { ...disk(t, { ...DISK, type }), notAMount: true };
    t.throws(() => initStore(args), { code: 'STORE_UNSUITABLE', message: /network filesystem/, hint: /machine/ });
  }
  t.throws(() => initStore(disk(t, { ...DISK, superOptions: 'ro' })), {
    code: 'STORE_UNSUITABLE',
    message: /read-only/,
    hint: /remount/,
  });
});

t.test('a directory where no disk is mounted', async (t) => {
  const args = disk(t, null);
  t.throws(() => initStore(args), { code: 'STORE_UNSUITABLE', message: /no disk is mounted/, hint: /--not-a-mount/ });
  t.same(readdirSync(args.directory), [], 'nothing was written');
  t.match(initStore({ ...args, notAMount: true }), { created: true, marker: { notAMount: true } });
});

t.test('a foreign directory', async (t) => {
  const args = disk(t);
  for (const name of ['photos', 'music', 'b\u001b[2J', 'z']) mkdirSync(join(args.directory, name));
  t.throws(() => initStore(args), {
    code: 'STORE_NOT_EMPTY',
    message: /"music".* and 1 more/,
    hint: /pullmirror adopt/,
  });
  const message = thrown(() => initStore(args));
  t.notMatch(message, '\u001b', 'a name cannot steer the terminal');
  t.same(readdirSync(args.directory).length, 4);
});

t.test('README.txt and the like are foreign when no init left them', async (t) => {
  const args = disk(t);
  writeFileSync(join(args.directory, 'README.txt'), 'mine');
  t.throws(() => initStore(args), { code: 'STORE_NOT_EMPTY' });
  t.equal(readFileSync(join(args.directory, 'README.txt'), 'utf8'), 'mine');
});

t.test('a store that lost its marker is not made anew', async (t) => {
  const remains = [
    ({ directory }: InitStoreArgs) => writeFileSync(join(directory, '.pullmirror', 'partial', 'x.part'), ''),
    ({ directory }: InitStoreArgs) => writeFileSync(join(directory, '.pullmirror', 'catalog.db'), 'x'.repeat(8192)),
    ({ directory }: InitStoreArgs) => knowOneArchive(join(directory, '.pullmirror', 'catalog.db')),
  ];
  for (const remain of remains) {
    const args = disk(t);
    initStore(args);
    rmSync(join(args.directory, '.pullmirror', 'store.json'));
    remain(args);
    t.throws(() => initStore(args), { code: 'STORE_NOT_EMPTY', message: /marker .*is gone/, hint: /adopt/ });
  }
});

t.test('a damaged marker is not replaced', async (t) => {
  const args = disk(t);
  mkdirSync(join(args.directory, '.pullmirror'));
  writeFileSync(join(args.directory, '.pullmirror', 'store.json'), '');
  t.throws(() => initStore(args), { code: 'STORE_FORMAT' });
});

t.test('symbolic links, files, nothing', async (t) => {
  const args = disk(t);
  const folder = join(args.directory, '..');
  symlinkSync('disk', join(folder, 'link'));
  mkdirSync(join(args.directory, 'sub'));
  for (const directory of [join(folder, 'link'), join(folder, 'link', 'sub')]) {
    t.throws(() => initStore({ ...args, directory }), { code: 'STORE_SYMLINK', hint: new RegExp(args.directory) });
  }
  symlinkSync('nowhere', join(folder, 'dangling'));
  t.throws(() => initStore({ ...args, directory: join(folder, 'dangling') }), { code: 'STORE_SYMLINK' });
  writeFileSync(join(folder, 'file'), '');
  t.throws(() => initStore({ ...args, directory: join(folder, 'file') }), {
    code: 'STORE_UNSUITABLE',
    message: /not a directory/,
  });
  t.throws(() => initStore({ ...args, directory: join(folder, 'gone') }), {
    code: 'STORE_UNSUITABLE',
    message: /does not exist/,
  });
});

function knowOneArchive(path: string): void {
  const catalog = new Catalog(openCatalogForWriting({ path, storeId: STORE_ID, mustExist: true }));
  const listed = { key: 'a', versionId: null, etag: 'e', sizeBytes: 1, lastModifiedMs: 0, storageClass: null };
  catalog.archives.insert('web', { listed, series: null, state: 'wanted', reason: null, conflict: false }, 0);
  catalog.close();
}

function thrown(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return String(error);
  }
  return '';
}
