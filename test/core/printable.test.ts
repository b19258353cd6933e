import fc from 'fast-check';
import t from 'tap';
import { fromPrintableName, printable, printableJson, printableName } from '../../src/core/printable.ts';

const cases: [input: string, shown: string][] = [
  ['web1/2026-11-20.tar.gz.gpg', 'web1/2026-11-20.tar.gz.gpg'],
  ['Größe 文 😀', 'Größe 文 😀'],
  ['\x1b[2J', '\\x1b[2J'],
  ['a\nb\tc\r', 'a\\x0ab\\x09c\\x0d'],
  ['\x7f\x9b31m', '\\x7f\\x9b31m'],
  ['gpg.\u202egpj.exe', 'gpg.\\u202egpj.exe'],
  ['\u2028\u200b', '\\u2028\\u200b'],
  ['\ud800', '\\ud800'],
  ['\u{e0041}', '\\u{e0041}'],
];

for (const [input, shown] of cases) {
  t.test(`shown as ${shown.replaceAll('\\', '_')}`, async (t) => {
    t.equal(printable(input), shown);
  });
}

const anyText = fc.string({
  unit: fc
    .oneof(fc.integer({ min: 0, max: 0x2fff }), fc.integer({ min: 0xd800, max: 0xdfff }))
    .map((n) => String.fromCharCode(n)),
});

t.test('nothing that steers a terminal survives, and a second time changes nothing', async () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const shown = printable(text);
      return !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(shown) && printable(shown) === shown;
    }),
  );
});

t.test('a name can be read back from what is shown of it, and no two names are shown alike', async (t) => {
  fc.assert(
    fc.property(anyText, (text) => {
      const shown = printableName(text);
      return printable(shown) === shown && fromPrintableName(shown) === text;
    }),
  );
  t.equal(printableName('a\nb'), 'a\\x0ab');
  t.equal(printableName('a\\x0ab'), 'a\\\\x0ab');
  t.equal(
    fromPrintableName('C:\\dir \\u{1F600} \\u{110000} \\'),
    'C:\\dir \u{1F600} \\u{110000} \\',
    'what is no escape stays',
  );
});

t.test('JSON keeps the text and is safe to show', async () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const json = printableJson({ text });
      return !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(json) && (JSON.parse(json) as { text: string }).text === text;
    }),
  );
  t.equal(printableJson('\u{e0041}'), '"\\udb40\\udc41"');
});
