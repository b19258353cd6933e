import { createHash } from 'node:crypto';
import { CHECKSUM_ALGORITHMS } from '../core/archive.ts';
import type { CopyProof } from './decision.ts';
import type { ArchiveFacts, UploadFacts } from './promoter-storage.ts';

/**
 * How strongly the archive is known to be the upload, byte for byte; null when it is not. Sizes must be equal, and any checksum of the whole
 * that both have. Where they have none in common (an upload with CRC32 from an older client) the MD5 of an upload in one piece can be found again
 * in the ETag of its copy in one part. An ETag accuses nobody: under SSE-KMS it is no MD5.
 */
export function compareCopy(upload: UploadFacts, archive: ArchiveFacts): CopyProof | null {
  if (upload.sizeBytes !== archive.sizeBytes) return null;
  const common = CHECKSUM_ALGORITHMS.filter(
    (algorithm) => upload.checksums[algorithm] !== undefined && archive.checksums[algorithm] !== undefined,
  );
  if (common.length > 0) {
    return common.every((algorithm) => upload.checksums[algorithm] === archive.checksums[algorithm])
      ? 'checksum'
      : null;
  }
  return isMd5OfOnePart(upload.etag, archive.etag) ? 'etag' : 'size';
}

/** The ETag of an object in parts is the MD5 of its parts' MD5s, and their number. */
function isMd5OfOnePart(md5: string, partsEtag: string): boolean {
  if (!/^[0-9a-f]{32}$/.test(md5)) return false;
  return partsEtag === `${createHash('md5').update(Buffer.from(md5, 'hex')).digest('hex')}-1`;
}
