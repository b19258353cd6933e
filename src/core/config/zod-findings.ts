import type * as z from 'zod';
import type { JsonSchema } from './json-schema-of.ts';
import type { Finding, KeyPath } from './mistake.ts';
import { unknownKeyWords } from './nearest-key.ts';

/** What zod found wrong with a file of this schema; unknown keys with the nearest known ones. */
export function zodFindings(issues: readonly z.core.$ZodIssue[], file: JsonSchema): readonly Finding[] {
  return issues
    .filter((issue) => issue.code !== 'custom' || !issues.some((other) => liesBelow(other, issue)))
    .flatMap((issue): Finding[] => {
      const path = stepsOf(issue);
      if (issue.code !== 'unrecognized_keys') return [{ path, at: 'value', message: issue.message }];
      return issue.keys.map((key) => ({
        path: [...path, key],
        at: 'key',
        message: unknownKeyWords([...path, key], file),
      }));
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

/** Plain words for what zod finds; single values bring their own. */
export function zodWords(issue: z.core.$ZodRawIssue): string | undefined {
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
