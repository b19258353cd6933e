import type { ChecksumAlgorithm } from '../core/archive.ts';
import type { CopyPart } from './copy-plan.ts';

/** One version of an upload. A version's content never changes: that is why the inbox must be versioned. */
export interface UploadRef {
  readonly key: string;
  readonly versionId: string;
}

/** Full-object checksums as S3 tells them, in base64; composite ones are left out, they depend on how an upload was cut. */
export type FullChecksums = Partial<Readonly<Record<ChecksumAlgorithm, string>>>;

export interface UploadFacts {
  readonly sizeBytes: number;
  /** Without quotes. */
  readonly etag: string;
  readonly checksums: FullChecksums;
  readonly lastModifiedMs: number;
  /** True where a copy would be refused until somebody pays for a restoration. */
  readonly isArchived: boolean;
  /** Metadata `sha256` of the uploader as it came; a claim, no proof. */
  readonly claimedSha256: string | null;
}

export interface ArchiveFacts {
  readonly sizeBytes: number;
  readonly etag: string;
  readonly checksums: FullChecksums;
  /** Names in lower case. Only the promoter writes to the vault, so what stands here is true. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ListedUpload {
  /** null where the key's bytes are no text: it can be counted, not asked for. */
  readonly key: string | null;
  readonly versionId: string;
  /** S3's clock; on AWS the time at which an upload in parts was begun, in whole seconds. */
  readonly lastModifiedMs: number;
  readonly sizeBytes: number;
  readonly etag: string;
}

/** A copy under way in the vault. */
export interface CopyRef {
  readonly vaultKey: string;
  readonly uploadId: string;
}

export interface CopiedPart {
  readonly partNumber: number;
  readonly etag: string;
  readonly checksumCrc64Nvme: string | null;
}

export interface PartCopy {
  readonly copy: CopyRef;
  readonly source: UploadRef & { readonly etag: string };
  readonly part: CopyPart;
}

export interface Completion {
  readonly copy: CopyRef;
  /** In the order of their numbers. */
  readonly parts: readonly CopiedPart[];
  readonly sizeBytes: number;
  /** The source's checksum where it has this one: S3 refuses to complete a copy that differs. */
  readonly checksumCrc64Nvme: string | null;
}

/**
 * done: the object is there, and nothing was before. exists: the name was taken (412) — perhaps by this very copy, when the answer to an
 * earlier attempt was lost. conflict: another writer was at work (409), the copy must be made anew. no-copy: no such copy under way (any
 * more): completed by an attempt whose answer was lost, or aborted.
 */
export type CompletionOutcome = 'done' | 'exists' | 'conflict' | 'no-copy';

/**
 * The two buckets as the promoter sees them. What it must decide upon is an answer, never an exception; anything else rejects with a
 * StorageError (or the signal's reason), and may or may not have taken effect. Every method may be called again with the same
 * arguments. Rights: inbox s3:GetObjectVersion, s3:ListBucket, s3:ListBucketVersions, s3:DeleteObjectVersion; vault s3:PutObject,
 * s3:AbortMultipartUpload, s3:GetObject, s3:ListBucket (without the last a missing name is answered 403 instead of 404).
 */
export interface PromoterStorage {
  /** gone: there is no such version (any more), or it is a delete marker. */
  headUpload(upload: UploadRef, signal: AbortSignal): Promise<UploadFacts | 'gone'>;
  /** The current object of that name; null when there is none, or a delete marker on top. */
  headArchive(vaultKey: string, signal: AbortSignal): Promise<ArchiveFacts | null>;
  /** Pages of versions, delete markers left out: keys in byte order, the versions of a key newest first. Pages may be empty. */
  listUploads(prefix: string, signal: AbortSignal): AsyncIterable<readonly ListedUpload[]>;
  /** Begins a copy; nothing is to be seen in the vault before it is completed. */
  beginCopy(vaultKey: string, metadata: Readonly<Record<string, string>>, signal: AbortSignal): Promise<CopyRef>;
  /** gone: the source was deleted. Rejects when the source's ETag is another. */
  copyPart(request: PartCopy, signal: AbortSignal): Promise<CopiedPart | 'gone'>;
  /** The one write of the vault: only ever where nothing has the name. */
  completeCopy(completion: Completion, signal: AbortSignal): Promise<CompletionOutcome>;
  /** Gives up a copy and frees its parts; none under way is no error. */
  abortCopy(copy: CopyRef, signal: AbortSignal): Promise<void>;
  /** Deletes exactly this version; an absent one is no error. */
  deleteUpload(upload: UploadRef, signal: AbortSignal): Promise<void>;
}
