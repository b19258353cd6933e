import t from 'tap';
import { parse } from 'yaml';
import { configJsonSchema } from '../../../src/core/config/json-schema.ts';
import type { JsonSchema } from '../../../src/core/config/json-schema-of.ts';
import { exampleConfig, wholeExampleConfig } from '../../support/example-config.ts';
import { jsonSchemaFlaws as flaws } from '../../support/json-schema-flaws.ts';

const schema = configJsonSchema();

const KEYWORDS = new Set([
  ...[
    '$schema',
    'title',
    'description',
    'type',
    'pattern',
    'enum',
    'default',
    'minimum',
    'maximum',
    'minItems',
    'properties',
  ],
  ...['required', 'additionalProperties', 'propertyNames', 'items', 'anyOf'],
]);

t.test('it is JSON Schema and nothing else', async (t) => {
  t.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema');
  t.same(JSON.parse(JSON.stringify(schema)), schema, 'plain JSON');
  for (const part of parts(schema)) {
    for (const keyword of Object.keys(part)) t.ok(KEYWORDS.has(keyword), keyword);
    if (part.pattern !== undefined) t.doesNotThrow(() => new RegExp(part.pattern ?? '', 'u'));
    for (const name of part.required ?? []) t.ok(part.properties?.[name], name);
    if (part.properties !== undefined) t.equal(part.additionalProperties, false, 'unknown keys are marked');
  }
});

t.test('every setting says what it is for', async (t) => {
  for (const part of parts(schema)) {
    for (const [name, setting] of Object.entries(part.properties ?? {})) t.ok(setting.description, name);
  }
});

t.test('it accepts the example, and the example with everything in use', async (t) => {
  t.same(flaws(schema, parse(exampleConfig)), []);
  t.same(flaws(schema, parse(wholeExampleConfig)), []);
});

t.test('it accepts short forms and marks mistakes', async (t) => {
  const base = { store: { path: '/srv' }, vaults: [{ name: 'a', bucket: 'b' }] };
  t.same(flaws(schema, { ...base, alerts: { ntfy: 'https://ntfy.sh/x' } }), []);
  t.same(flaws(schema, { ...base, store: { path: '/srv', minFree: 1000 } }), []);
  for (const wrong of [
    {},
    { ...base, stor: 1 },
    { ...base, store: { path: 'srv' } },
    { ...base, vaults: [] },
    { ...base, vaults: [{ name: 'a' }] },
    { ...base, alerts: { ntfy: 3 } },
    { ...base, alerts: { ntfy: 'ntfy.sh/x' } },
    { ...base, downloads: { concurrency: 0 } },
    { ...base, downloads: { timetable: { '01:00-06:00': '8' } } },
    { ...base, retention: { announce: '24' } },
    { ...base, status: { login: false } },
  ]) {
    t.not(flaws(schema, wrong).length, 0, JSON.stringify(wrong));
  }
});

function parts(part: JsonSchema): readonly JsonSchema[] {
  const more = [...Object.values(part.properties ?? {}), ...(part.anyOf ?? [])];
  if (part.items !== undefined) more.push(part.items);
  if (typeof part.additionalProperties === 'object') more.push(part.additionalProperties);
  return [part, ...more.flatMap(parts)];
}
