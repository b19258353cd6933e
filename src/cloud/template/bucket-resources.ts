import type { UploadSide } from '../description/upload-side.ts';
import { lifecycleRules } from '../policies/lifecycle-rules.ts';
import type { NamedPolicy } from '../policies/named-policies.ts';
import { lifecycleConfiguration } from './lifecycle-configuration.ts';
import { IDS } from './logical-ids.ts';
import {
  attribute,
  RETAINED,
  type Resource,
  type Resources,
  substituted,
  type TemplateValue,
} from './template-document.ts';

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
  const rules = lifecycleRules(side);
  return {
    [IDS.vault]: vault(side, lifecycleConfiguration(rules.vault)),
    [IDS.vaultPolicy]: bucketPolicy(IDS.vault, policyOfKind(policies, 'vault-bucket')),
    [IDS.inbox]: inbox(side, lifecycleConfiguration(rules.inbox)),
    [IDS.inboxPolicy]: bucketPolicy(IDS.inbox, policyOfKind(policies, 'inbox-bucket')),
  };
}

/**
 * S3 turns Object Lock on with the bucket here. CloudFormation's own documentation says nothing of turning it on later, and
 * it cannot be turned off: so the vault has it from its first minute.
 */
function vault({ vault, lock }: UploadSide, LifecycleConfiguration: TemplateValue): Resource {
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
      LifecycleConfiguration,
    },
  };
}

/**
 * The name stands here and in the permission as it is, not as a reference: the bucket needs the permission first, and the permission would
 * need the bucket.
 */
function inbox({ inbox }: UploadSide, LifecycleConfiguration: TemplateValue): Resource {
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
      LifecycleConfiguration,
      NotificationConfiguration: {
        LambdaConfigurations: [{ Event: 's3:ObjectCreated:*', Function: attribute(IDS.promoter, 'Arn') }],
      },
    },
  };
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
