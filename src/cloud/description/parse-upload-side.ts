import { checkYaml, mistakeLines, type YamlRules } from '../../core/config/check-yaml.ts';
import { type JsonSchema, jsonSchemaOf } from '../../core/config/json-schema-of.ts';
import type { Mistake } from '../../core/config/mistake.ts';
import { AppError } from '../../core/errors.ts';
import { crossCheck } from './cross-checks.ts';
import { type CheckedDescription, descriptionSchema } from './schema.ts';
import { toUploadSide } from './to-upload-side.ts';
import type { UploadSide } from './upload-side.ts';
import { type WarningCode, warnings } from './warnings.ts';

export interface UploadSideText {
  readonly text: string;
  /** Its name, for messages. */
  readonly file: string;
}

/** A warning with its place in the file. */
export interface LocatedWarning extends Mistake {
  readonly code: WarningCode;
}

export type UploadSideCheck =
  | { readonly ok: true; readonly side: UploadSide; readonly warnings: readonly LocatedWarning[] }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] };

const RULES: YamlRules<CheckedDescription> = {
  schema: descriptionSchema,
  jsonSchema: uploadSideJsonSchema,
  emptyWords: 'is empty; region, timezone, inbox, vault and servers are needed',
  secretsBelong: 'the left half is described without any; keys are made after it is set up',
  expand: leaveOutEmptySections,
  crossCheck,
};

/**
 * Reads a description of the left half (config/upload-side.example.yaml explains it).
 * Throws CONFIG_INVALID with every mistake in it, a line each: file:line:column: setting: what is wrong.
 */
export function parseUploadSide(source: UploadSideText): UploadSide {
  const check = checkUploadSide(source);
  if (check.ok) return check.side;
  throw new AppError('CONFIG_INVALID', mistakeLines(source.file, check.mistakes), {
    hint: 'Correct the lines named above; config/upload-side.example.yaml explains every setting.',
  });
}

/** As `parseUploadSide`, with mistakes, or what is dangerous, as data in the order of the file. */
export function checkUploadSide({ text, file }: UploadSideText): UploadSideCheck {
  const check = checkYaml(text, RULES);
  if (!check.ok) return check;
  const side = toUploadSide(check.value, file);
  const located = warnings(side).map(({ code, path, message }) => ({
    code,
    ...check.locate({ path, at: 'key', message }),
  }));
  return { ok: true, side, warnings: located };
}

/** JSON Schema of the description as it is written, for editors (`pullmirror cloud schema`). */
export function uploadSideJsonSchema(): JsonSchema {
  return jsonSchemaOf(descriptionSchema);
}

/** An optional section whose every line is commented out (YAML reads null) is a section left out. */
function leaveOutEmptySections(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const optional = ['mirrors', 'lock', 'lifecycle'];
  return Object.fromEntries(Object.entries(value).filter(([key, below]) => below !== null || !optional.includes(key)));
}
