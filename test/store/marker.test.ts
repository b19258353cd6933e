import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readMarker, type StoreMarker, writeMarker } from '../../src/store/marker.ts';

const MARKER: StoreMarker = {
  storeId: '5b9c4e0e-6a55-4cf0-8d09-0a1f54d1a001',
  filesystemUuid: null,
  createdAt: '2026-11-21T10:00:00.000Z',
  formatVersion: 1,
  notAMount: true,
};

t.test('what was written is read', async (t) => {
  const root = t.testdir({ '.pullmirror': { 'store.json.new': 'left by a crash' } });
  writeMarker(root, MARKER);
  t.same(readMarker(root), MARKER);
  t.same(readdirSync(join(root, '.pullmirror')), ['store.json']);
});

t.test('a marker is never replaced', async (t) => {
  const root = t.testdir({ '.pullmirror': {} });
  writeMarker(root, MARKER);
  t.throws(() => writeMarker(root, { ...MARKER, storeId: '00000000-0000-4000-8000-000000000000' }), { code: 'EEXIST' });
  t.same(readMarker(root), MARKER);
});

t.test('fields of a later release that changes no format are kept', async (t) => {
  const root = t.testdir({ '.pullmirror': { 'store.json': JSON.stringify({ ...MARKER, colour: 'blue' }) } });
  t.match(readMarker(root), { ...MARKER, colour: 'blue' });
});

t.test('no marker is no store', async (t) => {
  t.throws(() => readMarker(t.testdir()), { code: 'STORE_NOT_INITIALISED' });
  t.throws(() => readMarker(join(t.testdir(), 'gone')), { code: 'STORE_NOT_INITIALISED' });
  t.throws(() => readMarker(t.testdir({ '.pullmirror': 'a file' })), { code: 'STORE_NOT_INITIALISED' });
});

t.test('a marker of a later format', async (t) => {
  const root = t.testdir({ '.pullmirror': { 'store.json': '{"formatVersion": 2, "id": "x"}' } });
  t.throws(() => readMarker(root), { code: 'STORE_FORMAT', message: /format 2/, hint: /release/ });
});

t.test('garbage is damage, said in words', async (t) => {
  const contents = [
    '',
    '{',
    'null',
    '[]',
    '{}',
    '\u0000'.repeat(200),
    JSON.stringify({ ...MARKER, storeId: '../../etc' }),
  ];
  for (const content of [...contents, ' '.repeat(1_000_000)]) {
    const root = t.testdir({ '.pullmirror': { 'store.json': content } });
    t.throws(() => readMarker(root), { code: 'STORE_FORMAT', message: /is damaged/, hint: /pullmirror adopt/ });
  }
  const words = (content: string) => {
    const root = t.testdir({ '.pullmirror': { 'store.json': content } });
    try {
      return readMarker(root);
    } catch (error) {
      return error instanceof Error ? error.message.replace(/^.* is damaged: /, '') : error;
    }
  };
  t.same(['garbage', '[]', JSON.stringify({ ...MARKER, storeId: 'x', createdAt: 7 })].map(words), [
    'it is not JSON',
    'it is JSON, but nothing that pullmirror wrote',
    'missing, or not what pullmirror wrote: storeId, createdAt',
  ]);
  t.throws(() => readMarker(t.testdir({ '.pullmirror': { 'store.json': {} } })), { code: 'STORE_FORMAT' }, 'a folder');
});

t.test('a named pipe in its place does not hang', async (t) => {
  const root = t.testdir({ '.pullmirror': {} });
  execFileSync('mkfifo', [join(root, '.pullmirror', 'store.json')]);
  t.throws(() => readMarker(root), { code: 'STORE_FORMAT' });
});

t.test('links are not followed', async (t) => {
  const root = t.testdir({ '.pullmirror': {}, elsewhere: {} });
  writeMarker(root, MARKER);
  const path = join(root, '.pullmirror', 'store.json');
  renameSync(path, join(root, 'moved.json'));
  symlinkSync('../moved.json', path);
  t.throws(() => readMarker(root), { code: 'STORE_SYMLINK' });
  t.equal(readFileSync(path, 'utf8'), `${JSON.stringify(MARKER, null, 2)}\n`);

  const other = t.testdir({ real: { 'store.json': JSON.stringify(MARKER) } });
  symlinkSync('real', join(other, '.pullmirror'));
  t.throws(() => readMarker(other), { code: 'STORE_SYMLINK' });
});
