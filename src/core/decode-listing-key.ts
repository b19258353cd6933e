/**
 * A key as a listing with `EncodingType=url` spells it: each byte but a few percent-encoded and, as in a form, a space as `+`
 * (S3 API reference, ListObjectsV2). null when the bytes are not valid UTF-8, or the escapes no escapes: such a key can be shown, not asked for.
 */
export function decodeListingKey(encoded: string): string | null {
  if (!encoded.includes('%') && !encoded.includes('+')) return encoded;
  try {
    // Strict: refuses overlong forms, surrogates and stray continuation bytes, and keeps a byte order mark.
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}
