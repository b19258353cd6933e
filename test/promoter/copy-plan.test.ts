import fc from 'fast-check';
import t from 'tap';
import { MAX_COPY_BYTES, planCopy } from '../../src/promoter/copy-plan.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

t.test('small ones in one part without a range, 50 GB in a few hundred', async (t) => {
  for (const sizeBytes of [1, 5 * MIB, 128 * MIB]) t.same(planCopy(sizeBytes), [{ partNumber: 1, range: null }]);
  t.same(planCopy(128 * MIB + 1), [
    { partNumber: 1, range: { first: 0, last: 128 * MIB - 1 } },
    { partNumber: 2, range: { first: 128 * MIB, last: 128 * MIB } },
  ]);
  t.equal(planCopy(50e9).length, 373);
  t.equal(planCopy(5 * 1024 * GIB).length, 9987);
  t.equal(planCopy(MAX_COPY_BYTES).length, 10_000);
});

t.test('every byte once, within the limits of S3', async () => {
  const size = fc.oneof(
    fc.integer({ min: 1, max: MAX_COPY_BYTES }),
    fc
      .integer({ min: 1, max: 10_000 })
      .chain((parts) => fc.integer({ min: -1, max: 1 }).map((more) => parts * 128 * MIB + more)),
  );
  fc.assert(
    fc.property(size, (sizeBytes) => {
      const parts = planCopy(sizeBytes);
      let next = 0;
      for (const [index, { partNumber, range }] of parts.entries()) {
        const { first, last } = range ?? { first: 0, last: sizeBytes - 1 };
        const bytes = last - first + 1;
        const isLast = index === parts.length - 1;
        if (partNumber !== index + 1 || first !== next || bytes < 1 || bytes > 5 * GIB)
          throw new Error(`part ${partNumber}`);
        if (!isLast && bytes < 5 * MIB) throw new Error(`part ${partNumber} is too small`);
        next = last + 1;
      }
      return next === sizeBytes && parts.length <= 10_000 && parts.length > 1 === (parts[0]?.range !== null);
    }),
    { numRuns: 100 },
  );
});

t.test('sizes of no object', async (t) => {
  for (const sizeBytes of [0, -1, 1.5, Number.NaN, MAX_COPY_BYTES + 1, Number.POSITIVE_INFINITY]) {
    t.throws(() => planCopy(sizeBytes), RangeError, String(sizeBytes));
  }
});
