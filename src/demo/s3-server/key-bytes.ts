import { S3Error } from './s3-error.ts';

/**
 * An object key as a "binary string": one character per byte of its UTF-8 form. Comparing two of them with `<` is the byte
 * order that S3 lists in, and keys that are not valid UTF-8 have a place too.
 */
export type KeyBytes = string;

const MAX_KEY_BYTES = 1024;
/** Sorts after every key that begins with the string before it: no byte reaches this character. */
const BEYOND = '\u0100';
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export function toKeyBytes(key: string | Uint8Array): KeyBytes {
  const bytes = typeof key === 'string' ? Buffer.from(key, 'utf8') : Buffer.from(key);
  return bytes.toString('latin1');
}

/** For documents and messages; bytes that are no UTF-8 become U+FFFD. */
export function keyText(key: KeyBytes): string {
  return decoder.decode(Buffer.from(key, 'latin1'));
}

export function requireKeyLength(key: KeyBytes): void {
  if (key.length <= MAX_KEY_BYTES) return;
  throw new S3Error('KeyTooLongError', {
    details: { Size: String(key.length), MaxSizeAllowed: String(MAX_KEY_BYTES) },
  });
}

/** The smallest string above all keys with this prefix. */
export function afterPrefix(prefix: KeyBytes): string {
  return prefix + BEYOND;
}

/** Percent-decoding of a path or of one query part; null when a percent sign is not followed by two hex digits. */
export function decodeUriBytes(encoded: string, plusIsSpace: boolean): KeyBytes | null {
  if (/%(?![0-9a-fA-F]{2})/.test(encoded)) return null;
  const spaced = plusIsSpace ? encoded.replaceAll('+', ' ') : encoded;
  return spaced.replace(/%([0-9a-fA-F]{2})/g, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** URI encoding of Signature Version 4: everything but A-Z a-z 0-9 - . _ ~ (and `/` in paths). */
export function encodeForSignature(bytes: KeyBytes, keepSlash: boolean): string {
  return percentEncode(bytes, keepSlash ? /[^A-Za-z0-9\-._~/]/g : /[^A-Za-z0-9\-._~]/g);
}

/** What listings send with `encoding-type=url`: form encoding (a space is `+`) that leaves `/` and `*` alone. */
export function encodeForListing(bytes: KeyBytes): string {
  return percentEncode(bytes, /[^A-Za-z0-9\-._*/ ]/g).replaceAll(' ', '+');
}

function percentEncode(bytes: KeyBytes, unsafe: RegExp): string {
  return bytes.replace(
    unsafe,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
