import t from 'tap';
import { FirstOfMany, NAMED_AT_MOST } from '../../src/core/first-of-many.ts';

t.test('the first are named, all are counted, those of another one too', async (t) => {
  const many = new FirstOfMany<number>();
  for (let one = 0; one < NAMED_AT_MOST - 1; one += 1) many.add(one);
  const others = new FirstOfMany<number>();
  for (let one = 0; one < NAMED_AT_MOST + 5; one += 1) others.add(one);
  t.equal(others.first.length, NAMED_AT_MOST);
  many.addAll(others);
  t.equal(many.count, 2 * NAMED_AT_MOST + 4);
  t.equal(many.first.length, NAMED_AT_MOST);
  t.equal(many.first.at(-1), 0);
});
