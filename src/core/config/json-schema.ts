import { type JsonSchema, jsonSchemaOf } from './json-schema-of.ts';
import { configSchema } from './schema.ts';

/** JSON Schema of the configuration file as it is written, for editors (`pullmirror config schema`). */
export function configJsonSchema(): JsonSchema {
  return jsonSchemaOf(configSchema);
}
