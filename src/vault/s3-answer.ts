import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { AppError } from '../core/errors.ts';

/** What came over the wire for one successful request, beside what the SDK made of it. */
export interface S3Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of a GetObject: the untouched response, not yet flowing. */
  readonly stream: IncomingMessage | null;
  /** False when the document held bytes that are no UTF-8 and have become U+FFFD. */
  readonly validUtf8: boolean;
}

/** A page of 1,000 keys of 1,024 bytes, each byte percent-encoded, with room for the rest. */
const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;

/** The elements that must be the whole document; the SDK would read any other document as an empty listing. */
const ROOTS: Readonly<Record<string, string>> = {
  ListObjectsV2Command: 'ListBucketResult',
  ListObjectVersionsCommand: 'ListVersionsResult',
};

/**
 * Reads a small answer to its end, calling `progress` for each chunk. Throws VAULT_BAD_ANSWER when it is absurdly long; a cut one throws
 * Node's own error.
 */
export async function readDocument(stream: AsyncIterable<Uint8Array>, progress: () => void): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of stream) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_DOCUMENT_BYTES) {
      throw new AppError(
        'VAULT_BAD_ANSWER',
        `an answer of more than ${MAX_DOCUMENT_BYTES} bytes where a short one was due`,
      );
    }
    chunks.push(chunk);
    progress();
  }
  return Buffer.concat(chunks, sizeBytes);
}

/** The name of the root element of an XML document, or null when it has none. */
export function rootElement(document: Buffer): string | null {
  const head = document.toString('utf8', 0, 4096);
  return /^\uFEFF?\s*(?:<\?[^>]*\?>\s*)?(?:<!--[\s\S]*?-->\s*)*<([A-Za-z][\w:.-]*)[\s/>]/.exec(head)?.[1] ?? null;
}

/**
 * Throws VAULT_BAD_ANSWER unless the document is what the command expects, from its first tag to its last: a portal's sign-in page, an
 * empty body or a listing cut between two entries must never pass for a shorter listing.
 */
export function assertDocument(commandName: string, document: Buffer): void {
  const expected = ROOTS[commandName];
  if (expected === undefined) return;
  const root = rootElement(document);
  if (root !== expected) {
    const what = root === null ? 'no XML' : `<${root}>`;
    throw new AppError('VAULT_BAD_ANSWER', `the listing is ${what} where <${expected}> was due`);
  }
  if (!document.subarray(-64).toString('latin1').trimEnd().endsWith(`</${expected}>`)) {
    throw new AppError('VAULT_BAD_ANSWER', 'the listing ends in the middle');
  }
}

/** The SDK decodes bytes leniently; whether it had to is learned here. */
export const isValidUtf8 = (document: Buffer): boolean => isUtf8(document);
