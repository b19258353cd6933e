import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { assignPath, escapeKey, isFolderMarker, type Occupant } from '../../src/core/key-path.ts';
import { hostileKey } from '../support/hostile-keys.ts';

const TAG = '0123456789abcdef';

/** The files of one vault folder, as catalog and disk together would know them. */
class Tree {
  readonly files = new Set<string>();
  readonly folders = new Set<string>();
  readonly asked: string[] = [];

  readonly occupied = (path: string): Occupant => {
    this.asked.push(path);
    if (this.files.has(path)) return 'file';
    return this.folders.has(path) ? 'folder' : null;
  };

  assign(key: string, tag = TAG): string {
    const path = assignPath({ key, tag, occupied: this.occupied });
    this.files.add(path);
    const parts = path.split('/');
    for (let n = 1; n < parts.length; n++) this.folders.add(parts.slice(0, n).join('/'));
    return path;
  }
}

function flaw(path: string): string | null {
  if (path.startsWith('/')) return 'absolute';
  for (const part of path.split('/')) {
    if (part === '' || part === '.' || part === '..') return 'traversal or empty part';
    if (Buffer.byteLength(part) > 255) return 'over-long part';
    if (!part.isWellFormed()) return 'no valid UTF-8';
    if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\\]/u.test(part)) return 'control character';
  }
  if (/^(SHA256SUMS|\.pullmirror|lost\+found|-)(\/|$)/.test(path) || path.startsWith('SHA256SUMS%new'))
    return 'own name';
  return Buffer.byteLength(path) > 3500 ? 'over-long path' : null;
}

t.test('plain keys keep their names', async (t) => {
  for (const key of [
    'web1/2026-11-21.tar.gz.gpg',
    'a',
    'with blank/ü€😀.sql',
    '-rf',
    '.hidden',
    'x/SHA256SUMS',
    'a~b',
    'a:b*?"',
  ]) {
    t.equal(escapeKey(key), key);
  }
});

t.test('the grammar', async (t) => {
  const table: readonly (readonly [string, string])[] = [
    ['', '%'],
    ['/', '%/%'],
    ['/etc/passwd', '%/etc/passwd'],
    ['a//b/', 'a/%/b/%'],
    ['../../x', '%2E%2E/%2E%2E/x'],
    ['./a', '%2E/a'],
    ['100%', '100%25'],
    ['a\\b', 'a%5Cb'],
    ['a\nb\u0000\u001b\u007f', 'a%0Ab%00%1B%7F'],
    ['\u0085\u2028\u202e\u200b', '%C2%85%E2%80%A8%E2%80%AE%E2%80%8B'],
    ['\ud800x', '%ED%A0%80x'],
    ['SHA256SUMS', '%53HA256SUMS'],
    ['.pullmirror/store.json', '%2Epullmirror/store.json'],
    ['lost+found/a', '%6Cost+found/a'],
    ['-', '%2D'],
  ];
  for (const [key, path] of table) t.equal(escapeKey(key), path);
});

t.test('an over-long name is cut at a character and carries its hash', async (t) => {
  const name = `${'é'.repeat(150)}.gpg`;
  const path = escapeKey(`a/${name}`);
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 32);
  t.equal(path, `a/${'é'.repeat(110)}%~${hash}`);
  t.equal(escapeKey('n'.repeat(255)), 'n'.repeat(255), 'the longest that fits stays');
  t.match(escapeKey('\u0001'.repeat(100)), /^(%01){73}%~[0-9a-f]{32}$/, 'and never in the middle of an escape');
});

t.test('a key of 1,024 bytes stays readable, a path that Linux could not open does not', async (t) => {
  t.equal(escapeKey('a/'.repeat(511).concat('a')), 'a/'.repeat(511).concat('a'));
  t.equal(escapeKey('\u0001\u0001/'.repeat(341)).length, 341 * 7 + 1);
  t.match(escapeKey('\u0001/'.repeat(2000)), /^%k-[0-9a-f]{64}$/);
});

t.test('clashes', async (t) => {
  const tree = new Tree();
  t.equal(tree.assign('x'), 'x');
  t.equal(tree.assign('x/y'), 'x%d/y', 'a file stands where a folder is needed');
  t.equal(tree.assign('x/z'), 'x%d/z');
  t.equal(tree.assign('f/g'), 'f/g');
  t.equal(tree.assign('f'), 'f%f', 'a folder stands where the file is to go');
  t.equal(tree.assign('f', 'aaaabbbb'), 'f%v-aaaabbbb', 'and its next version');
  t.equal(tree.assign('x', 'aaaabbbb'), 'x%v-aaaabbbb', 'another version');
  t.equal(tree.assign('x', 'aaaabbbb'), 'x%v-aaaabbbb-2', 'a tag that is no help');
  t.equal(tree.assign('x%d/y'), 'x%25d/y', 'no key imitates a mark');
  const long = 'n'.repeat(255);
  tree.assign(long);
  t.match(tree.assign(long), new RegExp(`^n{202}%~[0-9a-f]{32}%v-${TAG}$`), 'a mark makes room for itself');
  t.match(tree.assign(`${long}/a`), /^n{219}%~[0-9a-f]{32}%d\/a$/);
});

t.test('a foreign file under a marked name is gone around', async (t) => {
  const tree = new Tree();
  for (const path of ['x', 'x%d', 'f%f', 'f%v-0123456789abcdef']) tree.files.add(path);
  tree.folders.add('f');
  t.equal(tree.assign('x/y'), 'x%d2/y');
  t.equal(tree.assign('f'), `f%v-${TAG}-2`);
});

t.test('every prefix is asked about', async (t) => {
  const tree = new Tree();
  tree.assign('a/b/c');
  t.same(tree.asked, ['a', 'a/b', 'a/b/c']);
});

t.test('a tag is 8 to 16 hex digits', async (t) => {
  for (const tag of ['', 'abc', '../../..', 'ABCDEF01', '0'.repeat(17)]) {
    t.throws(() => assignPath({ key: 'a', tag, occupied: () => null }), TypeError);
  }
});

t.test('hostile keys in any order: inside, safe, never shared', async () => {
  const key = fc.tuple(hostileKey, fc.constantFrom('aaaaaaaa', 'bbbbbbbb'));
  fc.assert(
    fc.property(fc.array(key, { minLength: 1, maxLength: 40 }), (arrivals) => {
      const tree = new Tree();
      const again = new Tree();
      const seen = new Set<string>();
      for (const [name, tag] of arrivals) {
        const path = tree.assign(name, tag);
        if (flaw(path) !== null) throw new Error(`${JSON.stringify(name)} -> ${JSON.stringify(path)}: ${flaw(path)}`);
        if (seen.has(path)) throw new Error(`${path} given twice`);
        if (again.assign(name, tag) !== path) throw new Error('not deterministic');
        seen.add(path);
      }
      for (const folder of tree.folders) if (tree.files.has(folder)) throw new Error(`${folder} is file and folder`);
    }),
    { numRuns: 250 },
  );
});

t.test('escapeKey never maps two keys to one path', async () => {
  fc.assert(
    fc.property(hostileKey, hostileKey, (one, other) => {
      if (one !== other && escapeKey(one) === escapeKey(other)) throw new Error(`both ${escapeKey(one)}`);
      if (flaw(escapeKey(one)) !== null) throw new Error(`${JSON.stringify(one)}: ${flaw(escapeKey(one))}`);
    }),
    { numRuns: 2500 },
  );
});

t.test('folder markers', async (t) => {
  t.equal(isFolderMarker('a/', 0), true);
  t.equal(isFolderMarker('a/', 1), false);
  t.equal(isFolderMarker('a', 0), false);
});
