import { readFileSync } from 'node:fs';

export const exampleFile = 'config/pullmirror.example.yaml';

/** The example as it is shipped. */
export const exampleConfig = readFileSync(new URL(`../../${exampleFile}`, import.meta.url), 'utf8');

/** The example with every optional setting in use. */
export const wholeExampleConfig = withOptionalSettings(exampleConfig);

/** An example file with its optional settings in use: one space after the "#" is an explanation, none or several are a setting. */
export function withOptionalSettings(example: string): string {
  return example.replace(/^( *)#( {2,})?(?=[^ #\n])/gm, '$1$2');
}

/** All values of a setting of an example that was read, through every entry of the lists on the way. */
export function valuesAt(value: unknown, [key, ...rest]: readonly string[]): readonly unknown[] {
  if (key === undefined) return [value];
  if (Array.isArray(value)) return value.flatMap((entry) => valuesAt(entry, [key, ...rest]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, below]) => (name === key ? valuesAt(below, rest) : []));
}
