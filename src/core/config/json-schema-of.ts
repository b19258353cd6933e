import * as z from 'zod';

/** Marks a group that may also be written as its URL alone: read by `expandShortForms`, shown by `jsonSchemaOf`. */
export const SHORT_FORM = 'url';

/** As much of JSON Schema (2020-12) as the files that people write here use. */
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

/** JSON Schema of a file as it is written, for editors. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const made: unknown = z.toJSONSchema(schema, {
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
