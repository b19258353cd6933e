import assert from 'node:assert/strict';
import {
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandOutput,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { type ContractCheck, check, present, refuses } from './contract-check.ts';
import { patterned } from './upload-parts.ts';

const MIB = 2 ** 20;
const WHOLE = patterned(11 * MIB, 5);
const METADATA = { 'source-key': 'web1/backup.tar.gz.gpg', 'source-version': 'some-version' };

interface Source {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
  readonly etag: string;
}

/** The way of an upload into the vault: parts copied from one version, finished only where nothing stands, the source deleted by version. */
export const PROMOTION_CHECKS: readonly ContractCheck[] = [
  check('a promotion in copied parts keeps the bytes, our metadata and a whole CRC64NVME', async ({ s3, bucket }) => {
    const source = await upload(s3, await bucket('versioned'), WHOLE);
    const vault = await bucket('locked');
    const put = await s3.send(new PutObjectCommand({ Bucket: vault, Key: 'same', Body: WHOLE, ...CRC64NVME }));
    await promote(s3, source, vault, [`bytes=0-${6 * MIB - 1}`, `bytes=${6 * MIB}-${WHOLE.length - 1}`]);
    const head = await s3.send(new HeadObjectCommand({ Bucket: vault, Key: 'k', ChecksumMode: 'ENABLED' }));
    assert.equal(head.ContentLength, WHOLE.length);
    assert.deepEqual(head.Metadata, METADATA);
    assert.deepEqual([head.ChecksumCRC64NVME, head.ChecksumType], [put.ChecksumCRC64NVME, 'FULL_OBJECT']);
    const got = await s3.send(new GetObjectCommand({ Bucket: vault, Key: 'k' }));
    assert.ok(WHOLE.equals((await got.Body?.transformToByteArray()) ?? Buffer.alloc(0)));
  }),
  check('ranges copied from an upload with CRC64NVME have checksums of their own', async ({ s3, bucket }) => {
    const source = await upload(s3, await bucket('versioned'), WHOLE, CRC64NVME);
    const vault = await bucket('versioned');
    await promote(s3, source, vault, [`bytes=0-${6 * MIB - 1}`, `bytes=${6 * MIB}-${WHOLE.length - 1}`]);
    const tellChecksum = { Key: source.key, VersionId: source.versionId, ChecksumMode: 'ENABLED' } as const;
    const uploaded = await s3.send(new HeadObjectCommand({ Bucket: source.bucket, ...tellChecksum }));
    const head = await s3.send(new HeadObjectCommand({ Bucket: vault, Key: 'k', ChecksumMode: 'ENABLED' }));
    assert.equal(head.ChecksumCRC64NVME, present(uploaded.ChecksumCRC64NVME, 'CRC64NVME'));
  }),
  check(
    'of promotions that race for a name exactly one wins, and the others change nothing',
    async ({ s3, bucket }) => {
      const inbox = await bucket('versioned');
      const vault = await bucket('versioned');
      const sources = [];
      for (let index = 0; index < 8; index += 1) sources.push(await upload(s3, inbox, Buffer.from(`body ${index}`)));
      const results = await Promise.allSettled(sources.map((source) => promote(s3, source, vault)));
      const winners = results.filter((result) => result.status === 'fulfilled');
      assert.equal(winners.length, 1);
      for (const result of results) {
        if (result.status === 'rejected')
          assert.match(String(result.reason), /PreconditionFailed|ConditionalRequestConflict/);
      }
      const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: vault }));
      assert.deepEqual(
        Versions.map(({ VersionId }) => VersionId),
        winners.map(({ value }) => value.VersionId),
      );
    },
  ),
  check(
    'a part copied from a version with another ETag or a version that is gone is refused',
    async ({ s3, bucket }) => {
      const source = await upload(s3, await bucket('versioned'), Buffer.from('one'));
      const newer = await upload(s3, source.bucket, Buffer.from('two'));
      const vault = await bucket('versioned');
      await refuses(promote(s3, { ...source, etag: newer.etag }, vault), 412, 'PreconditionFailed');
      await s3.send(new DeleteObjectCommand({ Bucket: source.bucket, Key: source.key, VersionId: source.versionId }));
      await refuses(promote(s3, source, vault), 404);
    },
  ),
  check('a version that is gone is deleted once more without an error', async ({ s3, bucket }) => {
    const { bucket: Bucket, key: Key, versionId: VersionId } = await upload(s3, await bucket('versioned'), WHOLE);
    const newer = await upload(s3, Bucket, Buffer.from('newer'));
    await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
    await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
    const { Versions = [], DeleteMarkers } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    assert.deepEqual([Versions.map((version) => version.VersionId), DeleteMarkers], [[newer.versionId], undefined]);
  }),
];

const CRC64NVME = { ChecksumAlgorithm: 'CRC64NVME' } as const;

async function upload(s3: S3Client, Bucket: string, Body: Uint8Array, more: object = {}): Promise<Source> {
  const { VersionId, ETag } = await s3.send(new PutObjectCommand({ Bucket, Key: 'web1/a b+ü', Body, ...more }));
  return { bucket: Bucket, key: 'web1/a b+ü', versionId: present(VersionId, 'VersionId'), etag: present(ETag, 'ETag') };
}

async function promote(
  s3: S3Client,
  source: Source,
  vault: string,
  ranges: readonly (string | undefined)[] = [undefined],
): Promise<CompleteMultipartUploadCommandOutput> {
  const target = { Bucket: vault, Key: 'k' };
  const { UploadId } = await s3.send(
    new CreateMultipartUploadCommand({ ...target, ...CRC64NVME, ChecksumType: 'FULL_OBJECT', Metadata: METADATA }),
  );
  const Parts = await Promise.all(
    ranges.map(async (CopySourceRange, index) => {
      const PartNumber = index + 1;
      const { CopyPartResult } = await s3.send(
        new UploadPartCopyCommand({
          ...target,
          UploadId,
          PartNumber,
          CopySource: `${source.bucket}/${encodeURI(source.key).replaceAll('+', '%2B')}?versionId=${source.versionId}`,
          CopySourceIfMatch: source.etag,
          CopySourceRange,
        }),
      );
      return { PartNumber, ETag: CopyPartResult?.ETag, ChecksumCRC64NVME: CopyPartResult?.ChecksumCRC64NVME };
    }),
  );
  const MultipartUpload = { Parts };
  return s3.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload, IfNoneMatch: '*' }));
}
