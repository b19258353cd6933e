/** Control characters, invisible and direction-changing ones, line separators, halves of surrogate pairs. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/**
 * The text on one line, with every character that could steer a terminal or deceive a reader shown by its number (`\x1b`, `\u202e`).
 * Keys come from an attacker; nothing that holds one reaches a terminal otherwise. Printable text is unchanged, so doing it twice is harmless.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => escaped(character));
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
