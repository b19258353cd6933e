import fc from 'fast-check';
import t from 'tap';
import { RangeSet } from '../../src/core/range-set.ts';

t.test('gaps are cut into pieces, lowest first', async (t) => {
  const set = new RangeSet();
  set.add({ start: 10, end: 20 });
  set.add({ start: 30, end: 31 });
  t.strictSame(set.missing(40, 8), [
    { start: 0, end: 8 },
    { start: 8, end: 10 },
    { start: 20, end: 28 },
    { start: 28, end: 30 },
    { start: 31, end: 39 },
    { start: 39, end: 40 },
  ]);
  t.equal(set.bytes, 11);
  t.equal(set.contiguousEnd, 0);
  set.add({ start: 0, end: 10 });
  t.equal(set.contiguousEnd, 20);
  t.strictSame(new RangeSet().missing(0, 8), []);
});

t.test('property: it agrees with a plain array of bytes', async () => {
  const span = fc.tuple(fc.nat(60), fc.nat(20)).map(([start, length]) => ({ start, end: start + length }));
  fc.assert(
    fc.property(
      fc.array(span),
      fc.integer({ min: 1, max: 90 }),
      fc.integer({ min: 1, max: 30 }),
      (spans, size, piece) => {
        const set = new RangeSet();
        const bytes = new Array<boolean>(100).fill(false);
        for (const one of spans) {
          set.add(one);
          bytes.fill(true, one.start, one.end);
        }
        const missing = set.missing(size, piece);
        const covered = bytes.slice(0, size);
        for (const gap of missing) {
          if (gap.end - gap.start > piece || gap.end <= gap.start) return false;
          for (let i = gap.start; i < gap.end; i++) {
            if (covered[i] !== false) return false;
            covered[i] = true;
          }
        }
        const firstHole = bytes.indexOf(false);
        return covered.every(Boolean) && set.bytes === bytes.filter(Boolean).length && set.contiguousEnd === firstHole;
      },
    ),
  );
});
