import { ERROR_KINDS, type ErrorKind } from '../../src/core/errors.ts';
import { OUTPUT_SCHEMAS, outputJsonSchema } from '../../src/core/output-schemas.ts';

/** The pages of docs/ that are made from the program: path from the root of the repository, and text. */
export function generatedDocs(): ReadonlyMap<string, string> {
  const names = Object.keys(OUTPUT_SCHEMAS) as (keyof typeof OUTPUT_SCHEMAS)[];
  const schemas = names.map(
    (name) => [`docs/schemas/${name}.schema.json`, `${JSON.stringify(outputJsonSchema(name), null, 2)}\n`] as const,
  );
  return new Map([['docs/errors.md', errorsPage()], ...schemas]);
}

function errorsPage(): string {
  return `# Errors

Every error names its code with \`--json\`; the exit status tells a script what to do: 1 something failed, 2 usage, 3 needs the owner,
75 temporary, 78 configuration. "Again" says whether the same command may succeed later without anybody doing anything.

${errorsTable()}
`;
}

/** The table of error codes, as Markdown. */
export function errorsTable(): string {
  const rows = Object.entries<ErrorKind>(ERROR_KINDS).map(
    ([code, { exit, retry, hint }]) => `| \`${code}\` | ${exit} | ${retry ? 'yes' : 'no'} | ${hint} |`,
  );
  return ['| Code | Exit | Again | Next step |', '|---|---|---|---|', ...rows].join('\n');
}
