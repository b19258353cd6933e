import { closest } from 'fastest-levenshtein';
import { type Parsed, parsed, problem } from './parsed.ts';

/** What stands between two literals of a `match`. */
const MATCH_TOKENS = ['{date}', '{hour}', '{minute}', '{name}', '{part}', '*', '**'] as const;
export type MatchToken = (typeof MATCH_TOKENS)[number];

const BRACE_TOKENS = MATCH_TOKENS.filter((token) => token.startsWith('{'));

export type MatchElement =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'token'; readonly token: MatchToken };

/** A series' `match`, read: plain data, so that a Config can be compared and printed. */
export interface MatchPattern {
  /** As written. */
  readonly text: string;
  readonly elements: readonly MatchElement[];
  /** Everything before the first token; every matching key begins with it. */
  readonly literalPrefix: string;
  /** Everything after the last token; every matching key ends with it. */
  readonly literalSuffix: string;
  /** null when the whole pattern is one key. */
  readonly firstToken: MatchToken | null;
}

/** S3's longest key, in bytes of UTF-8 (S3 user guide, "Naming Amazon S3 objects"). */
const MAX_KEY_BYTES = 1024;

/**
 * Reads the `match` of a series, which stands for a whole key: {date} (YYYY-mm-dd), {hour} (HH, or HHb for the hour that daylight saving
 * repeats), {minute}, {name} ([A-Za-z0-9._-]{1,100}), {part} ([A-Za-z0-9]{1,16}), `*` within a component, `**` across components.
 */
export function compileMatch(text: string): Parsed<MatchPattern> {
  const wrong = wrongAsKey(text);
  if (wrong !== null) return problem(wrong);
  const elements: MatchElement[] = [];
  const seen = new Set<MatchToken>();
  for (const piece of text.split(/(\{[^{}]*\}|\*+)/)) {
    if (piece === '') continue;
    if (!/[{}*]/.test(piece)) {
      elements.push({ kind: 'literal', text: piece });
      continue;
    }
    const token = MATCH_TOKENS.find((known) => known === piece);
    if (token === undefined) return problem(unknownToken(piece));
    if (token !== '*' && token !== '**') {
      if (seen.has(token)) return problem(`${token} may occur only once; write * for the other one`);
      seen.add(token);
    }
    elements.push({ kind: 'token', token });
  }
  if (seen.has('{hour}') && !seen.has('{date}')) return problem('{hour} means nothing without {date}');
  if (seen.has('{minute}') && !seen.has('{hour}')) return problem('{minute} means nothing without {hour}');
  return parsed({ text, elements, ...literalEnds(elements) });
}

function literalEnds(elements: readonly MatchElement[]): Omit<MatchPattern, 'text' | 'elements'> {
  const first = elements[0];
  const last = elements.at(-1);
  return {
    literalPrefix: first?.kind === 'literal' ? first.text : '',
    literalSuffix: last?.kind === 'literal' ? last.text : '',
    firstToken: elements.find((element) => element.kind === 'token')?.token ?? null,
  };
}

function wrongAsKey(text: string): string | null {
  if (text === '') return 'is empty; it stands for the whole key, such as "web1/{date}.tar.gz.gpg"';
  if (text.startsWith('/')) return 'begins with "/"; keys do not, the folder comes first: "web1/{date}.tar.gz.gpg"';
  if (text.endsWith('/')) return 'ends in "/": it names a folder; it stands for the whole key of an archive';
  if (/^s3:/i.test(text)) return 'begins with "s3:"; it is the key alone, without the bucket';
  if (Buffer.byteLength(text) > MAX_KEY_BYTES) return `is longer than any key (${MAX_KEY_BYTES} bytes)`;
  return null;
}

function unknownToken(piece: string): string {
  if (piece.startsWith('*')) return `"${piece}" is not known; * stays within a folder, ** goes across folders`;
  if (!/^\{[^{}]*\}$/.test(piece)) return 'has a brace without its partner';
  return `${piece} is not known; the nearest token is ${closest(piece, BRACE_TOKENS)}`;
}
