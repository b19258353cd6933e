import type { JsonSchema } from '../../src/core/config/json-schema-of.ts';

/** As much of a validator as the keywords above need. */
export function jsonSchemaFlaws(part: JsonSchema, value: unknown, path = '$'): readonly string[] {
  if (part.anyOf !== undefined) {
    const tries = part.anyOf.map((option) => jsonSchemaFlaws(option, value, path));
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
    for (const [index, entry] of value.entries())
      found.push(...jsonSchemaFlaws(part.items ?? {}, entry, `${path}[${index}]`));
  } else if (typeof value === 'object' && value !== null) {
    for (const name of part.required ?? []) if (!(name in value)) found.push(`${path}.${name} is missing`);
    for (const [name, entry] of Object.entries(value)) {
      const rest = part.additionalProperties;
      const below = part.properties?.[name] ?? (typeof rest === 'object' ? rest : undefined);
      if (below === undefined && rest === false) found.push(`${path}.${name} is unknown`);
      else found.push(...jsonSchemaFlaws(below ?? {}, entry, `${path}.${name}`));
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
