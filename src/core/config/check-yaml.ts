import type * as z from 'zod';
import type { JsonSchema } from './json-schema-of.ts';
import { type Finding, formatMistake, type Mistake } from './mistake.ts';
import { findSecrets } from './secrets.ts';
import { readYaml, type YamlSource } from './yaml-source.ts';
import { zodFindings, zodWords } from './zod-findings.ts';

/** What a kind of file that people write must be like. */
export interface YamlRules<T> {
  readonly schema: z.ZodType<T>;
  /** What is said of a file without anything in it. */
  readonly emptyWords: string;
  /** Where secrets belong instead, after "never keys in this file: ". */
  readonly secretsBelong: string;
  /** The schema for editors; here it tells which settings there are. Asked only when something is wrong. */
  jsonSchema(): JsonSchema;
  /** Writes out what people leave short, before the schema sees it. */
  expand(value: unknown): unknown;
  /** What single values cannot show; is given a file that may be wrong in any way. */
  crossCheck(value: unknown): readonly Finding[];
}

export type YamlCheck<T> =
  | { readonly ok: true; readonly value: T; locate(finding: Finding): Mistake }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] };

/** Checks a text against the rules of its kind: its value, or every mistake in it with its place, in the order of the file. */
export function checkYaml<T>(text: string, rules: YamlRules<T>): YamlCheck<T> {
  const { source, mistakes } = readYaml(text);
  if (source === null) return { ok: false, mistakes };
  const value = rules.expand(source.value);
  if (value === null) {
    return { ok: false, mistakes: [...mistakes, { line: 1, column: 1, path: '', message: rules.emptyWords }] };
  }
  const read = rules.schema.safeParse(value, { error: zodWords });
  const findings = [
    ...(read.success ? [] : zodFindings(read.error.issues, rules.jsonSchema())),
    ...rules.crossCheck(value),
  ];
  const all = inOrder([...mistakes, ...withSecretsFirst(source, findings, rules.secretsBelong)]);
  if (all.length > 0 || !read.success) return { ok: false, mistakes: all };
  return { ok: true, value: read.data, locate: source.locate };
}

/** All mistakes of a file, a line each: the message of CONFIG_INVALID. */
export function mistakeLines(file: string, mistakes: readonly Mistake[]): string {
  return mistakes.map((mistake) => formatMistake(file, mistake)).join('\n');
}

/** Where a secret stands, that alone is said, and what stands there is not repeated by another message. */
function withSecretsFirst(source: YamlSource, findings: readonly Finding[], wayOut: string): readonly Mistake[] {
  const secrets = findSecrets(source, wayOut).map((finding) => source.locate(finding));
  const secretPaths = new Set(secrets.map(({ path }) => path));
  const others = findings.map((finding) => source.locate(finding)).filter(({ path }) => !secretPaths.has(path));
  return [...secrets, ...others];
}

function inOrder(mistakes: readonly Mistake[]): readonly Mistake[] {
  return [...mistakes].sort((a, b) => a.line - b.line || a.column - b.column);
}
