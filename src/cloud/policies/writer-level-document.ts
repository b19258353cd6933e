import type { WriterLevel } from '../description/upload-side.ts';
import { everythingBut } from './flavours.ts';
import type { PolicyContext } from './policy-context.ts';
import { type PolicyDocument, policyDocument } from './policy-document.ts';
import { refuseUnmovableUploads, refuseWithoutTls } from './request-form.ts';

/** What a level's key may do in its own folder. The step of an upload in parts that lists parts is only needed to resume one. */
export const LEVEL_ACTIONS: Readonly<
  Record<WriterLevel, { readonly bucket: readonly string[]; readonly objects: readonly string[] }>
> = {
  strict: { bucket: [], objects: ['s3:PutObject', 's3:AbortMultipartUpload'] },
  list: {
    bucket: ['s3:ListBucket'],
    objects: ['s3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
  },
  delete: {
    bucket: ['s3:ListBucket'],
    objects: ['s3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts', 's3:DeleteObject'],
  },
};

/**
 * What a key of this level never does, whatever else is attached to its user by mistake: it allows nothing by itself. The vault is refused
 * as a whole and by name, because an Allow elsewhere cannot outweigh a Deny. On AWS the rest is everything, not S3 alone: an access point, a
 * role to assume or a user's key to make would be ways around the refusals, and virtual machines are what stolen keys are sold for.
 */
export function writerLevelDocument(level: WriterLevel, { side, flavour, arns }: PolicyContext): PolicyDocument {
  const { bucket, objects } = LEVEL_ACTIONS[level];
  const needsOwnerAcl = side.servers.some((server) => server.level === level && server.mayKeepOwnerAcl);
  const ownerAcl = needsOwnerAcl && flavour.aclHeaderNeedsPutObjectAcl ? ['s3:PutObjectAcl'] : [];
  const possible = ['s3:ListAllMyBuckets', ...bucket, ...objects, ...ownerAcl];
  return policyDocument([
    {
      Sid: 'RefuseTheVault',
      Effect: 'Deny',
      Action: ['s3:*'],
      Resource: [arns.vault, arns.vaultObjects],
    },
    { Sid: 'RefuseAllElse', Effect: 'Deny', ...everythingBut(possible, flavour), Resource: [arns.everything] },
    ...refuseWithoutTls('identity', [arns.everything], flavour),
    ...refuseUnmovableUploads('identity', arns.inboxObjects, flavour),
  ]);
}
