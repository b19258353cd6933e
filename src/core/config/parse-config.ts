import { AppError } from '../errors.ts';
import { checkYaml, mistakeLines, type YamlRules } from './check-yaml.ts';
import type { Config } from './config.ts';
import { crossCheck } from './cross-checks.ts';
import { configJsonSchema } from './json-schema.ts';
import type { Mistake } from './mistake.ts';
import { type CheckedFile, configSchema } from './schema.ts';
import { expandShortForms } from './short-forms.ts';
import { toConfig } from './to-config.ts';

export interface ConfigText {
  readonly text: string;
  /** Its name, for messages. */
  readonly file: string;
  /** Timezone of this machine, used where the file names none. */
  readonly machineTimezone?: string;
}

export type ConfigCheck =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] };

const RULES: YamlRules<CheckedFile> = {
  schema: configSchema,
  jsonSchema: configJsonSchema,
  emptyWords: 'is empty; store.path and vaults are needed',
  secretsBelong:
    'put them into a file of their own and name it here ' +
    '(credentials: { file: … } in the AWS shared-credentials format, passwordFile, tokenFile)',
  expand: expandShortForms,
  crossCheck,
};

/** Reads a configuration file. Throws CONFIG_INVALID with every mistake in it, a line each: file:line:column: setting: what is wrong. */
export function parseConfig(source: ConfigText): Config {
  const check = checkConfig(source);
  if (check.ok) return check.config;
  throw new AppError('CONFIG_INVALID', mistakeLines(source.file, check.mistakes));
}

/** As `parseConfig`, with the mistakes as data, in the order of the file. */
export function checkConfig({ text, file, machineTimezone = 'UTC' }: ConfigText): ConfigCheck {
  const check = checkYaml(text, RULES);
  return check.ok ? { ok: true, config: toConfig(check.value, file, machineTimezone) } : check;
}
