import type { Answer, Call } from './call.ts';
import { S3Error } from './s3-error.ts';

/**
 * Acts of power that this server knows by name only: whom the policies forbid one hears AccessDenied, as from S3, which asks them first;
 * everybody else hears 501. Actions: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3".
 */
export const REFUSED_OPERATIONS = [
  refused('bucket', 'PUT', 'PutBucketAcl', 'acl', 's3:PutBucketAcl'),
  refused('bucket', 'GET', 'GetBucketAcl', 'acl', 's3:GetBucketAcl'),
  refused('bucket', 'PUT', 'PutBucketLifecycleConfiguration', 'lifecycle', 's3:PutLifecycleConfiguration'),
  refused('bucket', 'GET', 'GetBucketLifecycleConfiguration', 'lifecycle', 's3:GetLifecycleConfiguration'),
  refused('bucket', 'PUT', 'PutBucketNotificationConfiguration', 'notification', 's3:PutBucketNotification'),
  refused('bucket', 'PUT', 'PutBucketReplication', 'replication', 's3:PutReplicationConfiguration'),
  refused('bucket', 'PUT', 'PutPublicAccessBlock', 'publicAccessBlock', 's3:PutBucketPublicAccessBlock'),
  refused('object', 'PUT', 'PutObjectAcl', 'acl', 's3:PutObjectAcl'),
  refused('object', 'GET', 'GetObjectAcl', 'acl', 's3:GetObjectAcl'),
  refused('object', 'PUT', 'PutObjectTagging', 'tagging', 's3:PutObjectTagging'),
  refused('object', 'PUT', 'PutObjectLegalHold', 'legal-hold', 's3:PutObjectLegalHold'),
] as const;

function refused<const On extends 'bucket' | 'object'>(
  on: On,
  method: 'GET' | 'PUT',
  name: string,
  parameter: string,
  action: `s3:${string}`,
) {
  const run = async (call: Call): Promise<Answer> => {
    await call.require(action);
    throw new S3Error('NotImplemented', {
      message: `This server does not implement ${name}.`,
      details: { Parameter: parameter },
    });
  };
  return { on, method, name, parameter, run };
}
