import { printable } from '../core/printable.ts';

/**
 * A request that failed in a way that the promoter does not decide upon. Not an AppError: the table of that one's hints would be a third
 * of the code that travels inside the template, and here no operator reads hints but a log.
 */
export class StorageError extends Error {
  readonly operation: string;
  /** S3's error code or Node's, '' when there was none. */
  readonly code: string;
  /** HTTP status; null when no answer came. */
  readonly status: number | null;

  constructor(fields: {
    readonly operation: string;
    readonly place: string;
    readonly code: string;
    readonly status: number | null;
    readonly detail: string;
    readonly cause?: unknown;
  }) {
    const { operation, place, code, status, detail } = fields;
    const said = [status, code, detail].filter((part) => part !== null && part !== '').join(' ');
    super(`${operation} ${printable(place)}: ${printable(said)}`, { cause: fields.cause });
    this.name = 'StorageError';
    this.operation = operation;
    this.code = code;
    this.status = status;
  }
}

/** Requests that read the upload itself; what is wrong with others is not the upload's fault. */
const READING = ['HeadObject', 'UploadPartCopy'];
/** A 400 or a 403 as well, but said of the request: slow, late, or signed with a key that has run out. */
const PASSING = /^(?:RequestTime|Expired|Internal|Slow)/;

/** S3 refuses this one for good (encrypted with a key that we may not use): it must not keep the later uploads of its period from their name. */
export function isRefusedForGood(error: unknown): boolean {
  if (!(error instanceof StorageError)) return false;
  const { operation, code, status } = error;
  return (status === 400 || status === 403) && READING.includes(operation) && !PASSING.test(code);
}
