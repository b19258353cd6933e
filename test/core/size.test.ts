import fc from 'fast-check';
import t from 'tap';
import {
  formatBytes,
  formatRate,
  parseRate,
  parseSize,
  parseSizeLimit,
  SIZE_PATTERN,
  sizeLimitBytes,
} from '../../src/core/size.ts';

t.test('sizes are read in thousands and in 1024s', async (t) => {
  const cases: [string | number, number][] = [
    [0, 0],
    [1234, 1234],
    ['1234', 1234],
    ['8MB', 8_000_000],
    ['8 MB', 8_000_000],
    ['5GiB', 5 * 1024 ** 3],
    ['1.5kB', 1500],
    ['1.5KB', 1500],
    ['2TB', 2e12],
    ['1PiB', 1024 ** 5],
    [' 7 B ', 7],
  ];
  for (const [text, bytes] of cases) t.same(parseSize(text), { ok: true, value: bytes }, String(text));
});

t.test('what is not a size is refused', async (t) => {
  for (const text of [
    '',
    'x',
    '8M',
    '8mb',
    '8Mb',
    '-1',
    '1e9',
    '8 XB',
    '1,5GB',
    '1.GB',
    '.5GB',
    '0x10',
    'Infinity',
    -1,
    1.5e300,
    '5%',
    '9999PB',
  ]) {
    t.equal(parseSize(text).ok, false, String(text));
  }
});

t.test('a limit is a size or a share of the disk', async (t) => {
  t.same(parseSizeLimit('5%'), { ok: true, value: { kind: 'percent', percent: 5, text: '5%' } });
  t.same(parseSizeLimit('20GB'), { ok: true, value: { kind: 'bytes', bytes: 20e9, text: '20GB' } });
  for (const text of ['91%', '-5%', '%', '5 percent', '5%%', '101%']) t.equal(parseSizeLimit(text).ok, false, text);
  t.equal(
    sizeLimitBytes({ kind: 'percent', percent: 5, text: '5%' }, 1001),
    51,
    'rounded up: free room is never eaten',
  );
  t.equal(sizeLimitBytes({ kind: 'bytes', bytes: 7, text: '7' }, 1001), 7);
});

t.test('rates count bytes per second', async (t) => {
  t.same(parseRate('8MB/s'), { ok: true, value: 8_000_000 });
  t.same(parseRate('500 kB/s'), { ok: true, value: 500_000 });
  t.same(parseRate('unlimited'), { ok: true, value: null });
  for (const text of ['8MB', '8', '8/s', '0MB/s', '10B/s', '8Mb/s', '8Mbit/s', '8Mbps', 'none', '', 'Unlimited/s']) {
    t.equal(parseRate(text).ok, false, text);
  }
  const bits = parseRate('8Mbit/s');
  t.match(bits, { problem: /bits/ }, 'a line is sold in bits: the difference is explained');
});

t.test('bytes for people', async (t) => {
  const cases: [number, string][] = [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [1500, '1.5 kB'],
    [9_949, '9.9 kB'],
    [9_950, '10 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [2_147_483_648, '2.1 GB'],
    [5e12, '5.0 TB'],
    [2e18, '2000 PB'],
    [-1500, '-1.5 kB'],
  ];
  for (const [bytes, text] of cases) t.equal(formatBytes(bytes), text);
  t.equal(formatRate(8e6), '8.0 MB/s');
  t.equal(formatRate(null), 'unlimited');
});

t.test('properties', async (t) => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 31 }), (bytes) => {
      const read = parseSize(`${bytes}B`);
      return read.ok && read.value === bytes;
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      const read = parseSize(text);
      return (
        !read.ok || (Number.isSafeInteger(read.value) && read.value >= 0 && new RegExp(SIZE_PATTERN).test(text.trim()))
      );
    }),
  );
  // What is shown is within five percent of what is.
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e15 }), (bytes) => {
      const read = parseSize(formatBytes(bytes));
      return read.ok && Math.abs(read.value - bytes) <= bytes * 0.05;
    }),
  );
  t.pass();
});
