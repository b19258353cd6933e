import fc from 'fast-check';
import t from 'tap';
import { compareKeys } from '../../src/core/key-order.ts';

t.test('property: the order is that of the UTF-8 bytes', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', '/', '\uffee', '\u{1f600}', '\u{10ffff}', '\u07ff', '\0') });
  fc.assert(
    fc.property(text, text, (a, b) => Math.sign(compareKeys(a, b)) === Buffer.compare(Buffer.from(a), Buffer.from(b))),
  );
});
