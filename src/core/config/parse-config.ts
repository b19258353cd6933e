import type * as z from 'zod';
import { AppError } from '../errors.ts';
import type { Config } from './config.ts';
import { crossCheck } from './cross-checks.ts';
import { type Finding, formatMistake, type KeyPath, type Mistake } from './mistake.ts';
import { unknownKeyWords } from './nearest-key.ts';
import { configSchema } from './schema.ts';
import { findSecrets } from './secrets.ts';
import { expandShortForms } from './short-forms.ts';
import { toConfig } from './to-config.ts';
import { readYaml, type YamlSource } from './yaml-source.ts';

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

const EMPTY_FILE: Mistake = { line: 1, column: 1, path: '', message: 'is empty; store.path and vaults are needed' };

/** Reads a configuration file. Throws CONFIG_INVALID with every mistake in it, a line each: file:line:column: setting: what is wrong. */
export function parseConfig(source: ConfigText): Config {
  const check = checkConfig(source);
  if (check.ok) return check.config;
  throw new AppError('CONFIG_INVALID', check.mistakes.map((mistake) => formatMistake(source.file, mistake)).join('\n'));
}

/** As `parseConfig`, with the mistakes as data, in the order of the file. */
export function checkConfig({ text, file, machineTimezone = 'UTC' }: ConfigText): ConfigCheck {
  const { source, mistakes } = readYaml(text);
  if (source === null) return { ok: false, mistakes };
  const value = expandShortForms(source.value);
  if (value === null) return { ok: false, mistakes: [...mistakes, EMPTY_FILE] };
  const read = configSchema.safeParse(value, { error: wordsFor });
  const findings = [...(read.success ? [] : findingsOf(read.error.issues)), ...crossCheck(value)];
  const all = inOrder([...mistakes, ...withSecretsFirst(source, findings)]);
  if (all.length > 0 || !read.success) return { ok: false, mistakes: all };
  return { ok: true, config: toConfig(read.data, file, machineTimezone) };
}

/** Where a secret stands, that alone is said, and what stands there is not repeated by another message. */
function withSecretsFirst(source: YamlSource, findings: readonly Finding[]): readonly Mistake[] {
  const secrets = findSecrets(source).map((finding) => source.locate(finding));
  const secretPaths = new Set(secrets.map(({ path }) => path));
  const others = findings.map((finding) => source.locate(finding)).filter(({ path }) => !secretPaths.has(path));
  return [...secrets, ...others];
}

function findingsOf(issues: readonly z.core.$ZodIssue[]): readonly Finding[] {
  return issues
    .filter((issue) => issue.code !== 'custom' || !issues.some((other) => liesBelow(other, issue)))
    .flatMap((issue): Finding[] => {
      const path = stepsOf(issue);
      if (issue.code !== 'unrecognized_keys') return [{ path, at: 'value', message: issue.message }];
      return issue.keys.map((key) => ({ path: [...path, key], at: 'key', message: unknownKeyWords([...path, key]) }));
    });
}

/** Whether an issue explains one of its group: a group whose rule is misspelt says nothing about having no rule. */
function liesBelow(issue: z.core.$ZodIssue, group: z.core.$ZodIssue): boolean {
  const depth = issue.path.length + (issue.code === 'unrecognized_keys' ? 1 : 0);
  return depth > group.path.length && group.path.every((step, index) => issue.path[index] === step);
}

function stepsOf({ path }: z.core.$ZodIssue): KeyPath {
  return path.map((step) => (typeof step === 'number' ? step : String(step)));
}

function inOrder(mistakes: readonly Mistake[]): readonly Mistake[] {
  return [...mistakes].sort((a, b) => a.line - b.line || a.column - b.column);
}

/** Plain words for what zod finds; single values bring their own. */
function wordsFor(issue: z.core.$ZodRawIssue): string | undefined {
  const { input } = issue;
  if (input === undefined) return 'is missing';
  if (input === null) return 'has no value; write one, or remove the line';
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${EXPECTED[issue.expected] ?? issue.expected}, not ${kindOf(input)}`;
    case 'invalid_value':
      return `must be ${issue.values.map(String).join(' or ')}`;
    case 'too_small':
      return issue.origin === 'array' ? 'needs at least one entry' : `must be at least ${issue.minimum}`;
    case 'too_big':
      return `must be at most ${issue.maximum}`;
    default:
      return undefined;
  }
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list (a line "- …" for each entry)',
  object: 'a group of settings',
  record: 'a group of settings',
};

function kindOf(input: unknown): string {
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object') return 'a group of settings';
  return typeof input === 'string' ? 'text' : `the ${typeof input} ${String(input)}`;
}
