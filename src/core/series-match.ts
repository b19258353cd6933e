import { type CalendarDate, parseDate } from './calendar-date.ts';
import type { MatchElement, MatchPattern, MatchToken } from './match-pattern.ts';

export { compileMatch, type MatchPattern } from './match-pattern.ts';

/** What the tokens of a `match` found in a key; null where the pattern has no such token. The name is the uploader's claim, no proof. */
export interface KeyMatch {
  readonly date: CalendarDate | null;
  readonly hour: number | null;
  /** True for `HHb`: the second of the two hours that daylight saving repeats. */
  readonly repeatedHour: boolean;
  readonly minute: number | null;
  readonly name: string | null;
  readonly part: string | null;
  /** Where in the key the part stands, in UTF-16 code units. */
  readonly partAt: number | null;
}

/** As much of a series as matching needs. */
export interface MatchableSeries {
  readonly vault: string;
  readonly match: MatchPattern;
}

/** A token that takes any number of characters of its kind, within bounds. */
interface Run {
  readonly min: number;
  readonly max: number;
  accepts(code: number): boolean;
}

/** A token or literal of one of a few lengths, longest first. */
interface Fixed {
  readonly lengths: readonly number[];
  accepts(key: string, at: number, length: number): boolean;
}

const SLASH = 0x2f;
const isAlphanumeric = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
const NAME_EXTRA = new Set([...'._-'].map((character) => character.charCodeAt(0)));

const RUNS: Readonly<Partial<Record<MatchToken, Run>>> = {
  '{name}': { min: 1, max: 100, accepts: (code) => isAlphanumeric(code) || NAME_EXTRA.has(code) },
  '{part}': { min: 1, max: 16, accepts: isAlphanumeric },
  '*': { min: 0, max: Number.POSITIVE_INFINITY, accepts: (code) => code !== SLASH },
  '**': { min: 0, max: Number.POSITIVE_INFINITY, accepts: () => true },
};

const FIXED: Readonly<Partial<Record<MatchToken, Fixed>>> = {
  '{date}': { lengths: [10], accepts: (key, at) => parseDate(key.slice(at, at + 10)) !== null },
  '{hour}': {
    lengths: [3, 2],
    accepts: (key, at, length) => twoDigits(key, at) <= 23 && (length === 2 || key[at + 2] === 'b'),
  },
  '{minute}': { lengths: [2], accepts: (key, at) => twoDigits(key, at) <= 59 },
};

/** The first series of this vault, in the order of the configuration, whose `match` is this key; null when none is. */
export function matchSeries<S extends MatchableSeries>(
  series: readonly S[],
  vault: string,
  key: string,
): { readonly series: S; readonly found: KeyMatch } | null {
  for (const candidate of series) {
    if (candidate.vault !== vault) continue;
    const found = matchKey(candidate.match, key);
    if (found !== null) return { series: candidate, found };
  }
  return null;
}

/**
 * Matches a whole key, or gives null. Keys are hostile: instead of backtracking, a table says from which offsets the rest of the pattern
 * can match the rest of the key, so the cost is bounded by length of pattern times length of key. Where tokens could share the
 * characters in several ways, each takes as many as it can, from the left.
 */
export function matchKey(pattern: MatchPattern, key: string): KeyMatch | null {
  const { literalPrefix, literalSuffix, elements } = pattern;
  if (pattern.firstToken === null) return key === pattern.text ? readCaptures([], '', NO_TABLE, 0, 0) : null;
  if (key.length < literalPrefix.length + literalSuffix.length) return null;
  if (!key.startsWith(literalPrefix) || !key.endsWith(literalSuffix)) return null;

  const inner = elements.slice(literalPrefix === '' ? 0 : 1, literalSuffix === '' ? undefined : -1);
  const text = key.slice(literalPrefix.length, key.length - literalSuffix.length);
  const width = text.length + 1;
  const table = new Uint8Array((inner.length + 1) * width);
  table[table.length - 1] = 1;
  for (let index = inner.length - 1; index >= 0; index -= 1) {
    const element = inner[index];
    const start = index * width;
    const own = table.subarray(start, start + width);
    const rest = table.subarray(start + width, start + 2 * width);
    if (element === undefined || !fillRow(element, text, own, rest)) return null;
  }
  return table[0] === 1 ? readCaptures(inner, text, table, width, literalPrefix.length) : null;
}

const NO_TABLE = new Uint8Array(0);

/** Marks the offsets from which `element` and all after it match; false when there is none. */
function fillRow(element: MatchElement, text: string, own: Uint8Array, rest: Uint8Array): boolean {
  const run = runOf(element);
  return run === undefined ? fillFixed(fixedOf(element), text, own, rest) : fillRun(run, text, own, rest);
}

function fillFixed({ lengths, accepts }: Fixed, text: string, own: Uint8Array, rest: Uint8Array): boolean {
  let any = false;
  for (let at = 0; at <= text.length; at += 1) {
    for (const length of lengths) {
      if (rest[at + length] !== 1 || !accepts(text, at, length)) continue;
      own[at] = 1;
      any = true;
    }
  }
  return any;
}

function fillRun({ min, max, accepts }: Run, text: string, own: Uint8Array, rest: Uint8Array): boolean {
  let any = false;
  let runEnd = text.length;
  let nearestRest = Number.POSITIVE_INFINITY;
  for (let at = text.length; at >= 0; at -= 1) {
    if (at < text.length && !accepts(text.charCodeAt(at))) runEnd = at;
    // The nearest offset at which the rest matches is the easiest to reach, so it decides alone.
    if (rest[at + min] === 1) nearestRest = at + min;
    if (nearestRest > Math.min(runEnd, at + max)) continue;
    own[at] = 1;
    any = true;
  }
  return any;
}

function runOf(element: MatchElement): Run | undefined {
  return element.kind === 'token' ? RUNS[element.token] : undefined;
}

function fixedOf(element: MatchElement): Fixed {
  const fixed = element.kind === 'token' ? FIXED[element.token] : undefined;
  if (fixed !== undefined) return fixed;
  const literal = element.kind === 'literal' ? element.text : element.token;
  return { lengths: [literal.length], accepts: (text, at) => text.startsWith(literal, at) };
}

/** The two digits at an offset as a number, or 100. */
function twoDigits(key: string, at: number): number {
  const tens = key.charCodeAt(at) - 0x30;
  const ones = key.charCodeAt(at + 1) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : 100;
}

/** `text` begins at `textAt` of the key. */
function readCaptures(
  elements: readonly MatchElement[],
  text: string,
  table: Uint8Array,
  width: number,
  textAt: number,
): KeyMatch {
  const texts = new Map<MatchToken, string>();
  let partAt: number | null = null;
  let at = 0;
  elements.forEach((element, index) => {
    const row = (index + 1) * width;
    const end = at + longest(element, text, at, (offset) => table[row + offset] === 1);
    if (element.kind === 'token') texts.set(element.token, text.slice(at, end));
    if (element.kind === 'token' && element.token === '{part}') partAt = textAt + at;
    at = end;
  });
  const date = texts.get('{date}');
  const hour = texts.get('{hour}');
  const minute = texts.get('{minute}');
  return {
    date: date === undefined ? null : parseDate(date),
    hour: hour === undefined ? null : Number(hour.slice(0, 2)),
    repeatedHour: hour?.endsWith('b') ?? false,
    minute: minute === undefined ? null : Number(minute),
    name: texts.get('{name}') ?? null,
    part: texts.get('{part}') ?? null,
    partAt,
  };
}

/** The most characters that `element` can take at this offset while the rest still matches. */
function longest(element: MatchElement, text: string, at: number, restMatches: (offset: number) => boolean): number {
  const run = runOf(element);
  if (run === undefined) {
    const { lengths, accepts } = fixedOf(element);
    return lengths.find((length) => restMatches(at + length) && accepts(text, at, length)) ?? 0;
  }
  let best = 0;
  for (let length = 0; length <= run.max && at + length <= text.length; length += 1) {
    if (length >= run.min && restMatches(at + length)) best = length;
    if (!run.accepts(text.charCodeAt(at + length))) break;
  }
  return best;
}
