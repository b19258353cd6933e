import * as z from 'zod';
import { configSchema, SHORT_FORM } from './schema.ts';

/** As much of JSON Schema (2020-12) as the configuration's own uses. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

/** JSON Schema of the configuration file as it is written, for editors (`pullmirror config schema`). */
export function configJsonSchema(): JsonSchema {
  const made: unknown = z.toJSONSchema(configSchema, {
    io: 'input',
    override: ({ jsonSchema }) => addShortForm(jsonSchema),
  });
  return made as JsonSchema;
}

/** `ntfy: https://…` is as good as `ntfy: { url: https://… }`. */
function addShortForm(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.shortForm !== SHORT_FORM) return;
  const { description, shortForm: _mark, ...group } = schema;
  for (const key of Object.keys(schema)) delete schema[key];
  Object.assign(schema, { description, anyOf: [group.properties?.[SHORT_FORM] ?? { type: 'string' }, group] });
}
