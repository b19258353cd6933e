import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketPolicyCommand,
  DeleteBucketTaggingCommand,
  DeletePublicAccessBlockCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketAclCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketReplicationCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Act, Target } from './act.ts';

type BucketAct = (target: Target) => readonly Act[];

/** The same as `OBJECT_ACTS`, for actions on buckets and on the account. */
export const BUCKET_ACTS: Readonly<Record<string, BucketAct>> = {
  's3:ListAllMyBuckets': () => [{ name: 'ListBuckets', send: (s3) => s3.send(new ListBucketsCommand({})) }],
  's3:ListBucket': (target) => [
    { name: 'ListObjectsV2', send: (s3) => s3.send(new ListObjectsV2Command({ ...at(target), ...prefix(target) })) },
    { name: 'ListObjects', send: (s3) => s3.send(new ListObjectsCommand({ ...at(target), ...prefix(target) })) },
    // It has no prefix, so it is the same only where none is named.
    ...one('HeadBucket', (s3) => s3.send(new HeadBucketCommand(at(target)))).filter(
      () => target.context['s3:prefix'] === undefined,
    ),
  ],
  's3:ListBucketVersions': (target) =>
    one('ListObjectVersions', (s3) => s3.send(new ListObjectVersionsCommand({ ...at(target), ...prefix(target) }))),
  's3:ListBucketMultipartUploads': (target) =>
    one('ListMultipartUploads', (s3) => s3.send(new ListMultipartUploadsCommand({ ...at(target), ...prefix(target) }))),
  's3:GetBucketLocation': (target) =>
    one('GetBucketLocation', (s3) => s3.send(new GetBucketLocationCommand(at(target)))),
  's3:GetBucketVersioning': (target) =>
    one('GetBucketVersioning', (s3) => s3.send(new GetBucketVersioningCommand(at(target)))),
  's3:GetBucketObjectLockConfiguration': (target) =>
    one('GetObjectLockConfiguration', (s3) => s3.send(new GetObjectLockConfigurationCommand(at(target)))),
  's3:GetLifecycleConfiguration': (target) =>
    one('GetBucketLifecycleConfiguration', (s3) => s3.send(new GetBucketLifecycleConfigurationCommand(at(target)))),
  's3:GetBucketPolicy': (target) => one('GetBucketPolicy', (s3) => s3.send(new GetBucketPolicyCommand(at(target)))),
  's3:GetBucketNotification': (target) =>
    one('GetBucketNotificationConfiguration', (s3) =>
      s3.send(new GetBucketNotificationConfigurationCommand(at(target))),
    ),
  's3:PutBucketPolicy': (target) =>
    one(
      'PutBucketPolicy',
      (s3) => s3.send(new PutBucketPolicyCommand({ ...at(target), Policy: another(target) })),
      (s3) => restorePolicy(s3, target),
    ),
  's3:DeleteBucketPolicy': (target) =>
    one(
      'DeleteBucketPolicy',
      (s3) => s3.send(new DeleteBucketPolicyCommand(at(target))),
      (s3) => restorePolicy(s3, target),
    ),
  // The bucket holds objects: it is either refused or not empty.
  's3:DeleteBucket': (target) => one('DeleteBucket', (s3) => s3.send(new DeleteBucketCommand(at(target)))),
  's3:CreateBucket': (target) => {
    const another = { Bucket: `${target.bucket}-${String(Math.random()).slice(2, 12)}` };
    return one('CreateBucket', (s3) => s3.send(new CreateBucketCommand(another)));
  },
  's3:PutBucketVersioning': (target) =>
    one(
      'PutBucketVersioning',
      (s3) =>
        s3.send(new PutBucketVersioningCommand({ ...at(target), VersioningConfiguration: { Status: 'Suspended' } })),
      (s3) =>
        s3.send(new PutBucketVersioningCommand({ ...at(target), VersioningConfiguration: { Status: 'Enabled' } })),
    ),
  's3:PutBucketObjectLockConfiguration': (target) =>
    one('PutObjectLockConfiguration', (s3) =>
      s3.send(
        new PutObjectLockConfigurationCommand({
          ...at(target),
          ObjectLockConfiguration: {
            ObjectLockEnabled: 'Enabled',
            Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 30 } },
          },
        }),
      ),
    ),
  's3:PutLifecycleConfiguration': (target) =>
    one(
      'PutBucketLifecycleConfiguration',
      (s3) =>
        s3.send(
          new PutBucketLifecycleConfigurationCommand({
            ...at(target),
            LifecycleConfiguration: {
              Rules: [{ ID: 'all', Status: 'Enabled', Filter: { Prefix: 'nowhere/' }, Expiration: { Days: 1 } }],
            },
          }),
        ),
      (s3) => s3.send(new DeleteBucketLifecycleCommand(at(target))),
    ),
  's3:PutBucketNotification': (target) =>
    one('PutBucketNotificationConfiguration', (s3) =>
      s3.send(new PutBucketNotificationConfigurationCommand({ ...at(target), NotificationConfiguration: {} })),
    ),
  's3:PutBucketAcl': (target) =>
    one('PutBucketAcl', (s3) => s3.send(new PutBucketAclCommand({ ...at(target), ACL: 'private' }))),
  's3:PutBucketPublicAccessBlock': (target) =>
    one(
      'PutPublicAccessBlock',
      (s3) =>
        s3.send(
          new PutPublicAccessBlockCommand({
            ...at(target),
            PublicAccessBlockConfiguration: { BlockPublicPolicy: true },
          }),
        ),
      (s3) => s3.send(new DeletePublicAccessBlockCommand(at(target))),
    ),
  's3:PutReplicationConfiguration': (target) =>
    one('PutBucketReplication', (s3) =>
      s3.send(
        new PutBucketReplicationCommand({
          ...at(target),
          ReplicationConfiguration: {
            Role: 'arn:aws:iam::111122223333:role/replication',
            Rules: [{ Status: 'Enabled', Prefix: '', Destination: { Bucket: 'arn:aws:s3:::elsewhere' } }],
          },
        }),
      ),
    ),
  's3:PutEncryptionConfiguration': (target) =>
    one('PutBucketEncryption', (s3) =>
      s3.send(
        new PutBucketEncryptionCommand({
          ...at(target),
          ServerSideEncryptionConfiguration: {
            Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
          },
        }),
      ),
    ),
  's3:PutBucketOwnershipControls': (target) =>
    one('PutBucketOwnershipControls', (s3) =>
      s3.send(
        new PutBucketOwnershipControlsCommand({
          ...at(target),
          OwnershipControls: { Rules: [{ ObjectOwnership: 'ObjectWriter' }] },
        }),
      ),
    ),
  's3:PutBucketTagging': (target) =>
    one(
      'PutBucketTagging',
      (s3) => s3.send(new PutBucketTaggingCommand({ ...at(target), Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } })),
      (s3) => s3.send(new DeleteBucketTaggingCommand(at(target))),
    ),
};

function one(name: string, send: Act['send'], undo?: Act['undo']): Act[] {
  return [{ name, send, ...(undo && { undo }) }];
}

function at({ bucket }: Target) {
  return { Bucket: bucket };
}

function prefix({ context }: Target) {
  const value = context['s3:prefix'];
  return value === undefined ? {} : { Prefix: value };
}

/** Without any power over the bucket. */
function another({ bucket }: Target): string {
  const resource = `arn:aws:s3:::${bucket}`;
  const Statement = [{ Effect: 'Deny', Principal: '*', Action: ['s3:PutBucketCORS'], Resource: [resource] }];
  return JSON.stringify({ Version: '2012-10-17', Statement });
}

function restorePolicy(s3: S3Client, target: Target): Promise<unknown> {
  if (target.bucketPolicy === null) return s3.send(new DeleteBucketPolicyCommand(at(target)));
  return s3.send(new PutBucketPolicyCommand({ ...at(target), Policy: target.bucketPolicy }));
}
