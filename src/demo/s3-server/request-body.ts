import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm } from '../../core/archive.ts';
import { chunkedMode, decodeAwsChunked } from './aws-chunked.ts';
import type { BlobFiles } from './blob-files.ts';
import { checksumAlgorithm, checksumHeader, DIGEST_BYTES, type RunningChecksum, startChecksum } from './checksums.ts';
import type { Content } from './content.ts';
import { S3Error } from './s3-error.ts';
import type { Verified } from './sigv4.ts';

const MAX_DOCUMENT_BYTES = 8 << 20;
const MAX_BODY_BYTES = 5 * 2 ** 30;

export interface ReceivedBody {
  /** Held once: whoever keeps it must release it to the blob files. */
  readonly content: Content;
  /** MD5 in hex. */
  readonly md5: string;
  /** Verified against what the client declared. */
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly value: string };
}

/** The algorithm that a request declares for its body, in a header or as a trailer; null when it declares none. */
export function declaredAlgorithm(headers: ReadonlyMap<string, string>): ChecksumAlgorithm | null {
  const inHeaders = CHECKSUM_ALGORITHMS.filter((algorithm) => headers.has(checksumHeader(algorithm)));
  const trailer = headers.get('x-amz-trailer')?.trim().toLowerCase();
  const inTrailer = CHECKSUM_ALGORITHMS.filter((algorithm) => checksumHeader(algorithm) === trailer);
  if (trailer !== undefined && inTrailer.length === 0) {
    throw new S3Error('InvalidRequest', {
      message: 'The value specified in the x-amz-trailer header is not supported',
    });
  }
  const declared = [...inHeaders, ...inTrailer];
  if (declared.length > 1) {
    throw new S3Error('InvalidRequest', {
      message: 'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    });
  }
  const sdk = headers.get('x-amz-sdk-checksum-algorithm');
  if (sdk !== undefined && (declared[0] === undefined || checksumAlgorithm(sdk) !== declared[0])) {
    throw new S3Error('InvalidRequest', {
      message:
        'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    });
  }
  return declared[0] ?? null;
}

/** The body of one request: decoded, verified against everything the client said about it, and only then handed over. */
export class RequestBody {
  readonly #request: IncomingMessage;
  readonly #headers: ReadonlyMap<string, string>;
  readonly #verified: Verified;
  readonly #blobs: BlobFiles;

  constructor(options: {
    request: IncomingMessage;
    headers: ReadonlyMap<string, string>;
    verified: Verified;
    blobs: BlobFiles;
  }) {
    this.#request = options.request;
    this.#headers = options.headers;
    this.#verified = options.verified;
    this.#blobs = options.blobs;
  }

  /** Object data. `algorithm` is computed; where the client declared one it must be the same. */
  async receive(algorithm: ChecksumAlgorithm): Promise<ReceivedBody> {
    const spool = this.#blobs.spool();
    try {
      const digests = await this.#consume(algorithm, (chunk) => spool.write(chunk), MAX_BODY_BYTES);
      return { content: await spool.finish(), ...digests };
    } catch (error) {
      await spool.discard();
      throw error;
    }
  }

  /** A document, e.g. the list of parts. `isOfBody` false: checksum headers speak about something else. */
  async text(isOfBody = true): Promise<string> {
    const chunks: Uint8Array[] = [];
    const algorithm = isOfBody ? declaredAlgorithm(this.#headers) : null;
    const keep = async (chunk: Uint8Array) => void chunks.push(chunk);
    await this.#consume(algorithm ?? 'CRC32', keep, MAX_DOCUMENT_BYTES, isOfBody);
    return Buffer.concat(chunks).toString('utf8');
  }

  async #consume(
    algorithm: ChecksumAlgorithm,
    keep: (chunk: Uint8Array) => Promise<void>,
    limitBytes: number,
    isOfBody = true,
  ): Promise<Omit<ReceivedBody, 'content'>> {
    const mode = chunkedMode(this.#verified.payloadHash);
    const expectedBytes = this.#expectedBytes(mode !== null);
    if (expectedBytes > limitBytes) throw new S3Error('EntityTooLarge');
    const trailers = new Map<string, string>();
    const source = mode === null ? this.#request : decodeAwsChunked(this.#request, mode, this.#verified, trailers);
    const md5 = createHash('md5');
    const sha256 = mode === null && this.#verified.payloadHash !== 'UNSIGNED-PAYLOAD' ? createHash('sha256') : null;
    const checksum: RunningChecksum = await startChecksum(algorithm);
    let sizeBytes = 0;
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > expectedBytes) throw new S3Error('IncompleteBody');
      md5.update(chunk);
      sha256?.update(chunk);
      checksum.update(chunk);
      await keep(chunk);
    }
    if (sizeBytes !== expectedBytes) throw new S3Error('IncompleteBody');
    if (sha256 !== null && sha256.digest('hex') !== this.#verified.payloadHash) {
      throw new S3Error('XAmzContentSHA256Mismatch');
    }
    const digest = md5.digest();
    requireMd5(this.#headers.get('content-md5'), digest);
    const value = checksum.digest().toString('base64');
    if (isOfBody) this.#requireChecksum(algorithm, value, trailers);
    return { md5: digest.toString('hex'), checksum: { algorithm, value } };
  }

  #expectedBytes(isChunked: boolean): number {
    const name = isChunked ? 'x-amz-decoded-content-length' : 'content-length';
    const text = this.#headers.get(name);
    if (text === undefined && !isChunked && !this.#headers.has('transfer-encoding')) return 0;
    if (text === undefined || !/^\d{1,15}$/.test(text)) throw new S3Error('MissingContentLength');
    return Number(text);
  }

  #requireChecksum(algorithm: ChecksumAlgorithm, value: string, trailers: ReadonlyMap<string, string>): void {
    if (declaredAlgorithm(this.#headers) !== algorithm) return;
    const name = checksumHeader(algorithm);
    const given = this.#headers.get(name) ?? trailers.get(name);
    if (given === undefined) throw new S3Error('MalformedTrailerError');
    requireChecksumForm(algorithm, given);
    if (given === value) return;
    throw new S3Error('BadDigest', {
      message: `The ${algorithm} you specified did not match the calculated checksum.`,
    });
  }
}

export function requireChecksumForm(algorithm: ChecksumAlgorithm, value: string): void {
  const bytes = Buffer.from(value, 'base64');
  if (bytes.byteLength === DIGEST_BYTES[algorithm] && bytes.toString('base64') === value) return;
  throw new S3Error('InvalidRequest', {
    message: `Value for ${checksumHeader(algorithm)} header is invalid.`,
  });
}

function requireMd5(header: string | undefined, actual: Buffer): void {
  if (header === undefined) return;
  const given = Buffer.from(header, 'base64');
  if (given.byteLength !== 16 || given.toString('base64') !== header) throw new S3Error('InvalidDigest');
  if (!given.equals(actual)) {
    throw new S3Error('BadDigest', { message: 'The Content-MD5 you specified did not match what we received.' });
  }
}
