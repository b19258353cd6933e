import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { requireOneOwner } from '../../src/jobs/require-owner.ts';
import { adoptFolder } from '../../src/store/adopt-folder.ts';
import { readAdoptionNote } from '../../src/store/adoption-note.ts';
import { attachStore } from '../../src/store/attached-store.ts';
import { Catalog } from '../../src/store/catalog/catalog.ts';
import { openCatalogForReading } from '../../src/store/catalog/open-catalog.ts';
import { fakeFilesystem } from '../support/fake-filesystem.ts';

const nowMs = Date.UTC(2026, 10, 22);

t.test('what init refuses is refused, whatever is in it, and left as it is', async (t) => {
  const folder = t.testdir({ disk: { 'a.gpg': 'archive' }, facts: {} });
  const disk = join(folder, 'disk');
  const sources = fakeFilesystem(join(folder, 'facts'), [{ at: disk, type: 'vfat' }]);
  const args = { directory: disk, notAMount: false, vaults: ['web'], nowMs, newId: randomUUID };
  t.throws(() => adoptFolder({ ...args, sources }), { code: 'STORE_UNSUITABLE', message: /vfat/ });
  t.throws(() => adoptFolder(args), { code: 'STORE_UNSUITABLE', message: /no disk is mounted/ });
  t.strictSame(readdirSync(disk), ['a.gpg']);
});

t.test('killed before the marker: the same call goes on, and moves nothing of ours away', async (t) => {
  const disk = t.testdir({ 'README.txt': 'theirs', web: { SHA256SUMS: 'theirs' } });
  const args = { directory: disk, notAMount: true, vaults: ['web'], nowMs, newId: randomUUID };
  const first = adoptFolder(args);
  t.equal(first.kind, 'folder');
  unlinkSync(join(disk, '.pullmirror/store.json'));
  const ours = readFileSync(join(disk, 'README.txt'), 'utf8');
  t.not(ours, 'theirs');
  const second = adoptFolder({ ...args, nowMs: nowMs + 1000 });
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

t.test('files of another user are found before anything is done', async (t) => {
  const folder = t.testdir({ 'lost+found': {} });
  mkdirSync(join(folder, 'web'));
  writeFileSync(join(folder, 'web/a.gpg'), '');
  const uid = process.getuid?.() ?? 0;
  const { signal } = new AbortController();
  await requireOneOwner(folder, uid, signal);
  await t.rejects(requireOneOwner(folder, uid + 1, signal), {
    code: 'STORE_UNSUITABLE',
    hint: new RegExp(`chown -hR ${uid + 1} ${folder}`),
  });
});
