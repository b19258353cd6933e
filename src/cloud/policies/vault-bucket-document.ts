import type { PolicyContext } from './policy-context.ts';
import { type PolicyDocument, type PolicyStatement, policyDocument } from './policy-document.ts';
import { principalNames } from './principal-names.ts';
import { refuseWithoutTls } from './request-form.ts';

const WRITES = ['s3:PutObject', 's3:PutObjectAcl', 's3:PutObjectVersionAcl', 's3:PutObjectTagging'];
const MORE_WRITES_OF_AWS = ['s3:ReplicateObject', 's3:ReplicateDelete', 's3:ReplicateTags'];

/**
 * Binds everybody, the account's administrator too: only the promoter writes, only under new names, and nobody deletes or lifts a lock.
 *
 * The owner is not locked out. s3:PutBucketPolicy, the lock's default and the lifecycle are not refused here, so an administrator who really
 * means to delete changes this policy first: two deliberate steps, which neither a slip nor a script nor a narrower stolen key takes by the
 * way. (Refusing s3:PutBucketPolicy as well would leave only the account's root user a way back, and would break every later change of the
 * CloudFormation stack.) Expiry by the bucket's lifecycle goes on: bucket policies do not bind it (S3 user guide, "Lifecycle and bucket
 * policies"). Longer locks and legal holds stay possible for administrators: they only protect.
 */
export function vaultBucketDocument(context: PolicyContext): PolicyDocument {
  const { flavour, arns } = context;
  return policyDocument([
    ...refuseWithoutTls('bucket', [arns.vault, arns.vaultObjects], flavour),
    {
      Sid: 'OnlyThePromoterWrites',
      Effect: 'Deny',
      Principal: '*',
      Action: flavour.hasRoles ? [...WRITES, ...MORE_WRITES_OF_AWS] : WRITES,
      Resource: [arns.vaultObjects],
      Condition: notThePromoter(context),
    },
    ...onlyNewNames(context),
    {
      Sid: 'NobodyDeletesOrUnlocks',
      Effect: 'Deny',
      Principal: '*',
      Action: ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:BypassGovernanceRetention'],
      Resource: [arns.vaultObjects],
    },
  ]);
}

/** Negated operators also match what is absent: who has no ARN (anonymous, a service of AWS) is not the promoter. */
function notThePromoter({ side, flavour, arns }: PolicyContext): NonNullable<PolicyStatement['Condition']> {
  if (flavour.hasRoles) return { ArnNotLike: { 'aws:PrincipalArn': [arns.promoterRole] } };
  return { StringNotEquals: { 'aws:username': [principalNames.promoter(side)] } };
}

/**
 * No object without `If-None-Match`: nothing is ever overwritten, even by a promoter gone wrong (S3 user guide, "Enforce conditional writes").
 * The second condition exempts the steps of an upload in parts that make no object and cannot carry the header.
 */
function onlyNewNames({ flavour, arns }: PolicyContext): PolicyStatement[] {
  if (!flavour.seesIfNoneMatch) return [];
  return [
    {
      Sid: 'OnlyNewNames',
      Effect: 'Deny',
      Principal: '*',
      Action: ['s3:PutObject'],
      Resource: [arns.vaultObjects],
      Condition: { Null: { 's3:if-none-match': ['true'] }, Bool: { 's3:ObjectCreationOperation': ['true'] } },
    },
  ];
}
