import type { IncomingMessage } from 'node:http';
import { AppError } from '../core/errors.ts';
import { freeChunks } from './free-chunks.ts';

/** What came over the wire for one successful request, beside what the SDK made of it. */
export interface S3Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of a GetObject: the untouched response, not yet flowing. */
  readonly stream: IncomingMessage | null;
  /** Of a listing: the document, for the caller to parse and then free; the SDK has not seen it. */
  readonly document: Buffer | null;
}

/** A page of 1,000 keys of 1,024 bytes, each byte percent-encoded, with room for the rest. */
const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;

/**
 * Reads a small answer to its end, calling `progress` for each chunk. Throws VAULT_BAD_ANSWER when it is absurdly long; a cut one throws
 * Node's own error.
 */
export async function readDocument(stream: AsyncIterable<Buffer>, progress: () => void): Promise<Buffer> {
  const chunks: Buffer[] = [];
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
  const document = Buffer.concat(chunks, sizeBytes);
  freeChunks(chunks);
  return document;
}

/** The name of the root element of an XML document, or null when it has none. */
export function rootElement(document: Buffer): string | null {
  const head = document.toString('utf8', 0, 4096);
  return /^\uFEFF?\s*(?:<\?[^>]*\?>\s*)?(?:<!--[\s\S]*?-->\s*)*<([A-Za-z][\w:.-]*)[\s/>]/.exec(head)?.[1] ?? null;
}
