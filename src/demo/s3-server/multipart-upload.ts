import type { ChecksumAlgorithm } from '../../core/archive.ts';
import type { ChecksumType } from './checksums.ts';
import type { Content } from './content.ts';
import type { KeyBytes } from './key-bytes.ts';
import type { ObjectHeaders, Retention, StorageClass } from './object-version.ts';

export interface UploadedPart {
  readonly partNumber: number;
  readonly content: Content;
  /** MD5 in hex. */
  readonly etag: string;
  /** Base64, of the upload's algorithm. */
  readonly checksum: string;
  readonly lastModifiedMs: number;
}

/** An upload in parts that is neither completed nor aborted. */
export interface MultipartUpload {
  readonly uploadId: string;
  readonly key: KeyBytes;
  readonly initiatedMs: number;
  readonly headers: ObjectHeaders;
  readonly storageClass: StorageClass;
  readonly retention: Retention | null;
  /** CRC64NVME over the whole object where the client asked for none, as S3 does. */
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
  /** Whether the client asked for the algorithm: only then are parts expected to carry it, and answers to name it. */
  readonly isDeclared: boolean;
  readonly parts: Map<number, UploadedPart>;
}
