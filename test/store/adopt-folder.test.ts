import { randomUUID } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { AppError } from '../../src/core/errors.ts';
import { requireOneOwner } from '../../src/jobs/require-owner.ts';
import { type AdoptedFolder, type AdoptFolderArgs, adoptFolder } from '../../src/store/adopt-folder.ts';
import { readAdoptionNote } from '../../src/store/adoption-note.ts';
import { attachStore } from '../../src/store/attached-store.ts';
import { Catalog } from '../../src/store/catalog/catalog.ts';
import { openCatalogForReading } from '../../src/store/catalog/open-catalog.ts';
import { catalogCopyPath } from '../../src/store/catalog-copy.ts';
import { acquireStoreLock } from '../../src/store/store-lock.ts';
import { fakeFilesystem } from '../support/fake-filesystem.ts';

const nowMs = Date.UTC(2026, 10, 22);

/** Takes a folder over for a machine that knows nothing of it, and lets it go again. */
async function adopt(directory: string, more: Partial<AdoptFolderArgs> = {}): Promise<Omit<AdoptedFolder, 'lock'>> {
  const known = { stateDir: directory, knownStoreId: null, requireVaults: async () => undefined };
  const args = { directory, notAMount: true, vaults: ['web'], ...known, nowMs, newId: randomUUID, ...more };
  const { lock, ...adopted } = await adoptFolder(args);
  lock.release();
  return adopted;
}

t.test('what init refuses is refused, whatever is in it, and left as it is', async (t) => {
  const folder = t.testdir({ disk: { 'a.gpg': 'archive' }, facts: {} });
  const disk = join(folder, 'disk');
  const sources = fakeFilesystem(join(folder, 'facts'), [{ at: disk, type: 'vfat' }]);
  const args = { notAMount: false };
  await t.rejects(adopt(disk, { ...args, sources }), { code: 'STORE_UNSUITABLE', message: /vfat/ });
  await t.rejects(adopt(disk, args), { code: 'STORE_UNSUITABLE', message: /no disk is mounted/ });
  t.strictSame(readdirSync(disk), ['a.gpg']);
});

t.test('killed before the marker: the same call goes on, and moves nothing of ours away', async (t) => {
  const disk = t.testdir({ 'README.txt': 'theirs', web: { SHA256SUMS: 'theirs' } });
  const first = await adopt(disk);
  t.equal(first.kind, 'folder');
  unlinkSync(join(disk, '.pullmirror/store.json'));
  const ours = readFileSync(join(disk, 'README.txt'), 'utf8');
  t.not(ours, 'theirs');
  const second = await adopt(disk, { nowMs: nowMs + 1000 });
  t.equal(second.marker.storeId, first.marker.storeId);
  t.equal(readFileSync(join(disk, 'README.txt'), 'utf8'), ours);
  const store = attachStore({ path: disk, expectedStoreId: null, mode: 'write' });
  const catalog = new Catalog(openCatalogForReading({ path: store.catalogPath, storeId: first.marker.storeId }));
  t.teardown(() => catalog.close());
  const note = readAdoptionNote(catalog);
  t.match(note, { kind: 'folder', from: 'nothing', aside: 'found-20261122T000000Z' });
  t.strictSame(readdirSync(join(disk, '.pullmirror', note?.aside ?? '')).sort(), ['README.txt', 'web.SHA256SUMS']);
  t.notOk(existsSync(join(disk, 'web/SHA256SUMS')));
});

t.test('a link in the place of a vault’s folder, or of our own: refused before anything is moved', async (t) => {
  const folder = t.testdir({ disk: { 'README.txt': 'theirs' }, outside: { SHA256SUMS: 'of a stranger' } });
  const [disk, outside] = [join(folder, 'disk'), join(folder, 'outside')];
  for (const name of ['web', '.pullmirror']) {
    symlinkSync(outside, join(disk, name));
    await t.rejects(adopt(disk), { code: 'STORE_SYMLINK' }, name);
    t.strictSame(readdirSync(disk).sort(), [name, 'README.txt'].sort());
    t.strictSame(readdirSync(outside), ['SHA256SUMS']);
    unlinkSync(join(disk, name));
  }
});

t.test('one process at a time, also before there is a store', async (t) => {
  const disk = t.testdir({ '.pullmirror': {}, 'README.txt': 'theirs' });
  const other = acquireStoreLock(disk);
  await t.rejects(adopt(disk), { code: 'STORE_LOCKED' });
  t.equal(readFileSync(join(disk, 'README.txt'), 'utf8'), 'theirs', 'nothing was done beside the other one');
  other.release();
  t.equal((await adopt(disk)).kind, 'folder');
  t.equal((await adopt(disk)).kind, 'store');
});

t.test('a store that has lost its marker and its catalog: which one was it?', async (t) => {
  const folder = t.testdir({ disk: {}, state: {} });
  const [disk, stateDir] = [join(folder, 'disk'), join(folder, 'state')];
  const privateDir = join(disk, '.pullmirror');
  const { storeId } = (await adopt(disk)).marker;
  const lose = (...more: string[]): void => {
    for (const name of ['store.json', 'catalog.db']) rmSync(join(privateDir, name));
    for (const path of more) rmSync(join(disk, path), { recursive: true });
  };
  renameSync(join(privateDir, 'catalog.db'), catalogCopyPath(stateDir, storeId));
  writeFileSync(join(privateDir, 'catalog.db'), 'broken');
  const [other, third] = [randomUUID(), randomUUID()];
  writeFileSync(catalogCopyPath(stateDir, other), 'not looked at');
  const again = (knownStoreId: string | null) => adopt(disk, { stateDir, knownStoreId });

  lose();
  t.match(await again(other), { kind: 'catalog', marker: { storeId } }, 'its index page tells');
  lose('index.html');
  t.match(await again(storeId), { kind: 'catalog', marker: { storeId } }, 'the one that this machine had last');
  lose('index.html', 'README.txt', 'restore.sh');
  rmSync(catalogCopyPath(stateDir, other));
  t.match(await again(null), { kind: 'catalog', marker: { storeId } }, 'the only one of which there is a copy');
  lose('index.html', '.pullmirror');
  writeFileSync(catalogCopyPath(stateDir, third), 'another');
  const unknown = await again(null);
  t.equal(unknown.kind, 'catalog');
  t.notOk([storeId, third].includes(unknown.marker.storeId), 'two copies: nothing tells');

  lose();
  writeFileSync(catalogCopyPath(stateDir, unknown.marker.storeId), 'broken');
  const { badCopy, marker } = await again(null);
  t.equal(marker.storeId, unknown.marker.storeId);
  t.equal(readFileSync(badCopy?.path ?? '', 'utf8'), 'broken', 'a copy that cannot be used is kept');
});

t.test('without a copy of the catalog the vaults are asked before anything is moved', async (t) => {
  const folder = t.testdir({ disk: {}, state: {} });
  const [disk, stateDir] = [join(folder, 'disk'), join(folder, 'state')];
  const privateDir = join(disk, '.pullmirror');
  const { storeId } = (await adopt(disk)).marker;
  rmSync(join(privateDir, 'store.json'));
  writeFileSync(join(privateDir, 'catalog.db'), 'broken');
  writeFileSync(join(disk, 'README.txt'), 'theirs');
  writeFileSync(catalogCopyPath(stateDir, storeId), 'broken, too');
  const before = readdirSync(folder, { recursive: true }).sort();
  const again = (requireVaults: () => Promise<void>) => adopt(disk, { stateDir, requireVaults });

  const away = new AppError('VAULT_UNREACHABLE', 'away');
  await t.rejects(
    again(async () => Promise.reject(away)),
    away,
  );
  t.strictSame(readdirSync(folder, { recursive: true }).sort(), before);
  t.equal(readFileSync(join(privateDir, 'catalog.db'), 'utf8'), 'broken');
  t.equal(readFileSync(join(disk, 'README.txt'), 'utf8'), 'theirs');

  const other = join(folder, 'other');
  const changeDisks = async (): Promise<void> => {
    renameSync(disk, other);
    cpSync(other, disk, { recursive: true });
  };
  await t.rejects(again(changeDisks), { code: 'STORE_MISSING', message: /went away/ });
  for (const one of [disk, other]) t.equal(readFileSync(join(one, 'README.txt'), 'utf8'), 'theirs');

  const { kind, badCopy } = await again(async () => undefined);
  t.equal(kind, 'catalog');
  t.equal(readFileSync(badCopy?.path ?? '', 'utf8'), 'broken, too');
});

t.test('files of another user are found before anything is done', async (t) => {
  const folder = t.testdir({ 'lost+found': {} });
  mkdirSync(join(folder, 'web'));
  writeFileSync(join(folder, 'web/a.gpg'), '');
  const uid = process.getuid?.() ?? 0;
  const { signal } = new AbortController();
  await requireOneOwner(folder, uid, signal);
  await t.rejects(requireOneOwner(folder, uid + 1, signal), {
    code: 'STORE_UNSUITABLE',
    message: /; 3 files or folders in all/,
    hint: new RegExp(`chown -hR ${uid + 1} ${folder}`),
  });
});
