import type { PolicyDocument } from '../../../src/cloud/policies/policy-document.ts';

/**
 * The two policies of the article that started it all (2016), for the bucket of the table. Both put every action on `BUCKET/*`, which names
 * objects only: actions about the bucket or about no bucket never match there.
 */
const LINES = [
  ...['s3:ListAllMyBuckets', 's3:ListBucket', 's3:PutObject', 's3:PutObjectAcl', 's3:ListBucketMultipartUploads'],
  ...['s3:ListMultipartUploadParts', 's3:AbortMultipartUpload'],
];

export const FIRST_ARTICLE = {
  write: article(LINES),
  writeAndDelete: article([...LINES, 's3:DeleteObject']),
} as const;

/** Lines that allow nothing. The article's "strictest" key cannot list after all. */
export const DEAD_LINES = ['s3:ListAllMyBuckets', 's3:ListBucket', 's3:ListBucketMultipartUploads'];

/** Lines that do what they say. */
export const LIVE_LINES = ['s3:PutObject', 's3:PutObjectAcl', 's3:ListMultipartUploadParts', 's3:AbortMultipartUpload'];

function article(actions: readonly string[]): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: [
      { Sid: 'Stmt1416670692010', Effect: 'Allow', Action: actions, Resource: ['arn:aws:s3:::example-inbox/*'] },
    ],
  };
}
