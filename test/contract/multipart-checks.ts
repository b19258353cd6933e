import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { type ContractCheck, type ContractContext, check, present, refuses } from './contract-check.ts';
import { multipartEtag, patterned, uploadParts } from './upload-parts.ts';

const MIB = 2 ** 20;
const PARTS = [patterned(5 * MIB, 1), patterned(5 * MIB, 2), patterned(1000, 3)];
const WHOLE = Buffer.concat(PARTS);

/** Uploads in parts, and parts copied from existing objects. */
export const MULTIPART_CHECKS: readonly ContractCheck[] = [
  check('parts become one object with an ETag of MD5s', async (context) => {
    const Bucket = await context.bucket();
    await uploadParts(context.s3, { Bucket, Key: 'k', bodies: PARTS });
    const { ETag } = await context.s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
    assert.equal(ETag, `"${multipartEtag(PARTS)}"`);
    await holds(context, Bucket, WHOLE);
    const Range = `bytes=${5 * MIB - 10}-${5 * MIB + 9}`;
    const across = await context.s3.send(new GetObjectCommand({ Bucket, Key: 'k', Range }));
    assert.deepEqual(await bytesOf(across), WHOLE.subarray(5 * MIB - 10, 5 * MIB + 10));
  }),
  check('the answer to CompleteMultipartUpload tells the ETag', async ({ s3, bucket }) => {
    const { ETag } = await uploadParts(s3, { Bucket: await bucket(), Key: 'k', bodies: PARTS });
    assert.equal(ETag, `"${multipartEtag(PARTS)}"`);
  }),
  check('parts can be uploaded in any order and replaced', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    const { UploadId } = await s3.send(
      new CreateMultipartUploadCommand({ Bucket, Key: 'k', ChecksumAlgorithm: 'CRC32' }),
    );
    const upload = (PartNumber: number, Body: Uint8Array) =>
      s3.send(new UploadPartCommand({ Bucket, Key: 'k', UploadId, PartNumber, Body, ChecksumAlgorithm: 'CRC32' }));
    const last = await upload(7, patterned(10, 1));
    await upload(3, patterned(5 * MIB, 8));
    const first = await upload(3, patterned(5 * MIB, 9));
    const Parts = [
      { PartNumber: 3, ETag: first.ETag, ChecksumCRC32: first.ChecksumCRC32 },
      { PartNumber: 7, ETag: last.ETag, ChecksumCRC32: last.ChecksumCRC32 },
    ];
    await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key: 'k', UploadId, MultipartUpload: { Parts } }));
    await holds({ s3 }, Bucket, Buffer.concat([patterned(5 * MIB, 9), patterned(10, 1)]));
  }),
  check('parts in falling order are refused', async ({ connect, bucket }) => {
    const Bucket = await bucket();
    const s3 = connect({ requestChecksumCalculation: 'WHEN_REQUIRED' });
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'k' }));
    const Parts = [];
    for (const PartNumber of [2, 1]) {
      const upload = new UploadPartCommand({ Bucket, Key: 'k', UploadId, PartNumber, Body: patterned(10, 1) });
      const { ETag } = await s3.send(upload);
      Parts.push({ PartNumber, ETag });
    }
    const MultipartUpload = { Parts };
    const answer = s3.send(new CompleteMultipartUploadCommand({ Bucket, Key: 'k', UploadId, MultipartUpload }));
    await refuses(answer, 400, 'InvalidPartOrder');
  }),
  check('a part below 5 MiB is refused, unless it is the last', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    const bodies = [patterned(1000, 1), patterned(1000, 2)];
    await refuses(uploadParts(s3, { Bucket, Key: 'k', bodies }), 400, 'EntityTooSmall');
    await uploadParts(s3, { Bucket, Key: 'k', bodies: bodies.slice(0, 1) });
  }),
  check('a part that was not uploaded, or with another ETag, is refused', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    const { UploadId } = await s3.send(
      new CreateMultipartUploadCommand({ Bucket, Key: 'k', ChecksumAlgorithm: 'CRC32' }),
    );
    const part = await s3.send(
      new UploadPartCommand({ Bucket, Key: 'k', UploadId, PartNumber: 1, Body: 'x', ChecksumAlgorithm: 'CRC32' }),
    );
    const complete = (PartNumber: number, ETag: string | undefined) => {
      const MultipartUpload = { Parts: [{ PartNumber, ETag, ChecksumCRC32: part.ChecksumCRC32 }] };
      return s3.send(new CompleteMultipartUploadCommand({ Bucket, Key: 'k', UploadId, MultipartUpload }));
    };
    await refuses(complete(2, part.ETag), 400, 'InvalidPart');
    await refuses(complete(1, '"00000000000000000000000000000000"'), 400, 'InvalidPart');
  }),
  check('parts and uploads are listed; an aborted upload is gone', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    const { UploadId } = await s3.send(
      new CreateMultipartUploadCommand({ Bucket, Key: 'k', ChecksumAlgorithm: 'CRC32' }),
    );
    for (const PartNumber of [1, 2, 3]) {
      await s3.send(
        new UploadPartCommand({
          Bucket,
          Key: 'k',
          UploadId,
          PartNumber,
          Body: 'x'.repeat(PartNumber),
          ChecksumAlgorithm: 'CRC32',
        }),
      );
    }
    const page = await s3.send(new ListPartsCommand({ Bucket, Key: 'k', UploadId, MaxParts: 2 }));
    assert.deepEqual(
      (page.Parts ?? []).map(({ PartNumber, Size }) => [PartNumber, Size]),
      [
        [1, 1],
        [2, 2],
      ],
    );
    assert.equal(page.IsTruncated, true);
    const rest = await s3.send(
      new ListPartsCommand({ Bucket, Key: 'k', UploadId, PartNumberMarker: page.NextPartNumberMarker }),
    );
    assert.deepEqual(
      (rest.Parts ?? []).map(({ PartNumber }) => PartNumber),
      [3],
    );
    const uploads = async () =>
      ((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? []).map((upload) => upload.UploadId);
    assert.deepEqual(await uploads(), [UploadId]);
    await refuses(s3.send(new HeadObjectCommand({ Bucket, Key: 'k' })), 404);
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'k', UploadId }));
    assert.deepEqual(await uploads(), []);
    await refuses(s3.send(new ListPartsCommand({ Bucket, Key: 'k', UploadId })), 404);
  }),
  check('listing the parts of an unknown upload is NoSuchUpload', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'k' }));
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'k', UploadId }));
    await refuses(s3.send(new ListPartsCommand({ Bucket, Key: 'k', UploadId })), 404, 'NoSuchUpload');
  }),
  check('a part of a finished object can be read by its number', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    await uploadParts(s3, { Bucket, Key: 'k', bodies: PARTS });
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'k', PartNumber: 2 }));
    assert.equal(got.PartsCount, 3);
    assert.equal(got.$metadata.httpStatusCode, 206);
    assert.deepEqual(await bytesOf(got), PARTS[1]);
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'k', PartNumber: 3 }));
    assert.deepEqual([head.PartsCount, head.ContentLength], [3, 1000]);
  }),
  check('GetObjectAttributes tells size, class, parts', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    await uploadParts(s3, { Bucket, Key: 'k', bodies: PARTS });
    const ObjectAttributes = ['ETag', 'ObjectParts', 'ObjectSize', 'StorageClass'] as const;
    const got = await s3.send(
      new GetObjectAttributesCommand({ Bucket, Key: 'k', ObjectAttributes: [...ObjectAttributes] }),
    );
    assert.equal(got.ObjectSize, WHOLE.length);
    assert.equal(got.ETag, multipartEtag(PARTS));
    assert.equal(got.StorageClass, 'STANDARD');
    assert.equal(got.ObjectParts?.TotalPartsCount, 3);
  }),
  check('parts are copied from versions and ranges', async ({ s3, bucket }) => {
    const Bucket = await bucket('versioned');
    const from = await s3.send(new PutObjectCommand({ Bucket, Key: 'from', Body: WHOLE }));
    await s3.send(new PutObjectCommand({ Bucket, Key: 'from', Body: 'newer' }));
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'k' }));
    const copy = (PartNumber: number, CopySourceRange: string) =>
      s3.send(
        new UploadPartCopyCommand({
          Bucket,
          Key: 'k',
          UploadId,
          PartNumber,
          CopySource: `${Bucket}/from?versionId=${present(from.VersionId, 'VersionId')}`,
          CopySourceRange,
        }),
      );
    const first = await copy(1, `bytes=0-${6 * MIB - 1}`);
    const second = await copy(2, `bytes=${6 * MIB}-${WHOLE.length - 1}`);
    const Parts = [first, second].map(({ CopyPartResult }, index) => ({
      PartNumber: index + 1,
      ETag: CopyPartResult?.ETag,
    }));
    await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key: 'k', UploadId, MultipartUpload: { Parts } }));
    await holds({ s3 }, Bucket, WHOLE);
  }),
  check('UploadPartCopy refuses a range beyond the source', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    await s3.send(new PutObjectCommand({ Bucket, Key: 'from', Body: 'short' }));
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'k' }));
    const part = { Bucket, Key: 'k', UploadId, PartNumber: 1, CopySource: `${Bucket}/from` };
    const answer = s3.send(new UploadPartCopyCommand({ ...part, CopySourceRange: 'bytes=0-5' }));
    await refuses(answer, 400, 'InvalidArgument');
  }),
  check('UploadPartCopy with CopySourceIfMatch of another ETag is refused', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key: 'from', Body: 'some' }));
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'k' }));
    const copy = (CopySourceIfMatch: string) =>
      s3.send(
        new UploadPartCopyCommand({
          ...{ Bucket, Key: 'k', UploadId, PartNumber: 1 },
          CopySource: `${Bucket}/from`,
          CopySourceIfMatch,
        }),
      );
    await copy(present(ETag, 'ETag'));
    await refuses(copy('"00000000000000000000000000000000"'), 412, 'PreconditionFailed');
  }),
];

async function holds({ s3 }: Pick<ContractContext, 's3'>, Bucket: string, expected: Uint8Array): Promise<void> {
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  assert.equal(sha256(await bytesOf(got)), sha256(expected));
}

async function bytesOf(answer: {
  Body?: { transformToByteArray(): Promise<Uint8Array> } | undefined;
}): Promise<Buffer> {
  return Buffer.from(await present(answer.Body, 'Body').transformToByteArray());
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
