/** One request as the proxy saw it; what a test decides its fault by. */
export interface SeenRequest {
  readonly method: string;
  /** Path with query, as it stands in the request line. */
  readonly path: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Counts all requests of this proxy, from 1. */
  readonly nth: number;
  /** Counts the requests with the same method and path, from 1. */
  readonly nthOfTarget: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * What happens to one answer; the fields combine. Offsets count bytes of content (chunk sizes do not count). Where the body is shorter than an
 * offset, that fault does not happen.
 */
export interface Fault {
  /** Wait before the first byte of the answer. */
  readonly delayMs?: number;
  /** At most this much content a second. */
  readonly bytesPerSecond?: number;
  /** Replace or add headers of the answer; null takes one out. The body stays: a wrong Content-Length is yours to want. */
  readonly setHeaders?: Readonly<Record<string, string | null>>;
  /** Invert the byte at this offset. */
  readonly flipByteAt?: number;
  /** Break the connection after so many bytes of the body, or instead of an answer; Content-Length keeps promising the rest. */
  readonly cut?: { readonly at: number | 'before-head'; readonly how: 'rst' | 'fin' };
  /** Send so many bytes of the body, then nothing, never; the connection stays open. */
  readonly stallAt?: number;
  /** Shorten the body and correct Content-Length: the answer looks complete and the connection goes on. */
  readonly truncateTo?: number;
  /** Give this answer; the request does not reach the upstream. */
  readonly replaceBy?: Answer;
  /** Collect the whole body (UTF-8), replace it, correct Content-Length. */
  readonly rewriteBody?: (body: string) => string;
}

/** null: the answer passes untouched. */
export type FaultPlan = (request: SeenRequest) => Fault | null;

/** An error answer in the words of S3, for `replaceBy`: s3Error(503, 'SlowDown', { retryAfterS: 1 }). */
export function s3Error(status: number, code: string, options: { readonly retryAfterS?: number } = {}): Answer {
  const headers: Record<string, string> = { 'Content-Type': 'application/xml' };
  if (options.retryAfterS !== undefined) headers['Retry-After'] = String(options.retryAfterS);
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>by fault-proxy</Message><RequestId>0</RequestId></Error>`;
  return { status, headers, body };
}

const ENTRY = /<(Contents|Version|DeleteMarker)>[\s\S]*?<\/\1>/g;
const CONTINUATION = /<(NextContinuationToken|NextKeyMarker|NextVersionIdMarker)>[\s\S]*?<\/\1>/g;

/**
 * For `rewriteBody` on ListObjectsV2 and ListObjectVersions: keeps the first `keep` entries and claims that there are no more
 * (IsTruncated false, no continuation, KeyCount corrected). `shortenListing(0)` is the listing of an empty bucket.
 */
export function shortenListing(keep: number): (body: string) => string {
  return (body) => {
    let entries = 0;
    return body
      .replace(ENTRY, (entry) => (entries++ < keep ? entry : ''))
      .replace(CONTINUATION, '')
      .replace(/<IsTruncated>true<\/IsTruncated>/, '<IsTruncated>false</IsTruncated>')
      .replace(/<KeyCount>\d+<\/KeyCount>/, () => `<KeyCount>${Math.min(entries, keep)}</KeyCount>`);
  };
}
