import { deepStrictEqual } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as fc from 'fast-check';
import t from 'tap';
import { promoterSettingsOf } from '../../../src/cloud/description/promoter-settings-of.ts';
import { inlineCode } from '../../../src/cloud/template/inline-code.ts';
import { readPromoterBundle } from '../../../src/cloud/template/read-promoter-bundle.ts';
import type { PromoterSettings } from '../../../src/core/promoter-settings.ts';
import { codePoint } from '../../support/code-point.ts';
import { ROOT_DIR } from '../../support/root-dir.ts';
import { SIDE } from '../policies/example-side.ts';

const run = promisify(execFile);
const modules = join(import.meta.dirname, '../../../node_modules');

const PLAIN = { noNullPrototype: true };
const ASK = `
const { handler } = require('./index.js');
const context = { getRemainingTimeInMillis: () => 60_000 };
(async () => {
  await handler({ none: 'of ours' }, context).catch(() => {});
  await handler({ Event: 's3:TestEvent' }, context);
  console.log('answered');
})();
`;

/** Stands for the real one: gives back its settings. */
const BUNDLE = 'module.exports = { createHandler: (settings) => settings };\n';

t.test('the code of the template is a CommonJS module with a handler, as Lambda loads one', async (t) => {
  const settings = promoterSettingsOf(SIDE);
  const directory = t.testdir({ 'ask.cjs': ASK, 'package.json': '{}' });
  await writeFile(join(directory, 'index.js'), inlineCode(settings, await readPromoterBundle(ROOT_DIR)));
  const { stdout } = await run(process.execPath, [join(directory, 'ask.cjs')], {
    env: {
      PATH: process.env.PATH,
      NODE_PATH: modules,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AK',
      AWS_SECRET_ACCESS_KEY: 'SK',
    },
  });
  const lines = stdout.trim().split('\n');
  t.equal(lines.at(-1), 'answered', 'S3’s test message needs no answer and sends nothing');
  t.match(JSON.parse(lines[0] ?? ''), { event: 'not-understood' }, 'one line of JSON for what it does not know');
});

t.test('any settings arrive as they are', async () => {
  const text = fc.string({ unit: codePoint, maxLength: 12 });
  const rule = fc.record({ upload: text, becomes: text, minSizeBytes: fc.nat(), maxSizeBytes: fc.nat() }, PLAIN);
  const server = fc.record({ name: text, prefix: text, rules: fc.array(rule, { maxLength: 2 }) }, PLAIN);
  const any: fc.Arbitrary<PromoterSettings> = fc.record(
    {
      inbox: text,
      vault: text,
      timezone: text,
      servers: fc.array(server, { maxLength: 4 }),
    },
    PLAIN,
  );
  fc.assert(
    fc.property(any, (settings) => {
      deepStrictEqual(settingsIn(inlineCode(settings, BUNDLE)), settings);
    }),
    {
      numRuns: 60,
      examples: [[promoterSettingsOf(SIDE)], [{ inbox: '\u2028\'"\\', vault: '$`{a}', timezone: '\n', servers: [] }]],
    },
  );
});

function settingsIn(code: string): unknown {
  const module: { exports: { handler?: unknown } } = { exports: {} };
  new Function('module', 'exports', code)(module, module.exports);
  return module.exports.handler;
}
