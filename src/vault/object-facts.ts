import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm, type ObjectFacts } from '../core/archive.ts';
import { AppError } from '../core/errors.ts';
import { parseHttpDateMs } from './parse-retry-after.ts';
import type { S3Answer } from './s3-answer.ts';

/** What the headers of a HEAD or a whole GET say about an object. `sizeBytes` is the caller's, because a range has another length. */
export function readObjectFacts(headers: S3Answer['headers'], sizeBytes: number): ObjectFacts {
  const checksums: Partial<Record<ChecksumAlgorithm, string>> = {};
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const value = headers[`x-amz-checksum-${algorithm.toLowerCase()}`];
    if (value !== undefined && value !== '') checksums[algorithm] = value;
  }
  return {
    sizeBytes,
    etag: unquoteEtag(headers.etag),
    checksums,
    checksumType: CHECKSUM_TYPES[headers['x-amz-checksum-type'] ?? ''] ?? null,
    etagIsOpaque: isOpaque(headers),
    uploaderSha256: uploaderSha256(headers['x-amz-meta-sha256']),
    storageClass: headers['x-amz-storage-class'] ?? null,
    lastModifiedMs: parseHttpDateMs(headers['last-modified']),
  };
}

const CHECKSUM_TYPES: Readonly<Record<string, 'full' | 'composite'>> = { FULL_OBJECT: 'full', COMPOSITE: 'composite' };

/** An ETag without its quotes. Throws VAULT_BAD_ANSWER when there is none: nothing would name what was received. */
export function unquoteEtag(etag: string | undefined): string {
  const bare = etag?.replace(/^"(.*)"$/s, '$1') ?? '';
  if (bare === '') throw new AppError('VAULT_BAD_ANSWER', 'an object without an ETag');
  return bare;
}

/** Under SSE-KMS (plain or dual-layer) and SSE-C an ETag is no MD5 (S3 API reference, "Object"). */
function isOpaque(headers: S3Answer['headers']): boolean {
  return (
    (headers['x-amz-server-side-encryption'] ?? '').startsWith('aws:kms') ||
    headers['x-amz-server-side-encryption-customer-algorithm'] !== undefined
  );
}

function uploaderSha256(value: string | undefined): string | null {
  const hex = value?.trim().toLowerCase();
  return hex !== undefined && /^[0-9a-f]{64}$/.test(hex) ? hex : null;
}

/** A Content-Length header as a number; null when absent. Throws VAULT_BAD_ANSWER for anything but a sane count of bytes. */
export function parseLength(header: string | undefined): number | null {
  if (header === undefined) return null;
  const length = /^\d{1,16}$/.test(header) ? Number(header) : Number.NaN;
  if (!Number.isSafeInteger(length))
    throw new AppError('VAULT_BAD_ANSWER', `a Content-Length of ${header.slice(0, 40)}`);
  return length;
}
