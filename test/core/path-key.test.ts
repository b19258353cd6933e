import fc from 'fast-check';
import t from 'tap';
import { assignPath, escapeKey, type Occupant } from '../../src/core/key-path.ts';
import { keyOfPath } from '../../src/core/path-key.ts';
import { hostileKey } from '../support/hostile-keys.ts';

const TAG = '0123456789abcdef';

t.test('a path gives its key back, unless a name had to be cut', async (t) => {
  fc.assert(
    fc.property(hostileKey, (key) => {
      const path = escapeKey(key);
      const found = keyOfPath(path);
      return found === key || (found === null && /%[~k]/.test(path));
    }),
    { numRuns: 2000 },
  );
  t.equal(keyOfPath('web1/2026-11-21.tar.gz.gpg'), 'web1/2026-11-21.tar.gz.gpg');
  t.equal(keyOfPath('%53HA256SUMS'), 'SHA256SUMS');
  t.equal(keyOfPath('a/%/b/%'), 'a//b/');
  t.equal(keyOfPath('%ED%A0%80x'), '\ud800x');
});

t.test('marks of clashing names are taken off', async (t) => {
  const occupants: Record<string, Occupant> = { 'a/b': 'folder', c: 'file', d: 'file' };
  const occupied = (path: string): Occupant => occupants[path] ?? null;
  const assign = (key: string) => assignPath({ key, tag: TAG, occupied });
  const paths = ['a/b', 'c', 'd/e'].map((key) => [key, assign(key)] as const);
  t.strictSame(
    paths.map(([, path]) => path),
    ['a/b%f', `c%v-${TAG}`, 'd%d/e'],
  );
  for (const [key, path] of paths) t.equal(keyOfPath(path), key);
  t.equal(keyOfPath(`c%v-${TAG}-2`), 'c');
  t.equal(keyOfPath('d%d2/e'), 'd/e');
  fc.assert(
    fc.property(hostileKey, fc.constantFrom('file', 'folder', null), (key, occupant) => {
      const readable = escapeKey(key);
      const path = assignPath({ key, tag: TAG, occupied: (asked) => (asked === readable ? occupant : null) });
      const found = keyOfPath(path);
      return found === key || (found === null && /%[~k]/.test(path));
    }),
  );
});

t.test('names that are none of ours have no key', async (t) => {
  const strange = [
    '',
    'a\\b',
    '100%',
    'a%zz',
    '..',
    './a',
    'a//b',
    '/a',
    'SHA256SUMS',
    '%41',
    'a%C3',
    'a%c3%a4',
    '%F8%80%80%80',
    '%C1%81',
  ];
  for (const path of strange) t.equal(keyOfPath(path), null, JSON.stringify(path));
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '/', '%', '2', '5', 'C', '~', 'd', 'v', '-', '.') }), (path) => {
      const key = keyOfPath(path);
      return key === null || path.replace(/%(d\d*|f|v-[0-9a-f]+(-\d+)?)(?=\/|$)/g, '') === escapeKey(key);
    }),
  );
});
