/** Control characters, invisible and direction-changing ones, line separators, halves of surrogate pairs. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const ESCAPE = /\\(?:\\|x([0-9a-f]{2})|u([0-9a-f]{4})|u\{([0-9a-f]{1,6})\})/gi;
const MAX_CODE_POINT = 0x10ffff;

/**
 * The text on one line, with every character that could steer a terminal or deceive a reader shown by its number (`\x1b`, `\u202e`).
 * Keys come from an attacker; nothing that holds one reaches a terminal otherwise. Printable text is unchanged, so doing it twice is harmless.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => escaped(character));
}

/**
 * A key or path as lines for people show it: `printable`, and a backslash doubled, so that no two names look alike and
 * `fromPrintableName` gives the name back. Not for text that is one already.
 */
export function printableName(name: string): string {
  return printable(name.replaceAll('\\', '\\\\'));
}

/** The name that `printableName` shows in this way; a backslash that begins no escape stands for itself. */
export function fromPrintableName(shown: string): string {
  return shown.replace(ESCAPE, (whole, byte?: string, unit?: string, point?: string) => {
    const digits = byte ?? unit ?? point;
    if (digits === undefined) return '\\';
    const code = Number.parseInt(digits, 16);
    return code <= MAX_CODE_POINT ? String.fromCodePoint(code) : whole;
  });
}

/** JSON that is safe on a terminal: the same characters, as JSON's own escapes, which every parser turns back. */
export function printableJson(value: unknown): string {
  // JSON.stringify escapes C0 controls and halves of surrogate pairs by itself; the rest are left raw.
  return JSON.stringify(value).replace(UNPRINTABLE, (character) =>
    Array.from({ length: character.length }, (_, i) => unicodeEscape(character.charCodeAt(i))).join(''),
  );
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code <= 0xffff ? unicodeEscape(code) : `\\u{${code.toString(16)}}`;
}

function unicodeEscape(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`;
}
