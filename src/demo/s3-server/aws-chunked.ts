import { S3Error } from './s3-error.ts';
import { sameText, type Verified } from './sigv4.ts';

const MAX_LINE_BYTES = 8 * 1024;
/** Signed chunks are verified before their bytes are used, so a whole one is in memory. */
const MAX_CHUNK_BYTES = 64 << 20;

/** What the body's encoding promises (`x-amz-content-sha256: STREAMING-…`). */
export interface ChunkedMode {
  readonly isSigned: boolean;
  readonly hasTrailer: boolean;
}

export function chunkedMode(payloadHash: string): ChunkedMode | null {
  switch (payloadHash) {
    case 'STREAMING-UNSIGNED-PAYLOAD-TRAILER':
      return { isSigned: false, hasTrailer: true };
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD':
      return { isSigned: true, hasTrailer: false };
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER':
      return { isSigned: true, hasTrailer: true };
    default:
      return null;
  }
}

/**
 * Decodes the aws-chunked content encoding, verifying chunk and trailer signatures (S3 API reference, "Signature
 * calculations for the authorization header: transferring payload in multiple chunks"). Trailers go into `trailers`.
 */
export async function* decodeAwsChunked(
  source: AsyncIterable<Uint8Array>,
  mode: ChunkedMode,
  verified: Verified,
  trailers: Map<string, string>,
): AsyncGenerator<Uint8Array> {
  const input = new ByteReader(source);
  let previous = verified.signature;
  for (;;) {
    const head = /^([0-9a-fA-F]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(await input.line());
    if (head === null || (head[2] !== undefined) !== mode.isSigned) throw new S3Error('IncompleteBody');
    const size = Number.parseInt(head[1] ?? '', 16);
    if (mode.isSigned) {
      if (size > MAX_CHUNK_BYTES) throw new S3Error('EntityTooLarge');
      const chunk = await input.exactly(size);
      const expected = verified.signChunk('PAYLOAD', previous, chunk);
      if (!sameText(expected, head[2] ?? '')) throw new S3Error('SignatureDoesNotMatch');
      previous = expected;
      if (size > 0) yield chunk;
    } else {
      for (let left = size; left > 0; ) {
        const piece = await input.upTo(left);
        left -= piece.byteLength;
        yield piece;
      }
    }
    if (size === 0) break;
    if ((await input.line()) !== '') throw new S3Error('IncompleteBody');
  }
  await readTrailers(input, mode, verified, previous, trailers);
}

async function readTrailers(
  input: ByteReader,
  mode: ChunkedMode,
  verified: Verified,
  previous: string,
  trailers: Map<string, string>,
): Promise<void> {
  let canonical = '';
  let signature: string | undefined;
  for (;;) {
    // Clients differ in how many empty lines end the body.
    const line = await input.line(true);
    if (line === '') break;
    const colon = line.indexOf(':');
    if (colon < 1 || !mode.hasTrailer) throw new S3Error('MalformedTrailerError');
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'x-amz-trailer-signature') {
      signature = value;
      continue;
    }
    trailers.set(name, value);
    canonical += `${name}:${value}\n`;
  }
  if (!mode.hasTrailer || !mode.isSigned) return;
  const expected = verified.signChunk('TRAILER', previous, Buffer.from(canonical));
  if (signature === undefined || !sameText(expected, signature)) throw new S3Error('SignatureDoesNotMatch');
}

/** Lines and counted bytes from a stream of chunks. */
class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async line(endIsLine = false): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf('\r\n');
      if (end !== -1) {
        const line = this.#rest.toString('latin1', 0, end);
        this.#rest = this.#rest.subarray(end + 2);
        return line;
      }
      if (this.#rest.byteLength > MAX_LINE_BYTES) throw new S3Error('IncompleteBody');
      if (await this.#more()) continue;
      if (!endIsLine) throw new S3Error('IncompleteBody');
      const line = this.#rest.toString('latin1').trimEnd();
      this.#rest = Buffer.alloc(0);
      return line;
    }
  }

  async upTo(limit: number): Promise<Uint8Array> {
    if (this.#rest.byteLength === 0 && !(await this.#more())) throw new S3Error('IncompleteBody');
    const piece = this.#rest.subarray(0, limit);
    this.#rest = this.#rest.subarray(piece.byteLength);
    return piece;
  }

  async exactly(size: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    for (let left = size; left > 0; ) {
      const piece = await this.upTo(left);
      pieces.push(piece);
      left -= piece.byteLength;
    }
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
  }

  async #more(): Promise<boolean> {
    const next = await this.#source.next();
    if (next.done === true) return false;
    const { buffer, byteOffset, byteLength } = next.value;
    this.#rest =
      this.#rest.byteLength === 0
        ? Buffer.from(buffer, byteOffset, byteLength)
        : Buffer.concat([this.#rest, next.value]);
    return true;
  }
}
