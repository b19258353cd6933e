import type { LifecycleDescription, UploadSide } from '../description/upload-side.ts';
import type { NamedPolicy } from '../policies/named-policies.ts';
import { IDS } from './logical-ids.ts';
import {
  attribute,
  RETAINED,
  type Resource,
  type Resources,
  substituted,
  type TemplateValue,
} from './template-document.ts';

/** An upload that takes longer was given up; the sweep names none that took a day. */
const UNFINISHED_UPLOAD_DAYS = 2;
/** A promotion takes 15 minutes at most. */
const UNFINISHED_PROMOTION_DAYS = 1;
/** Nobody but lifecycle makes an archive noncurrent (the vault's policy refuses deletions): it is at its end. */
const EXPIRED_ARCHIVE_DAYS = 1;

const VERSIONED_AND_PRIVATE: Readonly<Record<string, TemplateValue>> = {
  VersioningConfiguration: { Status: 'Enabled' },
  OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
  PublicAccessBlockConfiguration: {
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  },
};

/** Both buckets, and the policies that bind everybody who uses them. All outlive the stack: what is kept stays as protected as it was. */
export function bucketResources(side: UploadSide, policies: readonly NamedPolicy[]): Resources {
  return {
    [IDS.vault]: vault(side),
    [IDS.vaultPolicy]: bucketPolicy(IDS.vault, policyOfKind(policies, 'vault-bucket')),
    [IDS.inbox]: inbox(side),
    [IDS.inboxPolicy]: bucketPolicy(IDS.inbox, policyOfKind(policies, 'inbox-bucket')),
  };
}

/**
 * S3 turns Object Lock on with the bucket here. CloudFormation's own documentation says nothing of turning it on later, and
 * it cannot be turned off: so the vault has it from its first minute.
 */
function vault({ vault, lock, lifecycle }: UploadSide): Resource {
  return {
    Type: 'AWS::S3::Bucket',
    Metadata: {
      Why: `The vault: only the promoter writes here, each archive is locked for ${lock.days} days. Kept when the stack is deleted.`,
    },
    ...RETAINED,
    Properties: {
      BucketName: vault,
      ...VERSIONED_AND_PRIVATE,
      ObjectLockEnabled: true,
      ObjectLockConfiguration: {
        ObjectLockEnabled: 'Enabled',
        Rule: { DefaultRetention: { Mode: lock.mode, Days: lock.days } },
      },
      LifecycleConfiguration: { Rules: vaultRules(lifecycle) },
    },
  };
}

function vaultRules({ archive, expireDays }: LifecycleDescription): TemplateValue[] {
  const rules = [unfinishedUploads(UNFINISHED_PROMOTION_DAYS)];
  if (archive !== null) {
    const { storageClass, afterDays } = archive;
    rules.push({
      Id: 'cheaper-class-for-older-archives',
      Status: 'Enabled',
      Transitions: [{ StorageClass: storageClass, TransitionInDays: afterDays }],
    });
  }
  if (expireDays !== null) rules.push(...removal('old-archives', expireDays, EXPIRED_ARCHIVE_DAYS));
  return rules;
}

/**
 * The name stands here and in the permission as it is, not as a reference: the bucket needs the permission first, and the permission would
 * need the bucket.
 */
function inbox({ inbox, lifecycle }: UploadSide): Resource {
  return {
    Type: 'AWS::S3::Bucket',
    Metadata: {
      Why: 'The inbox: servers write here, the promoter takes it away. Nothing in it is safe. Kept when the stack is deleted.',
    },
    DependsOn: [IDS.inboxMayCall],
    ...RETAINED,
    Properties: {
      BucketName: inbox,
      ...VERSIONED_AND_PRIVATE,
      LifecycleConfiguration: {
        Rules: [
          unfinishedUploads(UNFINISHED_UPLOAD_DAYS),
          // Noncurrent versions as long: the next upload of the same name hides one that the promoter still has to take.
          ...removal('leftovers', lifecycle.inboxExpireDays, lifecycle.inboxExpireDays),
        ],
      },
      NotificationConfiguration: {
        LambdaConfigurations: [{ Event: 's3:ObjectCreated:*', Function: attribute(IDS.promoter, 'Arn') }],
      },
    },
  };
}

function unfinishedUploads(days: number): TemplateValue {
  return {
    Id: 'remove-parts-of-unfinished-uploads',
    Status: 'Enabled',
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: days },
  };
}

/** In a versioned bucket expiry only hides; the hidden version goes `noncurrentDays` later, and the marker that hid it thereafter. */
function removal(what: string, days: number, noncurrentDays: number): TemplateValue[] {
  return [
    {
      Id: `remove-${what}`,
      Status: 'Enabled',
      ExpirationInDays: days,
      NoncurrentVersionExpiration: { NoncurrentDays: noncurrentDays },
    },
    { Id: 'remove-lone-delete-markers', Status: 'Enabled', ExpiredObjectDeleteMarker: true },
  ];
}

function bucketPolicy(bucket: string, { description, document }: NamedPolicy): Resource {
  return {
    Type: 'AWS::S3::BucketPolicy',
    Metadata: { Why: description },
    ...RETAINED,
    Properties: { Bucket: { Ref: bucket }, PolicyDocument: substituted(document) },
  };
}

function policyOfKind(policies: readonly NamedPolicy[], kind: NamedPolicy['kind']): NamedPolicy {
  const policy = policies.find((candidate) => candidate.kind === kind);
  if (policy === undefined) throw new TypeError(`there is no policy of the kind ${kind}`);
  return policy;
}
