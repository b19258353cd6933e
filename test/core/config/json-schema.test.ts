import t from 'tap';
import { parse } from 'yaml';
import { configJsonSchema } from '../../../src/core/config/json-schema.ts';
import type { JsonSchema } from '../../../src/core/config/json-schema-of.ts';
import { exampleConfig, wholeExampleConfig } from '../../support/example-config.ts';

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

/** As much of a validator as the keywords above need. */
function flaws(part: JsonSchema, value: unknown, path = '$'): readonly string[] {
  if (part.anyOf !== undefined) {
    const tries = part.anyOf.map((option) => flaws(option, value, path));
    return tries.some((found) => found.length === 0) ? [] : tries.flat();
  }
  const found: string[] = [];
  const types = part.type === undefined ? [] : [part.type].flat();
  if (types.length > 0 && !types.some((type) => hasType(value, type))) return [`${path} is not ${types.join(' or ')}`];
  if (part.enum !== undefined && !part.enum.includes(value)) found.push(`${path} is none of the values`);
  if (typeof value === 'string' && part.pattern !== undefined && !new RegExp(part.pattern, 'u').test(value))
    found.push(`${path} does not fit`);
  if (typeof value === 'number' && (value < (part.minimum ?? value) || value > (part.maximum ?? value)))
    found.push(`${path} is out of bounds`);
  if (Array.isArray(value)) {
    if (value.length < (part.minItems ?? 0)) found.push(`${path} is too short`);
    for (const [index, entry] of value.entries()) found.push(...flaws(part.items ?? {}, entry, `${path}[${index}]`));
  } else if (typeof value === 'object' && value !== null) {
    for (const name of part.required ?? []) if (!(name in value)) found.push(`${path}.${name} is missing`);
    for (const [name, entry] of Object.entries(value)) {
      const rest = part.additionalProperties;
      const below = part.properties?.[name] ?? (typeof rest === 'object' ? rest : undefined);
      if (below === undefined && rest === false) found.push(`${path}.${name} is unknown`);
      else found.push(...flaws(below ?? {}, entry, `${path}.${name}`));
    }
  }
  return found;
}

function hasType(value: unknown, type: string): boolean {
  switch (type) {
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}
