import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { formatChecksumLine, parseChecksumLine } from '../../src/core/sha256sums.ts';
import { codePoint } from '../support/code-point.ts';

const HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

t.test('a line is what sha256sum writes', async (t) => {
  t.equal(formatChecksumLine({ sha256: HASH, path: 'web1/a b.gpg' }), `${HASH}  web1/a b.gpg\n`);
  t.equal(
    formatChecksumLine({ sha256: HASH, path: 'a\\b\nc' }),
    `\\${HASH}  a\\\\b\\nc\n`,
    'the form of GNU coreutils',
  );
  t.equal(formatChecksumLine({ sha256: HASH, path: '-' }), `${HASH}  ./-\n`, 'a dash alone would be standard input');
});

t.test('what is no SHA-256 or no path is refused', async (t) => {
  t.throws(() => formatChecksumLine({ sha256: HASH.toUpperCase(), path: 'a' }), TypeError);
  t.throws(() => formatChecksumLine({ sha256: 'abc', path: 'a' }), TypeError);
  t.throws(() => formatChecksumLine({ sha256: HASH, path: '' }), TypeError);
});

t.test('lines of others are understood', async (t) => {
  t.same(parseChecksumLine(`${HASH.toUpperCase()} *a`), { sha256: HASH, path: 'a' }, 'binary mark, upper case');
  t.same(parseChecksumLine(`${HASH}  ./a`), { sha256: HASH, path: 'a' }, 'find . -exec sha256sum');
  for (const bad of [
    '',
    'a',
    HASH,
    `${HASH}  `,
    `${HASH.slice(1)}  a`,
    `${HASH} a`,
    `\\${HASH}  a\\x`,
    `\\${HASH}  a\\`,
  ]) {
    t.equal(parseChecksumLine(bad), null, JSON.stringify(bad));
  }
});

t.test('what was formatted is parsed again, whatever the path', async () => {
  const path = fc.string({ unit: codePoint, minLength: 1 }).filter((text) => !text.startsWith('./'));
  fc.assert(
    fc.property(path, (each) => {
      const line = { sha256: HASH, path: each };
      const [row = '', ...rest] = formatChecksumLine(line).split('\n');
      deepStrictEqual([parseChecksumLine(row), ...rest], [line, '']);
    }),
    { numRuns: 1000 },
  );
});
