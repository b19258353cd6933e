import { readFileSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';
import { maximumMonthlyCost } from '../../../src/cloud/description/maximum-monthly-cost.ts';
import {
  checkUploadSide,
  parseUploadSide,
  uploadSideJsonSchema,
} from '../../../src/cloud/description/parse-upload-side.ts';
import { promoterSettingsOf } from '../../../src/cloud/description/promoter-settings-of.ts';
import type { JsonSchema } from '../../../src/core/config/json-schema-of.ts';
import { settingsOf } from '../../../src/core/config/nearest-key.ts';
import { valuesAt, withOptionalSettings } from '../../support/example-config.ts';
import { jsonSchemaFlaws } from '../../support/json-schema-flaws.ts';
import { exampleUploadSide, exampleUploadSideFile, uploadSideText } from '../../support/upload-side-text.ts';

const whole = withOptionalSettings(exampleUploadSide);

t.test('the example is a description without anything to warn of', async (t) => {
  const check = checkUploadSide({ text: exampleUploadSide, file: exampleUploadSideFile });
  if (!check.ok) throw new Error(JSON.stringify(check.mistakes));
  t.same(check.warnings, []);
  t.match(check.side, {
    file: exampleUploadSideFile,
    name: 'pullmirror',
    inbox: 'example-inbox',
    vault: 'example-vault',
    servers: [{ name: 'web1', prefix: 'web1/', level: 'strict', names: [], mayKeepOwnerAcl: false }],
    mirrors: [{ name: 'home-pi', mayBeAwayDays: 14 }],
    lock: { mode: 'GOVERNANCE', days: 30 },
    lifecycle: { inboxExpireDays: 30, archive: null, expireDays: 400 },
  });
});

t.test('so is the example with every optional setting in use', async (t) => {
  t.not(whole, exampleUploadSide);
  const check = checkUploadSide({ text: whole, file: exampleUploadSideFile });
  if (!check.ok) throw new Error(JSON.stringify(check.mistakes));
  t.same(
    check.warnings.map(({ code }) => code),
    ['archive-small-objects'],
  );
  t.same(check.side.lifecycle.archive, { storageClass: 'GLACIER_IR', afterDays: 60 });
});

t.test('it mentions every setting, with its default', async (t) => {
  const value: unknown = parse(whole);
  for (const setting of settingsOf(uploadSideJsonSchema()))
    t.ok(valuesAt(value, setting).length > 0, setting.join('.'));
  for (const [setting, byDefault] of defaults(uploadSideJsonSchema())) {
    t.strictSame(valuesAt(value, setting)[0], byDefault, `${setting.join('.')} shows its default`);
  }
});

t.test('the shortest description in the README works', async (t) => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  const block = /the shortest that works:\n\n((?: {4}.*\n)+)/.exec(readme)?.[1] ?? '';
  const side = parseUploadSide({ text: block.replace(/^ {4}/gm, ''), file: 'README.md' });
  t.match(side, { servers: [{ prefix: 'web1/', level: 'strict' }], mirrors: [{ mayBeAwayDays: 14 }] });
});

t.test('its cost is below what the example of maxMonthlyCost allows', async (t) => {
  const side = parseUploadSide({ text: exampleUploadSide, file: exampleUploadSideFile });
  const cost = maximumMonthlyCost(side);
  t.ok(cost.bounded && cost.usd < 750 && cost.usd > 300, JSON.stringify(cost));
});

t.test('servers that say nothing get the rules of the article, at the defaults of the design', async (t) => {
  const side = parseUploadSide({ text: uploadSideText(), file: 'x.yaml' });
  t.strictSame(promoterSettingsOf(side), {
    inbox: 'example-inbox',
    vault: 'example-vault',
    timezone: 'Europe/Berlin',
    servers: [
      {
        name: 'web1',
        prefix: 'web1/',
        rules: [
          { upload: 'backup.tar.gz.gpg', becomes: '{date}.tar.gz.gpg', minSizeBytes: 1, maxSizeBytes: 20e9 },
          { upload: 'sql.gz.gpg', becomes: '{date}.{hour}.sql.gz.gpg', minSizeBytes: 1, maxSizeBytes: 20e9 },
        ],
      },
    ],
  });
});

t.test('the schema for editors accepts what is accepted, and marks mistakes', async (t) => {
  const flaws = (text: string) => jsonSchemaFlaws(uploadSideJsonSchema(), parse(text));
  t.same(flaws(exampleUploadSide), []);
  t.same(flaws(whole), []);
  t.same(flaws(uploadSideText()), []);
  for (const wrong of [
    { vault: 'Vault' },
    { servers: [] },
    { servers: [{ name: 'a', prefix: 'a' }] },
    { servers: [{ name: 'a', promote: [{ upload: 'x' }] }] },
    { lock: { mode: 'COMPLIANCE' } },
    { lifecycle: { expire: 400 } },
  ]) {
    t.not(flaws(uploadSideText(wrong)).length, 0, JSON.stringify(wrong));
  }
});

t.test('the schema for editors marks unknown keys and describes every setting', async (t) => {
  const check = (schema: JsonSchema, path: string) => {
    const group = schema.items ?? schema;
    if (group.properties === undefined) return;
    t.equal(group.additionalProperties, false, path);
    for (const [name, below] of Object.entries(group.properties)) {
      t.ok(below.description, `${path}.${name}`);
      if (below.pattern !== undefined) t.doesNotThrow(() => new RegExp(below.pattern ?? '', 'u'), `${path}.${name}`);
      check(below, `${path}.${name}`);
    }
  };
  check(uploadSideJsonSchema(), '');
});

/** Settings of one value with a default of their own. */
function defaults(
  schema: JsonSchema,
  path: readonly string[] = [],
): readonly (readonly [readonly string[], unknown])[] {
  const own =
    schema.default !== undefined && typeof schema.default !== 'object' ? [[path, schema.default] as const] : [];
  const below = Object.entries(schema.properties ?? schema.items?.properties ?? {});
  return [...own, ...below.flatMap(([name, part]) => defaults(part, [...path, name]))];
}
