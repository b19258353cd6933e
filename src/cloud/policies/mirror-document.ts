import { everythingBut } from './flavours.ts';
import type { PolicyContext } from './policy-context.ts';
import { type PolicyDocument, policyDocument } from './policy-document.ts';
import { refuseWithoutTls } from './request-form.ts';

const LOOK_AT_BUCKET = [
  ...['s3:ListBucket', 's3:ListBucketVersions', 's3:GetBucketLocation', 's3:GetBucketVersioning'],
  ...['s3:GetBucketObjectLockConfiguration', 's3:GetLifecycleConfiguration'],
];
const READ = ['s3:GetObject', 's3:GetObjectVersion'];
const READ_ATTRIBUTES = ['s3:GetObjectAttributes', 's3:GetObjectVersionAttributes'];

/** The key at home reads the vault and can do nothing else: stolen with the Pi, it harms no archive. */
export function mirrorDocument({ flavour, arns }: PolicyContext): PolicyDocument {
  const read = flavour.knowsAttributes ? [...READ, ...READ_ATTRIBUTES] : READ;
  return policyDocument([
    { Sid: 'LookAtTheVault', Effect: 'Allow', Action: LOOK_AT_BUCKET, Resource: [arns.vault] },
    { Sid: 'ReadTheVault', Effect: 'Allow', Action: read, Resource: [arns.vaultObjects] },
    {
      Sid: 'RefuseAllElse',
      Effect: 'Deny',
      ...everythingBut([...LOOK_AT_BUCKET, ...read], flavour),
      Resource: [arns.everything],
    },
    ...refuseWithoutTls('identity', [arns.everything], flavour),
  ]);
}
