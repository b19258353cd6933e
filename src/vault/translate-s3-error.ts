import { formatDuration } from '../core/duration.ts';
import { AppError, type ErrorCode, systemCode } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { networkFault } from './network-fault.ts';
import { parseHttpDateMs, parseRetryAfterMs } from './parse-retry-after.ts';

/** What was being done, for the words of the message. */
export interface S3Place {
  readonly vault: string;
  readonly bucket: string;
  readonly region: string;
  /** null for AWS itself. */
  readonly endpoint: string | null;
  /** 'listing', 'reading', …: what the request was for. */
  readonly action: string;
  /** null when the request was about the bucket. */
  readonly key: string | null;
  readonly nowMs: number;
}

/**
 * Anything that the SDK, Node's network code or an XML parser threw, as an AppError with what, where and why in its message and the next
 * step as its hint. An AppError keeps its code and gains the place. Never quotes a secret, a signature or a string that was signed.
 */
export function translateS3Error(error: unknown, place: S3Place): AppError {
  if (error instanceof AppError) return placed(error, place);
  const fault = readServiceFault(error);
  if (fault === null) return translateLocal(error, place);
  const { code, hint, why } = judge(fault, place);
  const retryAfterMs = parseRetryAfterMs(fault.headers['retry-after'], fault.dateMs, place.nowMs);
  return new AppError(code, `${where(place)}: ${why}`, {
    // The SDK's error carries the request's signature and access key among its fields: only its words go on.
    cause: new Error(clipped(`${fault.status} ${fault.code}: ${fault.message}`, 500)),
    ...(hint === undefined ? {} : { hint }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

interface ServiceFault {
  readonly status: number;
  /** S3's error code; '' when the answer had no error document (HEAD never has). */
  readonly code: string;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly dateMs: number | null;
  /** <Region> of an AuthorizationHeaderMalformed. */
  readonly region: string | undefined;
}

interface Judgement {
  readonly code: ErrorCode;
  readonly why: string;
  readonly hint?: string;
}

/** S3 wants less: codes from the S3 error list and from other servers. */
const BUSY = new Set([
  'SlowDown',
  'SlowDownRead',
  'ServiceUnavailable',
  'Throttling',
  'ThrottlingException',
  'RequestLimitExceeded',
  'TooManyRequests',
  'TooManyRequestsException',
  'BandwidthLimitExceeded',
  'RequestThrottled',
  'OperationAborted',
  'Busy',
]);
const WRONG_KEY: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: 'the vault does not know this access key',
  SignatureDoesNotMatch: 'the signature does not match: the secret is not that of this access key',
  ExpiredToken: 'the session token has expired',
  ExpiredTokenException: 'the session token has expired',
  InvalidToken: 'the session token is not valid',
  TokenRefreshRequired: 'the session token must be renewed',
  InvalidSecurity: 'the credentials are not valid',
  NotSignedUp: 'the account of this key is not signed up for S3',
};
const WRONG_REGION = new Set([
  'PermanentRedirect',
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
  'IllegalLocationConstraint',
  'InvalidRegionName',
  'IncorrectEndpoint',
]);
const GONE = new Set(['NoSuchKey', 'NoSuchVersion', 'NotFound', 'NoSuchUpload']);
const DENIED = new Set([
  'AccessDenied',
  'AllAccessDisabled',
  'AccountProblem',
  'Forbidden',
  'InvalidPayer',
  'UnauthorizedAccess',
  'Unauthorized',
  'AccessForbidden',
]);

function judge(fault: ServiceFault, place: S3Place): Judgement {
  const { code, status, headers } = fault;
  const bucketRegion = headers['x-amz-bucket-region'] ?? fault.region;
  const said = saying(fault);

  if (
    code === 'RequestTimeTooSkewed' ||
    code === 'RequestExpired' ||
    (code === '' && status === 403 && skewMs(fault, place) > MAX_SKEW_MS)
  ) {
    return { code: 'VAULT_CLOCK_SKEW', why: clockWords(fault, place) };
  }
  const wrongKey = WRONG_KEY[code];
  if (wrongKey !== undefined) {
    return {
      code: 'VAULT_WRONG_KEY',
      why: wrongKey,
      ...(code.includes('Token')
        ? { hint: 'Renew the session, or use a key without one: a mirror runs for years.' }
        : {}),
    };
  }
  if (
    WRONG_REGION.has(code) ||
    status === 301 ||
    (status === 400 && code === '' && bucketRegion !== undefined && bucketRegion !== place.region)
  ) {
    if (bucketRegion !== undefined && bucketRegion !== place.region) {
      return {
        code: 'VAULT_WRONG_REGION',
        why: `the bucket is in ${clipped(bucketRegion, 40)}, not in ${place.region}`,
        hint: `Set \`region: ${clipped(bucketRegion, 40)}\` for this vault.`,
      };
    }
    return { code: 'VAULT_WRONG_REGION', why: `the bucket is not in ${place.region}${said}` };
  }
  if (code === 'NoSuchBucket' || code === 'InvalidBucketName')
    return { code: 'VAULT_NO_BUCKET', why: `there is no such bucket${said}` };
  if (code === 'InvalidObjectState') {
    const storageClass = headers['x-amz-storage-class'];
    return {
      code: 'OBJECT_ARCHIVED',
      why: `the object is archived${storageClass === undefined ? '' : ` (${clipped(storageClass, 40)})`}`,
    };
  }
  if (code === 'RequestTimeout' || status === 408)
    return { code: 'TRANSFER_STALLED', why: `the vault waited in vain for the request${said}` };
  if (BUSY.has(code) || status === 503 || status === 429 || status === 509)
    return { code: 'VAULT_BUSY', why: `the vault is busy${said}` };
  if (code === 'NotImplemented' || status === 501)
    return { code: 'VAULT_UNSUPPORTED', why: `this server does not implement the request${said}` };
  if (status === 407 || status === 511)
    return {
      code: 'VAULT_UNREACHABLE',
      why: `a proxy wants a sign-in (${status})`,
      hint: 'Let this machine through the proxy, or sign in on its network.',
    };
  if (status >= 500) return { code: 'VAULT_SERVER_ERROR', why: `the vault failed (${status})${said}` };
  if (place.key !== null) {
    const judged = judgeObject(fault, said);
    if (judged !== null) return judged;
  }
  if (DENIED.has(code) || status === 401 || status === 403)
    return { code: 'VAULT_DENIED', why: `the key may not do this${said}` };
  if (status === 404) return { code: 'VAULT_NO_BUCKET', why: `nothing is there${said}` };
  if (code === 'TemporaryRedirect' || status === 307)
    return { code: 'VAULT_SERVER_ERROR', why: `the vault sends us elsewhere for now${said}` };
  if (status < 400) return { code: 'VAULT_BAD_ANSWER', why: `status ${status} where an S3 answer was due${said}` };
  return { code: 'VAULT_UNSUPPORTED', why: `the vault refuses the request (${status})${said}` };
}

function judgeObject(fault: ServiceFault, said: string): Judgement | null {
  const { code, status, message } = fault;
  if (status === 412 || code === 'PreconditionFailed')
    return { code: 'OBJECT_CHANGED', why: 'it is no longer the object that was listed' };
  if (status === 416 || code === 'InvalidRange')
    return { code: 'OBJECT_CHANGED', why: 'it is shorter than it was listed' };
  if (GONE.has(code) || status === 404) return { code: 'OBJECT_GONE', why: 'it is not there any more' };
  // A version that is a delete marker: 405 with x-amz-delete-marker.
  if (status === 405) return { code: 'OBJECT_GONE', why: 'this version is a delete marker' };
  if (code.startsWith('KMS.')) return { code: 'OBJECT_DENIED', why: `its encryption key refuses${said}` };
  if (status === 400 && /server.side encryption|customer/i.test(message)) {
    return {
      code: 'OBJECT_DENIED',
      why: 'it was encrypted with a key of the uploader’s own (SSE-C)',
      hint: 'Such an object cannot be mirrored: forbid SSE-C to the uploader.',
    };
  }
  if (DENIED.has(code) || status === 401 || status === 403)
    return { code: 'OBJECT_DENIED', why: `the key may not read it${said}` };
  // An object's name or encryption is the uploader's choice: what a server has against it must not stop the whole vault.
  if (status >= 400) {
    return {
      code: 'OBJECT_DENIED',
      why: `the vault refuses to show it (${status})${said}`,
      hint: 'Look at the object in the vault: encrypted by its uploader (SSE-C), or under a name that this server does not serve.',
    };
  }
  return null;
}

/** Errors that no server sent: names, connections, TLS, credentials, documents that are no XML. */
function translateLocal(error: unknown, place: S3Place): AppError {
  const network = networkFault(error);
  if (network !== null) {
    return new AppError(network.code, `${where(place)}: ${network.why}`, {
      cause: error,
      ...(network.hint === undefined ? {} : { hint: network.hint }),
    });
  }
  const name = error instanceof Error ? error.name : '';
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') {
    return new AppError(
      'VAULT_NO_CREDENTIALS',
      `vault ${place.vault}: no credentials in the environment, the AWS files or the machine’s role`,
      { cause: new Error(name) },
    );
  }
  // The SDK found the mistake before it sent anything.
  if (name === 'EndpointError' || name === 'InvalidBucketName' || systemCode(error) === 'ERR_INVALID_URL') {
    return new AppError('VAULT_NO_BUCKET', `${where(place)}: bucket, region and endpoint make no address`, {
      cause: error,
    });
  }
  if (error instanceof Error && error.message.startsWith('Region not accepted')) {
    return new AppError('VAULT_WRONG_REGION', `${where(place)}: ${printable(place.region)} is no region`, {
      cause: error,
    });
  }
  return new AppError('VAULT_BAD_ANSWER', `${where(place)}: the answer could not be read`, { cause: error });
}

/** An S3 error as the SDK throws it: an Error with $metadata and, out of sight, $response. */
function readServiceFault(error: unknown): ServiceFault | null {
  if (!(error instanceof Error)) return null;
  const { $metadata, $response, Code, Region } = error as Error & {
    $metadata?: { httpStatusCode?: number };
    $response?: { statusCode?: number; headers?: Record<string, string> };
    Code?: unknown;
    Region?: unknown;
  };
  const status = $metadata?.httpStatusCode ?? $response?.statusCode;
  // A 2xx here is an answer that the SDK could not read, no refusal.
  if (status === undefined || status < 300) return null;
  const headers = $response?.headers ?? {};
  const name = typeof Code === 'string' ? Code : error.name;
  return {
    status,
    code: NAMELESS.has(name) ? '' : name,
    message: NAMELESS.has(error.message) ? '' : error.message,
    headers,
    dateMs: parseHttpDateMs(headers.date),
    region: typeof Region === 'string' ? Region : undefined,
  };
}

/** What the SDK calls an answer without an error document. */
const NAMELESS = new Set([
  'UnknownError',
  'Unknown',
  'Error',
  'S3ServiceException',
  'BadRequest',
  'undefined',
  '403',
  '400',
  '301',
]);

/** S3 refuses requests that are more than 15 minutes off. */
const MAX_SKEW_MS = 15 * 60_000;

function skewMs(fault: ServiceFault, place: S3Place): number {
  return fault.dateMs === null ? 0 : Math.abs(place.nowMs - fault.dateMs);
}

function clockWords(fault: ServiceFault, place: S3Place): string {
  if (fault.dateMs === null) return 'the clock of this machine is too far off';
  return `the clock of this machine is ${formatDuration(skewMs(fault, place))} ${place.nowMs < fault.dateMs ? 'behind' : 'ahead of'} the vault’s`;
}

function saying({ code, message }: ServiceFault): string {
  if (code === '' && message === '') return '';
  return ` (${clipped(message === '' || message === code ? code : `${code}: ${message}`, 200)})`;
}

function where({ vault, bucket, endpoint, action, key }: S3Place): string {
  const at = endpoint === null ? '' : ` at ${endpoint}`;
  return key === null
    ? `vault ${vault}: ${action} bucket ${bucket}${at}`
    : `vault ${vault}: ${action} ${printable(key)} in bucket ${bucket}${at}`;
}

function placed(error: AppError, place: S3Place): AppError {
  if (error.message.startsWith('vault ')) return error;
  return new AppError(error.code, `${where(place)}: ${error.message}`, {
    cause: error.cause ?? error,
    hint: error.hint,
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
  });
}

/** A server's words, fit for a line. */
function clipped(text: string, maxChars: number): string {
  const shown = printable(text);
  return shown.length > maxChars ? `${shown.slice(0, maxChars)}…` : shown;
}
