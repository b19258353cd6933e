import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { generatedDocs } from '../support/generated-docs.ts';

const root = new URL('../../', import.meta.url);

t.test(
  'what is made from the program is current, the table of errors in the README too; `npm run docs` makes them',
  async (t) => {
    for (const [path, text] of generatedDocs()) t.equal(readFileSync(new URL(path, root), 'utf8'), text, path);
  },
);

t.test('no schema is left of a command that is gone', async (t) => {
  const expected = [...generatedDocs().keys()].filter((path) => path.startsWith('docs/schemas/'));
  t.same(
    readdirSync(new URL('docs/schemas', root))
      .map((name) => `docs/schemas/${name}`)
      .sort(),
    expected.sort(),
  );
});
