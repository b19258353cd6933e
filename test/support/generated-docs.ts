import { readFileSync } from 'node:fs';
import { ERROR_KINDS, type ErrorKind } from '../../src/core/errors.ts';
import { OUTPUT_SCHEMAS, outputJsonSchema } from '../../src/core/output-schemas.ts';

const README = new URL('../../README.md', import.meta.url);
const ERRORS_HEADING = '\n## Errors\n';

/** What is made from the program, wholly or in part: path from the root of the repository, and text. */
export function generatedDocs(): ReadonlyMap<string, string> {
  const names = Object.keys(OUTPUT_SCHEMAS) as (keyof typeof OUTPUT_SCHEMAS)[];
  const schemas = names.map(
    (name) => [`docs/schemas/${name}.schema.json`, `${JSON.stringify(outputJsonSchema(name), null, 2)}\n`] as const,
  );
  return new Map([['README.md', withErrors(readFileSync(README, 'utf8'))], ...schemas]);
}

/** The README with the table of its section Errors made anew; the rest of it is written by hand. */
export function withErrors(readme: string): string {
  const [before, section, ...more] = readme.split(ERRORS_HEADING);
  if (before === undefined || section === undefined || more.length > 0)
    throw new Error('README.md needs one section Errors');
  const table = /^\|.*(?:\n\|.*)*$/m;
  if (!table.test(section)) throw new Error('the section Errors of README.md needs a table');
  // A function: the hints are text, not replacement patterns.
  return `${before}${ERRORS_HEADING}${section.replace(table, () => errorsTable())}`;
}

/** The table of error codes, as Markdown. */
export function errorsTable(): string {
  const rows = Object.entries<ErrorKind>(ERROR_KINDS).map(
    ([code, { exit, retry, hint }]) => `| \`${code}\` | ${exit} | ${retry ? 'yes' : 'no'} | ${hint} |`,
  );
  return ['| Code | Exit | Again | Next step |', '|---|---|---|---|', ...rows].join('\n');
}
