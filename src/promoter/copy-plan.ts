/** One part of a copy; the range is null when the part is the whole object. */
export interface CopyPart {
  readonly partNumber: number;
  /** First and last byte, both included. */
  readonly range: { readonly first: number; readonly last: number } | null;
}

const MIB = 2 ** 20;
/** Large enough that a request's round trip does not count, small enough that 50 GB go in 373 parts, many at a time. */
const USUAL_PART_BYTES = 128 * MIB;
/** S3 user guide, "Amazon S3 multipart upload limits": 10,000 parts of 5 MiB to 5 GiB. */
const MAX_PARTS = 10_000;
const MAX_PART_BYTES = 5 * 2 ** 30;

export const MAX_COPY_BYTES = MAX_PARTS * MAX_PART_BYTES;

/**
 * How an object of this size (1 byte or more) is copied. An object of one part is copied without a range: S3 takes ranges only of sources above 5 MiB
 * (API reference, UploadPartCopy). The last part may be shorter than 5 MiB. Throws a RangeError for sizes that S3 knows no object of.
 */
export function planCopy(sizeBytes: number): readonly CopyPart[] {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 1 || sizeBytes > MAX_COPY_BYTES) {
    throw new RangeError(`no object has ${sizeBytes} bytes`);
  }
  if (sizeBytes <= USUAL_PART_BYTES) return [{ partNumber: 1, range: null }];
  const partBytes = Math.max(USUAL_PART_BYTES, Math.ceil(sizeBytes / MAX_PARTS / MIB) * MIB);
  return Array.from({ length: Math.ceil(sizeBytes / partBytes) }, (_, index) => ({
    partNumber: index + 1,
    range: { first: index * partBytes, last: Math.min((index + 1) * partBytes, sizeBytes) - 1 },
  }));
}
