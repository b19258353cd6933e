import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { type ContractCheck, check, present, refuses } from './contract-check.ts';

const BODY = 'The quick brown fox jumps over the lazy dog';
const MD5 = createHash('md5').update(BODY).digest('hex');

/** Signatures, single objects, ranges, reading conditions, copies, deletes. */
export const OBJECT_CHECKS: readonly ContractCheck[] = [
  check('a wrong secret is refused', async ({ connect, bucket, user }) => {
    const Bucket = await bucket();
    const credentials = { accessKeyId: user.accessKeyId, secretAccessKey: 'not the secret' };
    await refuses(
      connect({ credentials }).send(new PutObjectCommand({ Bucket, Key: 'k', Body: BODY })),
      403,
      'SignatureDoesNotMatch',
    );
  }),
  check('an unknown access key is refused', async ({ connect, bucket }) => {
    const Bucket = await bucket();
    const credentials = { accessKeyId: 'AKnobody', secretAccessKey: 'x' };
    await refuses(connect({ credentials }).send(new GetObjectCommand({ Bucket, Key: 'k' })), 403, 'InvalidAccessKeyId');
  }),
  check('a clock 20 minutes off is refused', async ({ connect, bucket }) => {
    const Bucket = await bucket();
    const late = connect({ systemClockOffset: -20 * 60_000 });
    await refuses(late.send(new PutObjectCommand({ Bucket, Key: 'k', Body: BODY })), 403, 'RequestTimeTooSkewed');
  }),
  check('another region in the signature is refused', async ({ connect, bucket }) => {
    const Bucket = await bucket();
    const elsewhere = connect({ region: 'ap-south-2' });
    await refuses(elsewhere.send(new GetObjectCommand({ Bucket, Key: 'k' })), 400, 'AuthorizationHeaderMalformed');
  }),
  check('buckets are listed, found, located', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
    assert.ok(Buckets.some(({ Name }) => Name === Bucket));
    await s3.send(new HeadBucketCommand({ Bucket }));
    await s3.send(new GetBucketLocationCommand({ Bucket }));
    await refuses(s3.send(new HeadBucketCommand({ Bucket: `${Bucket}-no` })), 404);
    await refuses(s3.send(new GetObjectCommand({ Bucket: `${Bucket}-no`, Key: 'k' })), 404, 'NoSuchBucket');
  }),
  check('put, get, head: body, MD5 ETag, metadata, content type', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    const Metadata = { sha256: 'abc', 'two-words': 'x y' };
    const put = await s3.send(
      new PutObjectCommand({ Bucket, Key: 'a/b', Body: BODY, Metadata, ContentType: 'text/x-fox' }),
    );
    assert.equal(put.ETag, `"${MD5}"`);
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'a/b' }));
    assert.equal(await got.Body?.transformToString(), BODY);
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'a/b' }));
    for (const answer of [got, head]) {
      assert.equal(answer.ETag, `"${MD5}"`);
      assert.equal(answer.ContentLength, BODY.length);
      assert.equal(answer.ContentType, 'text/x-fox');
      assert.deepEqual(answer.Metadata, Metadata);
      assert.ok(answer.LastModified instanceof Date);
    }
  }),
  check('an empty object', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    await s3.send(new PutObjectCommand({ Bucket, Key: 'empty', Body: '' }));
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'empty' }));
    assert.equal(got.ContentLength, 0);
    await refuses(s3.send(new GetObjectCommand({ Bucket, Key: 'empty', Range: 'bytes=0-' })), 416, 'InvalidRange');
  }),
  check('a missing key is NoSuchKey', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    await refuses(s3.send(new GetObjectCommand({ Bucket, Key: 'no' })), 404, 'NoSuchKey');
    await refuses(s3.send(new HeadObjectCommand({ Bucket, Key: 'no' })), 404);
  }),
  check('ranges: inside, open, suffix, past the end, unsatisfiable', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: BODY }));
    const read = async (Range: string) => {
      const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'k', Range }));
      return [got.$metadata.httpStatusCode, got.ContentRange, await got.Body?.transformToString()];
    };
    const size = BODY.length;
    assert.deepEqual(await read('bytes=4-8'), [206, `bytes 4-8/${size}`, 'quick']);
    assert.deepEqual(await read('bytes=40-'), [206, `bytes 40-42/${size}`, 'dog']);
    assert.deepEqual(await read('bytes=-3'), [206, `bytes 40-42/${size}`, 'dog']);
    assert.deepEqual(await read('bytes=40-400'), [206, `bytes 40-42/${size}`, 'dog']);
    assert.deepEqual(await read('bytes=-400'), [206, `bytes 0-42/${size}`, BODY]);
    await refuses(read(`bytes=${size}-`), 416, 'InvalidRange');
  }),
  check('reading conditions: If-Match, If-None-Match, dates', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: BODY }));
    const get = (more: object) => s3.send(new GetObjectCommand({ Bucket, Key: 'k', ...more }));
    const wrong = '"00000000000000000000000000000000"';
    await get({ IfMatch: `"${MD5}"` });
    await get({ IfNoneMatch: wrong });
    await refuses(get({ IfMatch: wrong }), 412, 'PreconditionFailed');
    await refuses(get({ IfMatch: wrong, Range: 'bytes=0-1' }), 412, 'PreconditionFailed');
    await refuses(get({ IfNoneMatch: `"${MD5}"` }), 304);
    await refuses(get({ IfModifiedSince: new Date(Date.now() + 60_000) }), 304);
    await refuses(get({ IfUnmodifiedSince: new Date(0) }), 412, 'PreconditionFailed');
  }),
  check('a wrong Content-MD5 is refused and leaves nothing', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    const ContentMD5 = createHash('md5').update('another').digest('base64');
    await refuses(s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: BODY, ContentMD5 })), 400, 'BadDigest');
    await refuses(s3.send(new HeadObjectCommand({ Bucket, Key: 'k' })), 404);
  }),
  check('a key of 1,024 bytes is kept, one of 1,025 refused', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    const Key = 'ü'.repeat(512);
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: BODY }));
    await s3.send(new HeadObjectCommand({ Bucket, Key }));
    await refuses(s3.send(new PutObjectCommand({ Bucket, Key: `${Key}x`, Body: BODY })), 400, 'KeyTooLongError');
  }),
  check('keys with dots, spaces, signs and Unicode are kept apart', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    const keys = [
      'a b',
      'a+b',
      'a%20b',
      'a%2Bb',
      '../up',
      'x/../y',
      './z',
      'e\u0301',
      '\u00e9',
      '🦊',
      'a//b',
      'q?r&s=t#u',
      'a\nb',
    ];
    for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
    for (const Key of keys) {
      const got = await s3.send(new GetObjectCommand({ Bucket, Key }));
      assert.equal(await got.Body?.transformToString(), Key);
    }
  }),
  check('deleting is idempotent, many at once too', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: BODY }));
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
    await refuses(s3.send(new HeadObjectCommand({ Bucket, Key: 'k' })), 404);
    for (const Key of ['x', 'y']) await s3.send(new PutObjectCommand({ Bucket, Key, Body: BODY }));
    const Objects = [{ Key: 'x' }, { Key: 'y' }, { Key: 'never' }];
    const { Deleted = [], Errors = [] } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    assert.deepEqual([Deleted.length, Errors.length], [3, 0]);
  }),
  check('copies keep metadata or replace it', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    await s3.send(new PutObjectCommand({ Bucket, Key: 'from', Body: BODY, Metadata: { a: '1' } }));
    const CopySource = `${Bucket}/from`;
    const copied = await s3.send(new CopyObjectCommand({ Bucket, Key: 'same', CopySource }));
    assert.equal(copied.CopyObjectResult?.ETag?.replaceAll('"', ''), MD5);
    await s3.send(
      new CopyObjectCommand({ Bucket, Key: 'new', CopySource, MetadataDirective: 'REPLACE', Metadata: { b: '2' } }),
    );
    assert.deepEqual((await s3.send(new HeadObjectCommand({ Bucket, Key: 'same' }))).Metadata, { a: '1' });
    assert.deepEqual((await s3.send(new HeadObjectCommand({ Bucket, Key: 'new' }))).Metadata, { b: '2' });
    await refuses(s3.send(new CopyObjectCommand({ Bucket, Key: 'z', CopySource: `${Bucket}/no` })), 404, 'NoSuchKey');
  }),
  check('a copy with CopySourceIfMatch of another ETag is refused', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    await s3.send(new PutObjectCommand({ Bucket, Key: 'from', Body: BODY }));
    const copy = (CopySourceIfMatch: string) =>
      s3.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource: `${Bucket}/from`, CopySourceIfMatch }));
    await refuses(copy('"00000000000000000000000000000000"'), 412, 'PreconditionFailed');
    present((await copy(`"${MD5}"`)).CopyObjectResult, 'CopyObjectResult');
  }),
  check('what is not implemented is refused, not ignored (tagging)', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: BODY }));
    const tagged = s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'k' }));
    const answer = await tagged.then(
      ({ TagSet }) => (TagSet === undefined ? 'ignored' : 'implemented'),
      (error: Error) => error.name,
    );
    assert.ok(answer === 'implemented' || answer === 'NotImplemented', answer);
  }),
];
