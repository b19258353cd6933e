import { type CalendarDate, formatDate } from '../core/calendar-date.ts';

/** The tokens of rules; they stand for what they stand for in a series' `match` (core/match-pattern). */
const TOKENS = {
  '{date}': { pattern: '(?<date>\\d{4}-\\d\\d-\\d\\d)', maxBytes: 10 },
  '{hour}': { pattern: '(?<hour>(?:[01]\\d|2[0-3])b?)', maxBytes: 3 },
  '{name}': { pattern: '(?<name>[\\w.-]{1,100})', maxBytes: 100 },
  '{part}': { pattern: '(?<part>[A-Za-z0-9]{1,16})', maxBytes: 16 },
} as const;
export type NameToken = keyof typeof TOKENS;

/** What the tokens of a pattern stand for in one name; undefined for those that it does not have. */
export interface NameWords {
  readonly date?: string;
  /** `HH`, or `HHb` for the hour that daylight saving repeats. */
  readonly hour?: string;
  readonly name?: string;
  readonly part?: string;
}

/** One side of a rule, read. A translation into a regular expression instead of core/series-match, which would be a sixth of the inline code. */
export interface NamePattern {
  readonly tokens: readonly NameToken[];
  /** Everything between the tokens. */
  readonly literals: string;
  /** Bytes of UTF-8 that a name can have. */
  readonly maxBytes: number;
  /** null when the pattern does not fit the whole name. Where tokens could share characters in several ways each takes as many as it can, from the left. */
  read(name: string): NameWords | null;
  write(words: NameWords): string;
}

/** Throws a RangeError for a brace that belongs to no token, and for a token that occurs twice. */
export function compileNamePattern(text: string): NamePattern {
  const pieces = text.split(/(\{[^{}]*\})/);
  const tokens = pieces.filter(isToken);
  const literals = pieces.filter((piece) => !isToken(piece)).join('');
  if (/[{}]/.test(literals) || new Set(tokens).size < tokens.length) {
    throw new RangeError(`"${text}" has a token that is not known, or one twice`);
  }
  // At most four bounded repetitions: however hostile a name of 1,024 bytes is, there are few ways to try.
  const source = pieces
    .map((piece) => (isToken(piece) ? TOKENS[piece].pattern : piece.replace(/[^\w]/gu, '\\$&')))
    .join('');
  const whole = new RegExp(`^${source}$`, 's');
  return {
    tokens,
    literals,
    maxBytes: tokens.reduce((sum, token) => sum + TOKENS[token].maxBytes, Buffer.byteLength(literals)),
    read: (name) => {
      const match = whole.exec(name);
      return match === null ? null : { ...match.groups };
    },
    write: (words) =>
      pieces.map((piece) => (isToken(piece) ? (words[piece.slice(1, -1) as keyof NameWords] ?? '') : piece)).join(''),
  };
}

/** Date and hour as names show them. */
export function timeWords(
  local: CalendarDate & { readonly hour: number },
  isRepeatedHour: boolean,
): Required<Pick<NameWords, 'date' | 'hour'>> {
  return { date: formatDate(local), hour: `${String(local.hour).padStart(2, '0')}${isRepeatedHour ? 'b' : ''}` };
}

function isToken(piece: string): piece is NameToken {
  return Object.hasOwn(TOKENS, piece);
}
