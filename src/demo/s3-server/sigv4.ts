import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { decodeUriBytes, encodeForSignature, type KeyBytes } from './key-bytes.ts';
import { S3Error } from './s3-error.ts';

const ALGORITHM = 'AWS4-HMAC-SHA256';
const MAX_SKEW_MS = 15 * 60 * 1000;
const EMPTY_SHA256 = createHash('sha256').digest('hex');

export interface S3User {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** For `authorize` and for the owner shown in listings; the access key where none is given. */
  readonly name?: string;
}

export interface SignedRequest {
  readonly method: string;
  /** As on the wire, percent-encoded, without the query. */
  readonly rawPath: string;
  /** Decoded, in the order sent. */
  readonly query: readonly (readonly [KeyBytes, KeyBytes])[];
  /** Lower-case names; repeated headers joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
}

/** Who asks, and what signs the chunks of a streamed body. */
export interface Verified {
  readonly user: S3User;
  readonly payloadHash: string;
  /** Signature of the next chunk, given what is signed before its hash. */
  readonly signChunk: (kind: 'PAYLOAD' | 'TRAILER', previous: string, content: Uint8Array) => string;
  readonly signature: string;
}

/**
 * Signature Version 4 in the Authorization header (S3 API reference, "Authenticating Requests"). Presigned URLs are not
 * implemented.
 *
 * @throws S3Error with the code that S3 itself would answer
 */
export function verifySignature(
  request: SignedRequest,
  users: readonly S3User[],
  region: string,
  nowMs: number,
): Verified {
  if (request.query.some(([name]) => /^x-amz-(algorithm|signature|credential)$/i.test(name) || name === 'Signature')) {
    throw new S3Error('NotImplemented', { message: 'Presigned URLs are not implemented.' });
  }
  const authorization = request.headers.get('authorization');
  if (authorization === undefined) throw new S3Error('AccessDenied');
  const claim = parseAuthorization(authorization);
  const user = users.find((candidate) => candidate.accessKeyId === claim.accessKeyId);
  if (user === undefined) {
    throw new S3Error('InvalidAccessKeyId', { details: { AWSAccessKeyId: claim.accessKeyId } });
  }
  if (claim.region !== region) {
    throw new S3Error('AuthorizationHeaderMalformed', {
      message: `The authorization header is malformed; the region '${claim.region}' is wrong; expecting '${region}'`,
      details: { Region: region },
    });
  }
  const timestamp = requireTimestamp(request.headers, claim.date, nowMs);
  const payloadHash = request.headers.get('x-amz-content-sha256');
  if (payloadHash === undefined) {
    throw new S3Error('InvalidRequest', { message: 'Missing required header for this request: x-amz-content-sha256' });
  }
  requireSignedHeaders(request.headers, claim.signedHeaders);

  const scope = `${claim.date}/${claim.region}/s3/aws4_request`;
  const key = signingKey(user.secretAccessKey, claim.date, claim.region);
  const canonical = canonicalRequest(request, claim.signedHeaders, payloadHash);
  const toSign = `${ALGORITHM}\n${timestamp}\n${scope}\n${sha256(Buffer.from(canonical, 'latin1'))}`;
  if (!sameText(hmac(key, toSign).toString('hex'), claim.signature)) {
    throw new S3Error('SignatureDoesNotMatch', {
      details: { AWSAccessKeyId: claim.accessKeyId, StringToSign: toSign, CanonicalRequest: canonical },
    });
  }
  return {
    user,
    payloadHash,
    signature: claim.signature,
    signChunk(kind, previous, content) {
      const middle = kind === 'PAYLOAD' ? `${EMPTY_SHA256}\n` : '';
      const text = `${ALGORITHM}-${kind}\n${timestamp}\n${scope}\n${previous}\n${middle}${sha256(content)}`;
      return hmac(key, text).toString('hex');
    },
  };
}

/** Comparison that takes the same time wherever the texts differ. */
export function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'));
}

/** `20261121T210700Z` in milliseconds; NaN when it is no such time. */
export function parseAmzDate(text: string): number {
  const found = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (found === null) return Number.NaN;
  const [, year, month, day, hour, minute, second] = found;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

interface Claim {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

function parseAuthorization(header: string): Claim {
  if (!header.startsWith(`${ALGORITHM} `)) {
    throw new S3Error('InvalidRequest', {
      message: `The authorization mechanism you have provided is not supported. Please use ${ALGORITHM}.`,
    });
  }
  const fields = new Map<string, string>();
  for (const field of header.slice(ALGORITHM.length + 1).split(',')) {
    const equals = field.indexOf('=');
    fields.set(field.slice(0, equals).trim(), field.slice(equals + 1).trim());
  }
  const [accessKeyId, date, region, service, terminator, ...rest] = (fields.get('Credential') ?? '').split('/');
  const signedHeaders = (fields.get('SignedHeaders') ?? '').split(';');
  const signature = fields.get('Signature');
  if (!accessKeyId || !date || !region || service !== 's3' || terminator !== 'aws4_request' || rest.length > 0) {
    throw new S3Error('AuthorizationHeaderMalformed');
  }
  if (!signature || !signedHeaders.includes('host')) throw new S3Error('AuthorizationHeaderMalformed');
  return { accessKeyId, date, region, signedHeaders, signature };
}

function requireTimestamp(headers: ReadonlyMap<string, string>, scopeDate: string, nowMs: number): string {
  const stamp = headers.get('x-amz-date');
  const atMs = parseAmzDate(stamp ?? '');
  if (stamp === undefined || Number.isNaN(atMs)) {
    throw new S3Error('AccessDenied', { message: 'AWS authentication requires a valid x-amz-date header' });
  }
  if (Math.abs(atMs - nowMs) > MAX_SKEW_MS) {
    throw new S3Error('RequestTimeTooSkewed', {
      details: {
        RequestTime: stamp,
        ServerTime: new Date(nowMs).toISOString(),
        MaxAllowedSkewMilliseconds: String(MAX_SKEW_MS),
      },
    });
  }
  if (!stamp.startsWith(scopeDate)) throw new S3Error('SignatureDoesNotMatch');
  return stamp;
}

function requireSignedHeaders(headers: ReadonlyMap<string, string>, signed: readonly string[]): void {
  const missing = [...headers.keys()].filter((name) => name.startsWith('x-amz-') && !signed.includes(name));
  if (missing.length === 0) return;
  throw new S3Error('AccessDenied', {
    message: 'There were headers present in the request which were not signed',
    details: { HeadersNotSigned: missing.join(', ') },
  });
}

function canonicalRequest(request: SignedRequest, signedHeaders: readonly string[], payloadHash: string): string {
  const path = encodeForSignature(decodeUriBytes(request.rawPath, false) ?? request.rawPath, true);
  const query = request.query
    .map(([name, value]) => [encodeForSignature(name, false), encodeForSignature(value, false)] as const)
    .sort(([a, av], [b, bv]) => (a < b ? -1 : a > b ? 1 : av < bv ? -1 : av > bv ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  const headers = signedHeaders.map((name) => {
    const value = request.headers.get(name) ?? '';
    return `${name}:${value.trim().replace(/ +/g, ' ')}\n`;
  });
  return [request.method, path, query, headers.join(''), signedHeaders.join(';'), payloadHash].join('\n');
}

function signingKey(secret: string, date: string, region: string): Buffer {
  return hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), 's3'), 'aws4_request');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'utf8').digest();
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
