import assert from 'node:assert/strict';
import {
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { type ContractCheck, check, present, refuses } from './contract-check.ts';

const DAY_MS = 86_400_000;

/** Versions, delete markers, Object Lock. */
export const VERSION_CHECKS: readonly ContractCheck[] = [
  check('each write is a version of its own, read by its id', async ({ s3, bucket }) => {
    const Bucket = await bucket('versioned');
    const first = await put(s3, Bucket, 'first');
    const second = await put(s3, Bucket, 'second');
    assert.notEqual(first, second);
    const read = async (VersionId?: string) => {
      const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId }));
      return [got.VersionId, await got.Body?.transformToString()];
    };
    assert.deepEqual(await read(first), [first, 'first']);
    assert.deepEqual(await read(), [second, 'second']);
    const Range = 'bytes=0-2';
    const part = await s3.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId: first, Range }));
    assert.equal(await part.Body?.transformToString(), 'fir');
  }),
  check('an unknown version is not found', async ({ s3, bucket }) => {
    const Bucket = await bucket('versioned');
    const gone = await put(s3, Bucket, 'first');
    await put(s3, Bucket, 'second');
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: gone }));
    await refuses(s3.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId: gone })), 404);
  }),
  check('an unknown version is NoSuchVersion', async ({ s3, bucket }) => {
    const Bucket = await bucket('versioned');
    const VersionId = await put(s3, Bucket, 'gone');
    await put(s3, Bucket, 'second');
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId }));
    await refuses(s3.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId })), 404, 'NoSuchVersion');
  }),
  check('a delete makes a marker; deleting the marker brings the object back', async ({ s3, bucket }) => {
    const Bucket = await bucket('versioned');
    const version = await put(s3, Bucket, 'first');
    const marker = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
    assert.equal(marker.DeleteMarker, true);
    await refuses(s3.send(new GetObjectCommand({ Bucket, Key: 'k' })), 404, 'NoSuchKey');
    await s3.send(new HeadObjectCommand({ Bucket, Key: 'k', VersionId: version }));
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: marker.VersionId }));
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
    assert.equal(got.VersionId, version);
  }),
  check('a delete marker read by its id is MethodNotAllowed', async ({ s3, bucket }) => {
    const Bucket = await bucket('versioned');
    await put(s3, Bucket, 'first');
    const { VersionId } = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
    await refuses(s3.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId })), 405, 'MethodNotAllowed');
  }),
  check('versioning is told, can be suspended, never undone', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    const status = async () => (await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status;
    assert.equal(await status(), undefined);
    await setVersioning(s3, Bucket, 'Enabled');
    assert.equal(await status(), 'Enabled');
    await setVersioning(s3, Bucket, 'Suspended');
    assert.equal(await status(), 'Suspended');
  }),
  check('what was written before versioning is version null; suspended writes replace it', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'before' }));
    await setVersioning(s3, Bucket, 'Enabled');
    const versioned = await put(s3, Bucket, 'versioned');
    const read = async (VersionId: string) =>
      (await s3.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId }))).Body?.transformToString();
    assert.equal(await read('null'), 'before');
    await setVersioning(s3, Bucket, 'Suspended');
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'suspended' }));
    assert.equal(await read('null'), 'suspended');
    assert.equal(await read(versioned), 'versioned');
  }),
  check('a default retention locks new versions', async ({ s3, bucket }) => {
    const Bucket = await bucket('locked');
    await setDefaultRetention(s3, Bucket);
    const got = await s3.send(new GetObjectLockConfigurationCommand({ Bucket }));
    assert.deepEqual(got.ObjectLockConfiguration?.Rule?.DefaultRetention, { Mode: 'GOVERNANCE', Days: 1 });
    const VersionId = await put(s3, Bucket, 'kept');
    const { Retention } = await s3.send(new GetObjectRetentionCommand({ Bucket, Key: 'k', VersionId }));
    assert.equal(Retention?.Mode, 'GOVERNANCE');
    const leftMs = present(Retention?.RetainUntilDate, 'RetainUntilDate').getTime() - Date.now();
    assert.ok(leftMs > DAY_MS - 300_000 && leftMs < DAY_MS + 300_000, `${leftMs} ms left`);
  }),
  check('a locked version cannot be deleted, a marker over it can be made', async ({ s3, bucket }) => {
    const Bucket = await bucket('locked');
    await setDefaultRetention(s3, Bucket);
    const VersionId = await put(s3, Bucket, 'kept');
    await refuses(s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId })), 403, 'AccessDenied');
    const { DeleteMarker } = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
    assert.equal(DeleteMarker, true);
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId }));
    assert.equal(await got.Body?.transformToString(), 'kept');
  }),
  check('GOVERNANCE gives way to a bypass, COMPLIANCE to nothing', async ({ s3, bucket }) => {
    const Bucket = await bucket('locked');
    const remove = (VersionId: string) =>
      s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId, BypassGovernanceRetention: true }));
    const governed = await put(s3, Bucket, 'governed');
    await retain(s3, Bucket, governed, 'GOVERNANCE', DAY_MS);
    await remove(governed);
    const complied = await put(s3, Bucket, 'complied');
    // Short: nothing but time removes it, on a real server too.
    await retain(s3, Bucket, complied, 'COMPLIANCE', 60_000);
    await refuses(remove(complied), 403, 'AccessDenied');
  }),
  check('a retention can be made longer, not shorter', async ({ s3, bucket }) => {
    const Bucket = await bucket('locked');
    const version = await put(s3, Bucket, 'kept');
    await retain(s3, Bucket, version, 'GOVERNANCE', DAY_MS);
    await retain(s3, Bucket, version, 'GOVERNANCE', 2 * DAY_MS);
    await refuses(retain(s3, Bucket, version, 'GOVERNANCE', DAY_MS), 403, 'AccessDenied');
  }),
  check('versioning of a locked bucket cannot be suspended', async ({ s3, bucket }) => {
    const Bucket = await bucket('locked');
    await refuses(setVersioning(s3, Bucket, 'Suspended'), 409, 'InvalidBucketState');
  }),
  check('a bucket without Object Lock says so', async ({ s3, bucket }) => {
    const Bucket = await bucket('versioned');
    await refuses(
      s3.send(new GetObjectLockConfigurationCommand({ Bucket })),
      404,
      'ObjectLockConfigurationNotFoundError',
    );
  }),
];

async function put(s3: S3Client, Bucket: string, Body: string): Promise<string> {
  const ChecksumAlgorithm = 'CRC32';
  const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body, ChecksumAlgorithm }));
  return present(VersionId, 'VersionId');
}

function setVersioning(s3: S3Client, Bucket: string, Status: 'Enabled' | 'Suspended'): Promise<unknown> {
  return s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
}

function setDefaultRetention(s3: S3Client, Bucket: string): Promise<unknown> {
  const Rule = { DefaultRetention: { Mode: 'GOVERNANCE', Days: 1 } } as const;
  const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled', Rule } as const;
  return s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
}

function retain(
  s3: S3Client,
  Bucket: string,
  VersionId: string,
  Mode: 'GOVERNANCE' | 'COMPLIANCE',
  forMs: number,
): Promise<unknown> {
  const Retention = { Mode, RetainUntilDate: new Date(Date.now() + forMs) };
  return s3.send(new PutObjectRetentionCommand({ Bucket, Key: 'k', VersionId, Retention }));
}
