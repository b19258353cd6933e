import fc from 'fast-check';
import t from 'tap';
import { findOddSize, hasSizeLasted, isFarOff, type SizedArchive } from '../../../src/core/keep/size-check.ts';

const DAY = 24 * 60 * 60 * 1000;
const NONE_RELEASED = { factor: 4, releasedThroughId: 0 };

/** One archive a day, the newest first; numbers grow with time. */
const daily = (...sizes: number[]): SizedArchive[] =>
  sizes.map((sizeBytes, index) => ({ id: sizes.length - index, timeMs: (1000 - index) * DAY, sizeBytes }));

const odd: [what: string, newestFirst: number[], isOdd: boolean][] = [
  ['nothing', [], false],
  ['two before it are too few', [1, 100, 100], false],
  ['three before it are enough', [1, 100, 100, 100], true],
  ['exactly four times is not more than four times', [400, 100, 100, 100], false],
  ['more than four times larger', [401, 100, 100, 100], true],
  ['exactly a quarter', [25, 100, 100, 100], false],
  ['less than a quarter', [24, 100, 100, 100], true],
  ['the median does not follow one outlier', [100, 100, 100_000, 100], false],
  ['nothing where there was something', [0, 100, 100, 100], true],
  ['something where there was nothing', [1, 0, 0, 0], true],
  ['nothing where there was nothing', [0, 0, 0, 0], false],
  ['only the 15 before it count', [100, ...Array(15).fill(100), ...Array(100).fill(1)], false],
];
for (const [what, sizes, isOdd] of odd) {
  t.equal(findOddSize(daily(...sizes), NONE_RELEASED) !== null, isOdd, what);
}

t.test('it explains itself', async (t) => {
  t.match(findOddSize(daily(7, 100, 90, 110), NONE_RELEASED), {
    newest: { id: 4 },
    medianBytes: 100,
    before: 3,
    fromMs: 997 * DAY,
    toMs: 999 * DAY,
  });
});

t.test('released: neither the archive itself nor the next of its size, but one of a third size', async (t) => {
  const released = { factor: 4, releasedThroughId: 4 };
  t.equal(findOddSize(daily(1, 100, 100, 100), released), null);
  t.equal(findOddSize(daily(1, 1, 100, 100, 100), released), null);
  t.not(findOddSize(daily(9999, 1, 100, 100, 100), released), null);
  t.not(findOddSize(daily(100, 1, ...Array(14).fill(9999)), { factor: 4, releasedThroughId: 1 }), null, 'long ago');
});

const HOUR = DAY / 24;
const hourly = (archives: number): SizedArchive[] =>
  daily(...Array(archives).fill(1)).map((one) => ({ ...one, timeMs: one.id * HOUR }));

const lasted: [what: string, archives: SizedArchive[], expectEveryMs: number | null, has: boolean][] = [
  ['six days alike', daily(1, 1, 1, 1, 1, 1, 100), DAY, false],
  ['seven archives, six days apart', daily(1, 1, 1, 1, 1, 1, 1, 100), DAY, true],
  ['seven, but of a weekly series', daily(1, 1, 1, 1, 1, 1, 1, 100), 7 * DAY, false],
  ['alike within the factor', daily(1, 2, 4, 3, 2, 1, 4, 100), DAY, true],
  ['each near the next, the first far from the last', daily(1, 2, 4, 8, 16, 32, 64), DAY, false],
  ['an hourly series, within six hours', hourly(8), HOUR, false],
  ['an hourly series, after a day', hourly(25), HOUR, true],
  ['without expectEvery six days are asked for', daily(1, 1, 1, 1, 1, 1, 1), null, true],
  [
    'a hundred within a minute',
    daily(...Array(100).fill(1)).map((one) => ({ ...one, timeMs: one.id * 500 })),
    null,
    false,
  ],
  [
    'a hundred of an hourly series within a minute',
    daily(...Array(100).fill(1)).map((one) => ({ ...one, timeMs: one.id * 500 })),
    DAY / 24,
    false,
  ],
];
for (const [what, archives, expectEveryMs, has] of lasted) {
  t.equal(hasSizeLasted(archives, { factor: 4, expectEveryMs }), has, what);
}

t.test('whatever sizes an attacker uploads', async () => {
  const size = fc.oneof(fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER), fc.maxSafeNat(), fc.nat(1000));
  const factor = fc.double({ min: 1.5, max: 1000, noNaN: true });
  fc.assert(
    fc.property(fc.array(size, { maxLength: 40 }), factor, (sizes, factor) => {
      const archives = daily(...sizes);
      const found = findOddSize(archives, { factor, releasedThroughId: 0 });
      if (found !== null) {
        // What it says is true, and the owner's release ends it.
        if (!isFarOff(found.newest.sizeBytes, found.medianBytes, factor)) return false;
        if (!sizes.slice(1, 16).includes(found.medianBytes)) return false;
        if (findOddSize(archives, { factor, releasedThroughId: found.newest.id }) !== null) return false;
      }
      return !(
        hasSizeLasted(archives, { factor, expectEveryMs: DAY }) && isFarOff(sizes[0] ?? 0, sizes[6] ?? 0, factor)
      );
    }),
  );
  fc.assert(
    fc.property(
      size,
      size,
      factor,
      (one, other, factor) => isFarOff(one, other, factor) === isFarOff(other, one, factor),
    ),
  );
});
