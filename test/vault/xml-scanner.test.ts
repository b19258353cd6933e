import fc from 'fast-check';
import t from 'tap';
import { isAppError } from '../../src/core/errors.ts';
import { scanXml } from '../../src/vault/xml-scanner.ts';
import { codePoint } from '../support/code-point.ts';

/** The leaves as path and text, in order. */
function leavesOf(document: string | Buffer): [string, string][] {
  const path: string[] = [];
  const leaves: [string, string][] = [];
  scanXml(Buffer.from(document), {
    open(name, depth) {
      path.push(name);
      if (path.length !== depth) throw new Error('depth');
    },
    leaf: (_name, _depth, text) => leaves.push([path.join('/'), text()]),
    close(name) {
      if (path.pop() !== name) throw new Error('order');
    },
  });
  return leaves;
}

t.test('elements, text, entities, CDATA, comments, attributes, empty tags', async (t) => {
  t.same(
    leavesOf(
      `\uFEFF<?xml version="1.0"?>\n<!-- hello <b> -->\n<a x="1 > 2" y='</a>'><b>one &amp; &lt;two&gt; &quot;&apos;&#233;&#x1F4BE;</b ><c/><d >\n </d>` +
        `<e><f><![CDATA[<raw> & ]]>&amp;<!-- no -->x</f><g></g></e>mixed é</a>\n<?end?>\n<!-- bye -->\n`,
    ),
    [
      ['a/b', 'one & <two> "\'é💾'],
      ['a/c', ''],
      ['a/d', '\n '],
      ['a/e/f', '<raw> & &x'],
      ['a/e/g', ''],
    ],
  );
});

t.test('what is not whole or not XML', async (t) => {
  for (const bad of [
    '',
    ' ',
    'text',
    '<a>',
    '<a',
    '<a></b>',
    '<a></ab>',
    '<ab></a>',
    '<a></a',
    '</a>',
    '<a></a></a>',
    '<a></a><b></b>',
    '<a></a>x',
    'x<a></a>',
    '<></>',
    '< a></ a>',
    '<a><b></a></b>',
    '<!DOCTYPE a><a></a>',
    '<a><!-- </a>',
    '<a><![CDATA[</a>',
    '<a>&nosuch;</a>',
    '<a>&</a>',
    '<a>&#x110000;</a>',
    '<a b="></a>',
    '<a <b></b></a>',
    '<a>'.repeat(1000),
  ]) {
    t.throws(() => leavesOf(bad), { code: 'VAULT_BAD_ANSWER' }, bad.slice(0, 30));
  }
});

const text = fc.string({ unit: codePoint, maxLength: 12 }).map((raw) => raw.toWellFormed());
const escapeXml = (raw: string): string => raw.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

t.test('any text comes back, and no beginning of a document passes for a document', async () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 5 }), fc.nat(), (texts, place) => {
      const document = Buffer.from(`<r>${texts.map((one) => `<k>${escapeXml(one)}</k>`).join('')}</r>`);
      const got = leavesOf(document).filter(([path]) => path === 'r/k');
      if (got.some(([, one], i) => one !== texts[i]) || got.length !== texts.length) throw new Error('other texts');
      try {
        leavesOf(document.subarray(0, place % document.length));
      } catch (error) {
        return isAppError(error, 'VAULT_BAD_ANSWER');
      }
      return false;
    }),
  );
});

t.test('garbage never ends in anything but an AppError', async () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '<',
      '>',
      '</',
      '/>',
      '<a',
      'a>',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?',
      '?>',
      '&',
      ';',
      '"',
      '=',
    ),
    text,
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      try {
        leavesOf(pieces.join(''));
      } catch (error) {
        return isAppError(error, 'VAULT_BAD_ANSWER');
      }
      return true;
    }),
    { numRuns: 2000 },
  );
});
