import { S3Error } from './s3-error.ts';

export interface Span {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/**
 * The span that a Range header asks for, or null where S3 ignores it and sends the whole object: another unit, several
 * ranges, nonsense.
 *
 * @throws S3Error InvalidRange when no byte of the object lies in it
 */
export function parseRange(header: string | undefined, sizeBytes: number): Span | null {
  const found = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (header === undefined || found === null) return null;
  const [, first = '', last = ''] = found;
  if (first === '' && last === '') return null;
  if (first === '') {
    const length = Math.min(Number(last), sizeBytes);
    if (length === 0) throw unsatisfiable(header, sizeBytes);
    return { start: sizeBytes - length, end: sizeBytes };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return null;
  if (start >= sizeBytes) throw unsatisfiable(header, sizeBytes);
  return { start, end: last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes) };
}

function unsatisfiable(header: string, sizeBytes: number): S3Error {
  return new S3Error('InvalidRange', {
    details: { RangeRequested: header, ActualObjectSize: String(sizeBytes) },
    headers: { 'Content-Range': `bytes */${sizeBytes}` },
  });
}
