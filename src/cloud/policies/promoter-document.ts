import { everythingBut } from './flavours.ts';
import type { PolicyContext } from './policy-context.ts';
import { type PolicyDocument, type PolicyStatement, policyDocument } from './policy-document.ts';
import { present } from './request-form.ts';

const WRITE_LOG = ['logs:CreateLogStream', 'logs:PutLogEvents'];
const KEEP_FAILED_EVENTS = ['sqs:SendMessage'];

/**
 * The promoter's role (off AWS: user). ListBucket on both buckets, because without it a missing key is 403 and not 404: in the inbox "already
 * moved" and in the vault "name is free" would look like a refusal (S3 API reference, HeadObject, "Permissions").
 */
export function promoterDocument({ flavour, arns }: PolicyContext): PolicyDocument {
  const attributes = flavour.knowsAttributes ? ['s3:GetObjectAttributes', 's3:GetObjectVersionAttributes'] : [];
  const list = ['s3:ListBucket', 's3:ListBucketVersions'];
  const take = ['s3:GetObject', 's3:GetObjectVersion', ...attributes, 's3:DeleteObjectVersion'];
  const put = ['s3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts', 's3:GetObject'];
  const ofLambda = flavour.hasRoles ? [...WRITE_LOG, ...KEEP_FAILED_EVENTS] : [];
  const deleteToo = flavour.deletesVersionsByDeleteObject ? ['s3:DeleteObject'] : [];
  return policyDocument([
    {
      Sid: 'ListTheInbox',
      Effect: 'Allow',
      Action: list,
      Resource: [arns.inbox],
    },
    {
      Sid: 'TakeFromTheInbox',
      Effect: 'Allow',
      Action: take,
      Resource: [arns.inboxObjects],
    },
    ...(flavour.deletesVersionsByDeleteObject
      ? [
          {
            Sid: 'DeleteOnlyVersions',
            Effect: 'Allow' as const,
            Action: ['s3:DeleteObject'],
            Resource: [arns.inboxObjects],
            Condition: present('s3:versionid'),
          },
        ]
      : []),
    { Sid: 'LookIntoTheVault', Effect: 'Allow', Action: ['s3:ListBucket'], Resource: [arns.vault] },
    {
      Sid: 'PutIntoTheVault',
      Effect: 'Allow',
      Action: put,
      Resource: [arns.vaultObjects],
    },
    // Never a lock of its own choice: a date on the upload would outrank the bucket's default (Object Lock, "Setting retention").
    {
      Sid: 'RefuseToDeleteOrUnlock',
      Effect: 'Deny',
      Action: [
        ...['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:BypassGovernanceRetention'],
        ...['s3:PutObjectRetention', 's3:PutObjectLegalHold'],
      ],
      Resource: [arns.vaultObjects],
    },
    // Where who wrote an object owns it (radosgw), that alone would let it change ACLs and tags in the vault.
    {
      Sid: 'RefuseAllElse',
      Effect: 'Deny',
      ...everythingBut([...new Set([...list, ...take, ...put, ...deleteToo, ...ofLambda])], flavour),
      Resource: [arns.everything],
    },
    ...(flavour.hasRoles ? lambdaStatements(arns.promoterLogs, arns.deadLetters) : []),
  ]);
}

/** What a Lambda function needs besides its work: a log, and a place for events that it failed on. */
function lambdaStatements(logs: string, deadLetters: string): PolicyStatement[] {
  return [
    { Sid: 'WriteLog', Effect: 'Allow', Action: WRITE_LOG, Resource: [logs] },
    { Sid: 'KeepFailedEvents', Effect: 'Allow', Action: KEEP_FAILED_EVENTS, Resource: [deadLetters] },
  ];
}
