import fc from 'fast-check';
import { XMLParser } from 'fast-xml-parser';
import t from 'tap';
import { S3Error } from '../../../src/demo/s3-server/s3-error.ts';
import { childText, parseXml, xmlDocument } from '../../../src/demo/s3-server/xml.ts';
import { codePoint } from '../../support/code-point.ts';

t.test('what is written is read back, markup and control characters included', async () => {
  fc.assert(
    fc.property(fc.string({ unit: codePoint }), (text) => {
      const root = parseXml(xmlDocument('Result', { Key: text, Size: 1 }), 'Result');
      return childText(root, 'Key') === text && childText(root, 'Size') === '1';
    }),
  );
});

t.test('another parser reads it too', async (t) => {
  const xml = xmlDocument('Result', { Contents: [{ Key: 'a<b>&"c' }, { Key: 'd' }], Nothing: null });
  t.same(new XMLParser({ ignoreDeclaration: true, ignoreAttributes: true }).parse(xml), {
    Result: { Contents: [{ Key: 'a<b>&"c' }, { Key: 'd' }] },
  });
});

t.test('namespaces, prefixes, comments, CDATA, references', async (t) => {
  const root = parseXml(
    `<?xml version='1.0'?><!-- x --><s:A xmlns:s="u"><s:B> a&#x41;&#66;<![CDATA[<&]]></s:B><C/></s:A>\n`,
    'A',
  );
  t.equal(childText(root, 'B'), ' aAB<&');
  t.equal(childText(root, 'C'), '');
  t.equal(childText(root, 'D'), undefined);
});

t.test('anything else is MalformedXML, never another error', async (t) => {
  const deep = `${'<A>'.repeat(100_000)}`;
  const broken = ['', '<A>', '<A></B>', '<A/><A/>', '<A>&x;</A>', '<A>&amp</A>', '<A>&#x110000;</A>', deep];
  for (const text of [...broken, '<!DOCTYPE A [<!ENTITY x "y">]><A>&x;</A>']) {
    t.throws(() => parseXml(text, 'A'), { code: 'MalformedXML' }, JSON.stringify(text.slice(0, 40)));
  }
  const pieces = fc.array(
    fc.constantFrom('<A>', '</A>', '<A/>', '&lt;', '&', '<', '>', 'x', '<!--', '-->', '<![CDATA[', ']]>'),
  );
  fc.assert(
    fc.property(pieces, (list) => {
      try {
        parseXml(list.join(''), 'A');
      } catch (error) {
        if (!(error instanceof S3Error)) throw error;
      }
    }),
  );
});
