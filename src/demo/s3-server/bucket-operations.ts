import type { Answer, Call } from './call.ts';
import { lockConfigurationFields, parseLockConfiguration } from './object-lock.ts';
import { S3Error } from './s3-error.ts';
import { childText, parseXml, xmlDocument } from './xml.ts';

/** ListBuckets. */
export async function listBuckets(call: Call): Promise<Answer> {
  await call.require('s3:ListAllMyBuckets');
  const buckets = [...call.store.buckets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const xml = xmlDocument('ListAllMyBucketsResult', {
    Owner: call.owner,
    Buckets: {
      Bucket: buckets.map(({ name, createdMs }) => ({
        Name: name,
        CreationDate: new Date(createdMs).toISOString(),
      })),
    },
  });
  return { status: 200, xml };
}

/** CreateBucket, with Object Lock (and then with versioning) where asked for. */
export async function createBucket(call: Call): Promise<Answer> {
  await call.require('s3:CreateBucket');
  const body = await call.body.text();
  if (body !== '') {
    const root = parseXml(body, 'CreateBucketConfiguration');
    const location = childText(root, 'LocationConstraint');
    if (root.children.some((child) => child.name !== 'LocationConstraint')) throw new S3Error('NotImplemented');
    if (location !== undefined && location !== '' && location !== call.region) {
      throw new S3Error('InvalidRequest', { message: `This server is region ${call.region} only.` });
    }
  }
  const acl = call.headers.get('x-amz-acl');
  // rclone "creates" the bucket it uploads to, ACL and all: that it exists already is the answer it waits for.
  if (acl !== undefined && acl !== 'private' && !call.store.buckets.has(call.bucketName)) {
    throw new S3Error('InvalidBucketAclWithObjectOwnership');
  }
  const bucket = call.store.createBucket(call.bucketName, call.clock.now());
  if (call.headers.get('x-amz-bucket-object-lock-enabled')?.toLowerCase() === 'true') {
    bucket.lockEnabled = true;
    bucket.versioning = 'Enabled';
  }
  return { status: 200, headers: { Location: `/${bucket.name}` } };
}

/** DeleteBucket: only an empty one. */
export async function deleteBucket(call: Call): Promise<Answer> {
  await call.require('s3:DeleteBucket');
  if (!call.bucket.isEmpty || call.bucket.uploads.size > 0) throw new S3Error('BucketNotEmpty');
  call.store.buckets.delete(call.bucketName);
  return { status: 204 };
}

/** HeadBucket. */
export async function headBucket(call: Call): Promise<Answer> {
  await call.require('s3:ListBucket');
  void call.bucket;
  return { status: 200, headers: { 'x-amz-bucket-region': call.region } };
}

/** GetBucketLocation: us-east-1 is the empty string, for historical reasons. */
export async function getBucketLocation(call: Call): Promise<Answer> {
  await call.require('s3:GetBucketLocation');
  void call.bucket;
  return { status: 200, xml: xmlDocument('LocationConstraint', call.region === 'us-east-1' ? '' : call.region) };
}

/** GetBucketVersioning: an empty document for a bucket that never was versioned. */
export async function getBucketVersioning(call: Call): Promise<Answer> {
  await call.require('s3:GetBucketVersioning');
  return { status: 200, xml: xmlDocument('VersioningConfiguration', { Status: call.bucket.versioning }) };
}

/** PutBucketVersioning. */
export async function putBucketVersioning(call: Call): Promise<Answer> {
  await call.require('s3:PutBucketVersioning');
  const root = parseXml(await call.body.text(), 'VersioningConfiguration');
  if (root.children.some((child) => child.name !== 'Status')) throw new S3Error('NotImplemented');
  const status = childText(root, 'Status');
  if (status !== 'Enabled' && status !== 'Suspended') throw new S3Error('MalformedXML');
  if (status === 'Suspended' && call.bucket.lockEnabled) {
    throw new S3Error('InvalidBucketState', {
      message: 'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
    });
  }
  call.bucket.versioning = status;
  return { status: 200 };
}

/** GetObjectLockConfiguration. */
export async function getObjectLockConfiguration(call: Call): Promise<Answer> {
  await call.require('s3:GetBucketObjectLockConfiguration');
  const { bucket } = call;
  if (!bucket.lockEnabled) throw new S3Error('ObjectLockConfigurationNotFoundError');
  return { status: 200, xml: xmlDocument('ObjectLockConfiguration', lockConfigurationFields(bucket.lockDefault)) };
}

/** PutObjectLockConfiguration: also turns the lock on, in a versioned bucket; nothing turns it off. */
export async function putObjectLockConfiguration(call: Call): Promise<Answer> {
  await call.require('s3:PutBucketObjectLockConfiguration');
  const { bucket } = call;
  const rule = parseLockConfiguration(await call.body.text());
  if (bucket.versioning !== 'Enabled') {
    throw new S3Error('InvalidBucketState', {
      message: "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
    });
  }
  bucket.lockEnabled = true;
  bucket.lockDefault = rule;
  return { status: 200 };
}
