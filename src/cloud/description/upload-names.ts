import { compileMatch, type MatchToken } from '../../core/match-pattern.ts';
import { type Parsed, parsed, problem } from '../../core/parsed.ts';

/**
 * Names in the two buckets as the owner may write them. Of what S3 allows in keys, only what means itself everywhere it will stand: in
 * IAM policies (`*`, `?` and `${` are wildcards and variables there, and nothing beyond Latin-1 is taken), CloudFormation, shells, crontabs.
 */
const CHARACTER = 'A-Za-z0-9._+=@,-';
const MAX_LENGTH = 200;

const COMPONENT = `[${CHARACTER}]+`;
export const PREFIX_PATTERN = `^(${COMPONENT}/)+$`;
export const WILDCARD_PATTERN = `^[*?/${CHARACTER}]+$`;

/** The tokens of an upload's name; those in `becomes` besides. */
const UPLOAD_TOKENS: readonly MatchToken[] = ['{name}', '{part}'];
const VAULT_TOKENS: readonly MatchToken[] = ['{date}', '{hour}', ...UPLOAD_TOKENS];

/** A folder: `web1/`. */
export function readPrefix(written: string): Parsed<string> {
  if (written === '') return problem('is empty; each server needs a folder of its own, such as "web1/"');
  if (!written.endsWith('/'))
    return problem(`"${written}" must end in "/": without it, it is the beginning of other names, too`);
  return readPath(written, written.slice(0, -1), '');
}

/** The name of an upload below its server's prefix, with {name} and {part}: `backup.tar.gz.gpg`, `site-{name}.{part}`. */
export function readUploadName(written: string): Parsed<string> {
  return readRuleName(written, UPLOAD_TOKENS, 'an upload');
}

/** The name in the vault below the same prefix; has {date}: `{date}.{hour}.sql.gz.gpg`. */
export function readVaultName(written: string): Parsed<string> {
  const read = readRuleName(written, VAULT_TOKENS, 'a name in the vault');
  if (!read.ok || written.includes('{date}')) return read;
  return problem(
    `"${written}" has no {date}: there would be one archive for ever, and nothing new could take its name`,
  );
}

/** A part of file names, with IAM's wildcards: `*.gpg`, `backup-?.tar`. */
export function readNameWildcard(written: string): Parsed<string> {
  if (written === '') return problem('is empty; write a part of names such as "*.gpg"');
  return readPath(written, written, '*?');
}

/** The tokens in a name of a rule. */
export function tokensOf(name: string): readonly string[] {
  return name.match(/\{[a-z]+\}/g) ?? [];
}

function readRuleName(written: string, tokens: readonly MatchToken[], what: string): Parsed<string> {
  const literal = written.replace(/\{[^{}]*\}/g, 'x');
  if (written.includes('*'))
    return problem(`"${written}" has a "*"; {name} is what may be anything in the name of ${what}`);
  const path = readPath(written, literal, '');
  if (!path.ok) return path;
  const pattern = compileMatch(written);
  if (!pattern.ok) return problem(`"${written}" ${pattern.problem}`);
  const stranger = tokensOf(written).find((token) => !tokens.some((known) => known === token));
  if (stranger !== undefined)
    return problem(`${stranger} means nothing in the name of ${what}; known are ${tokens.join(', ')}`);
  // What one takes and what the other would be anybody's guess: "ab" and "c", or "a" and "bc".
  if (/\}\{/.test(written)) return problem(`"${written}" needs something between its two tokens, such as a dot`);
  return parsed(written);
}

/** The rules for every name; `literal` is what is looked at, `more` the characters that are allowed besides. */
function readPath(written: string, literal: string, more: string): Parsed<string> {
  if (written.startsWith('/'))
    return problem(`"${written}" begins with "/"; names in a bucket do not: "web1/", not "/web1/"`);
  if (/^s3:/i.test(written)) return problem(`"${written}" begins with "s3:"; it is the name alone, without the bucket`);
  if (/\p{Cc}/u.test(literal)) return problem(`"${written}" contains control characters`);
  if ((more === '' ? /[*?]|\$\{/ : /\$\{/).test(literal)) {
    return problem(`"${written}" contains "*", "?" or "\${", which a policy would read as a wildcard or a variable`);
  }
  const stranger = [...literal].find(
    (character) => !new RegExp(`[${CHARACTER}/]`).test(character) && !more.includes(character),
  );
  if (stranger !== undefined)
    return problem(`"${written}" contains "${stranger}"; letters, digits and ._-+=@, are safe everywhere`);
  if (written.length > MAX_LENGTH) return problem(`is longer than ${MAX_LENGTH} characters`);
  const bad = literal.split('/').find((component) => component === '' || component === '.' || component === '..');
  if (bad === undefined) return parsed(written);
  return problem(
    `"${written}" contains ${bad === '' ? 'an empty part ("//")' : `"${bad}"`}, which other programs read as another folder`,
  );
}
