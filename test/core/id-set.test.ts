import fc from 'fast-check';
import t from 'tap';
import { IdSet } from '../../src/core/id-set.ts';

t.test('property: it is a set of numbers, in ascending order', async (t) => {
  const id = fc.oneof(fc.constantFrom(0, 1, 4095, 4096, 4097, 2 ** 31, Number.MAX_SAFE_INTEGER), fc.nat(20_000));
  const deed = fc.record({ kind: fc.constantFrom('add', 'delete'), id });
  fc.assert(
    fc.property(fc.array(deed), fc.array(id), (deeds, others) => {
      const set = new IdSet();
      const plain = new Set<number>();
      for (const { kind, id } of deeds) {
        if (kind === 'add') {
          set.add(id);
          plain.add(id);
        } else {
          set.delete(id);
          plain.delete(id);
        }
      }
      t.equal(set.size, plain.size);
      t.strictSame(
        [...set],
        [...plain].sort((a, b) => a - b),
      );
      for (const one of others) t.equal(set.has(one), plain.has(one));
    }),
  );
  t.strictSame([...new IdSet([7, 3, 7])], [3, 7]);
});
