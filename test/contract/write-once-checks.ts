import assert from 'node:assert/strict';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { type ContractCheck, check, present, refuses } from './contract-check.ts';

/** What "never overwritten" rests on: conditional writes. Each must be enforced; ignoring one silently is the worst answer. */
export const WRITE_ONCE_CHECKS: readonly ContractCheck[] = [
  check('PutObject If-None-Match: * does not overwrite', ({ s3, bucket }) =>
    bucket().then((Bucket) => neverOverwrites(s3, Bucket, (Key, Body) => putOnce(s3, Bucket, Key, Body))),
  ),
  check('PutObject If-None-Match: * does not overwrite in a versioned bucket', ({ s3, bucket }) =>
    bucket('versioned').then((Bucket) => neverOverwrites(s3, Bucket, (Key, Body) => putOnce(s3, Bucket, Key, Body))),
  ),
  check('CopyObject If-None-Match: * does not overwrite', ({ s3, bucket }) =>
    bucket().then((Bucket) => neverOverwrites(s3, Bucket, (Key, Body) => copyOnce(s3, Bucket, Key, Body))),
  ),
  check('CompleteMultipartUpload If-None-Match: * does not overwrite', ({ s3, bucket }) =>
    bucket().then((Bucket) => neverOverwrites(s3, Bucket, (Key, Body) => completeOnce(s3, Bucket, Key, Body))),
  ),
  check('CompleteMultipartUpload If-None-Match: * does not overwrite in a versioned bucket', ({ s3, bucket }) =>
    bucket('versioned').then((Bucket) =>
      neverOverwrites(s3, Bucket, (Key, Body) => completeOnce(s3, Bucket, Key, Body)),
    ),
  ),
  check('over a delete marker a write with If-None-Match: * succeeds', async ({ s3, bucket }) => {
    const Bucket = await bucket('versioned');
    await putOnce(s3, Bucket, 'k', 'first');
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
    await putOnce(s3, Bucket, 'k', 'second');
    const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    assert.equal(Versions.length, 2);
  }),
  check('PutObject If-Match replaces only what it names', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'first' }));
    const put = (IfMatch: string, Key = 'k') => s3.send(new PutObjectCommand({ Bucket, Key, Body: 'next', IfMatch }));
    await refuses(put('"00000000000000000000000000000000"'), 412, 'PreconditionFailed');
    await put(present(ETag, 'ETag'));
    await refuses(put(present(ETag, 'ETag')), 412, 'PreconditionFailed');
    await refuses(put(present(ETag, 'ETag'), 'none'), 404, 'NoSuchKey');
  }),
  check('of writers that race with If-None-Match: * exactly one wins', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    const bodies = Array.from({ length: 8 }, (_, index) => String(index).repeat(300_000));
    const results = await Promise.allSettled(bodies.map((Body) => putOnce(s3, Bucket, 'k', Body)));
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const result of results) {
      if (result.status === 'rejected') await refusesRace(Promise.reject(result.reason));
    }
  }),
  check('DeleteObject If-Match deletes only what it names', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'first' }));
    const remove = (IfMatch: string) => s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', IfMatch }));
    await refuses(remove('"00000000000000000000000000000000"'), 412, 'PreconditionFailed');
    await remove(present(ETag, 'ETag'));
  }),
];

async function neverOverwrites(
  s3: S3Client,
  Bucket: string,
  write: (key: string, body: string) => Promise<unknown>,
): Promise<void> {
  await write('k', 'first');
  await refuses(write('k', 'second'), 412, 'PreconditionFailed');
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  assert.equal(await got.Body?.transformToString(), 'first');
}

function putOnce(s3: S3Client, Bucket: string, Key: string, Body: string): Promise<unknown> {
  return s3.send(new PutObjectCommand({ Bucket, Key, Body, IfNoneMatch: '*' }));
}

async function copyOnce(s3: S3Client, Bucket: string, Key: string, Body: string): Promise<unknown> {
  await s3.send(new PutObjectCommand({ Bucket, Key: 'source', Body }));
  return s3.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/source`, IfNoneMatch: '*' }));
}

async function completeOnce(s3: S3Client, Bucket: string, Key: string, Body: string): Promise<unknown> {
  const ChecksumAlgorithm = 'CRC32';
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm }));
  const { ETag, ChecksumCRC32 } = await s3.send(
    new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body, ChecksumAlgorithm }),
  );
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag, ChecksumCRC32 }] };
  return s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload, IfNoneMatch: '*' }));
}

/** 412 for who comes late, 409 for who collides. */
async function refusesRace(answer: Promise<unknown>): Promise<void> {
  const error = await answer.catch((reason: unknown) => reason);
  assert.ok(error instanceof Error);
  assert.ok(['PreconditionFailed', 'ConditionalRequestConflict'].includes(error.name), error.name);
}
