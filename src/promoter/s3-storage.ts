import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectVersionsCommand,
  type S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { CHECKSUM_ALGORITHMS } from '../core/archive.ts';
import { pagesOfVersions } from './list-versions.ts';
import type { CompletionOutcome, FullChecksums, ListedUpload, PromoterStorage } from './promoter-storage.ts';
import { answerOr, required } from './s3-answers.ts';
import { encodeSourceKey } from './vault-metadata.ts';

const ARCHIVED_CLASSES = ['GLACIER', 'DEEP_ARCHIVE'];

/** The buckets at an S3 server. The client is the caller's: its region, endpoint, credentials, retries, and its end. */
export function createS3Storage(client: S3Client, buckets: { inbox: string; vault: string }): PromoterStorage {
  const { inbox, vault } = buckets;
  return {
    headUpload: ({ key, versionId }, abortSignal) => {
      const head = new HeadObjectCommand({ Bucket: inbox, Key: key, VersionId: versionId, ChecksumMode: 'ENABLED' });
      return answerOr(
        { operation: 'HeadObject', place: `${inbox}/${key}`, signal: abortSignal },
        // 405: the version is a delete marker.
        { 404: 'gone', 405: 'gone' } as const,
        async () => {
          const answer = await client.send(head, { abortSignal });
          return {
            ...readFacts(answer),
            lastModifiedMs: required(answer.LastModified, 'LastModified').getTime(),
            isArchived: ARCHIVED_CLASSES.includes(answer.StorageClass ?? '') || answer.ArchiveStatus !== undefined,
            claimedSha256: answer.Metadata?.sha256 ?? null,
          };
        },
      );
    },

    headArchive: (vaultKey, abortSignal) => {
      const head = new HeadObjectCommand({ Bucket: vault, Key: vaultKey, ChecksumMode: 'ENABLED' });
      return answerOr(
        { operation: 'HeadObject', place: `${vault}/${vaultKey}`, signal: abortSignal },
        { 404: null },
        async () => {
          const answer = await client.send(head, { abortSignal });
          return { ...readFacts(answer), metadata: answer.Metadata ?? {} };
        },
      );
    },

    listUploads: (prefix, signal): AsyncIterable<readonly ListedUpload[]> =>
      pagesOfVersions((markers) => {
        const list = new ListObjectVersionsCommand({ Bucket: inbox, Prefix: prefix, EncodingType: 'url', ...markers });
        return answerOr({ operation: 'ListObjectVersions', place: inbox, signal }, {}, () =>
          client.send(list, { abortSignal: signal }),
        );
      }),

    beginCopy: (vaultKey, metadata, abortSignal) => {
      const create = new CreateMultipartUploadCommand({
        ...{ Bucket: vault, Key: vaultKey, Metadata: { ...metadata }, StorageClass: 'STANDARD' },
        // Without these S3 keeps no checksum of the whole (S3 user guide, "Checking object integrity").
        ...{ ChecksumAlgorithm: 'CRC64NVME', ChecksumType: 'FULL_OBJECT' },
      });
      return answerOr(
        { operation: 'CreateMultipartUpload', place: `${vault}/${vaultKey}`, signal: abortSignal },
        {},
        async () => {
          const { UploadId } = await client.send(create, { abortSignal });
          return { vaultKey, uploadId: required(UploadId, 'UploadId') };
        },
      );
    },

    copyPart: ({ copy, source, part }, abortSignal) => {
      const { partNumber, range } = part;
      const version = encodeURIComponent(source.versionId);
      const upload = new UploadPartCopyCommand({
        ...{ Bucket: vault, Key: copy.vaultKey, UploadId: copy.uploadId, PartNumber: partNumber },
        CopySource: `${inbox}/${encodeSourceKey(source.key)}?versionId=${version}`,
        CopySourceIfMatch: `"${source.etag}"`,
        ...(range === null ? {} : { CopySourceRange: `bytes=${range.first}-${range.last}` }),
      });
      return answerOr(
        { operation: 'UploadPartCopy', place: `${inbox}/${source.key}`, signal: abortSignal },
        { NoSuchVersion: 'gone', NoSuchKey: 'gone' } as const,
        async () => {
          const { CopyPartResult } = await client.send(upload, { abortSignal });
          return {
            partNumber,
            etag: required(CopyPartResult?.ETag, 'ETag'),
            checksumCrc64Nvme: CopyPartResult?.ChecksumCRC64NVME ?? null,
          };
        },
      );
    },

    completeCopy: ({ copy, parts, sizeBytes, checksumCrc64Nvme }, abortSignal) => {
      const complete = new CompleteMultipartUploadCommand({
        ...{ Bucket: vault, Key: copy.vaultKey, UploadId: copy.uploadId, IfNoneMatch: '*' },
        MultipartUpload: {
          Parts: parts.map((part) => ({
            PartNumber: part.partNumber,
            ETag: part.etag,
            ...(part.checksumCrc64Nvme === null ? {} : { ChecksumCRC64NVME: part.checksumCrc64Nvme }),
          })),
        },
        // S3 compares both before the archive appears.
        MpuObjectSize: sizeBytes,
        ...(checksumCrc64Nvme === null ? {} : { ChecksumCRC64NVME: checksumCrc64Nvme, ChecksumType: 'FULL_OBJECT' }),
      });
      return answerOr<'done', CompletionOutcome>(
        { operation: 'CompleteMultipartUpload', place: `${vault}/${copy.vaultKey}`, signal: abortSignal },
        // By code too: while S3 puts many parts together it answers 200 first, and its refusal comes in the body.
        {
          ...{ 412: 'exists', PreconditionFailed: 'exists' },
          ...{ 409: 'conflict', ConditionalRequestConflict: 'conflict', NoSuchUpload: 'no-copy' },
        },
        async () => {
          await client.send(complete, { abortSignal });
          return 'done';
        },
      );
    },

    abortCopy: async ({ vaultKey, uploadId }, abortSignal) => {
      const abort = new AbortMultipartUploadCommand({ Bucket: vault, Key: vaultKey, UploadId: uploadId });
      await answerOr(
        { operation: 'AbortMultipartUpload', place: `${vault}/${vaultKey}`, signal: abortSignal },
        { NoSuchUpload: 'absent' },
        () => client.send(abort, { abortSignal }),
      );
    },

    deleteUpload: async ({ key, versionId }, abortSignal) => {
      const remove = new DeleteObjectCommand({ Bucket: inbox, Key: key, VersionId: versionId });
      await answerOr(
        { operation: 'DeleteObject', place: `${inbox}/${key}`, signal: abortSignal },
        { NoSuchVersion: 'absent', NoSuchKey: 'absent' },
        () => client.send(remove, { abortSignal }),
      );
    },
  };
}

function readFacts(answer: HeadObjectCommandOutput) {
  return {
    sizeBytes: required(answer.ContentLength, 'ContentLength'),
    etag: required(answer.ETag, 'ETag').replaceAll('"', ''),
    checksums: fullChecksums(answer),
  };
}

function fullChecksums(answer: HeadObjectCommandOutput): FullChecksums {
  // Older objects, uploaded in one piece, have a checksum without a type; a composite one ends in the number of its parts.
  if (answer.ChecksumType === 'COMPOSITE') return {};
  const told = CHECKSUM_ALGORITHMS.map((algorithm) => [algorithm, answer[`Checksum${algorithm}`]] as const);
  return Object.fromEntries(told.filter(([, value]) => value !== undefined && !value.includes('-')));
}
