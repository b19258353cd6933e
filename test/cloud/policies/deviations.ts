import type { PolicyFlavour } from '../../../src/cloud/policies/policy-document.ts';
import type { Attempt } from './try-acts.ts';

/** Something that a server does otherwise than the table says, whatever the documents say. */
export interface Deviation {
  readonly name: string;
  fits(attempt: Attempt): boolean;
}

const isOf = (cell: Attempt['cell'], ...actions: readonly string[]) => actions.includes(cell.action);
const headersOf = ({ cell }: Attempt) => Object.keys(cell.context);

const NO_LOCK_NO_BYPASS: Deviation = {
  name: 'the right to pass locks by is not asked for where there is no lock',
  fits: ({ cell, outcome }) =>
    cell.who === 'promoter' &&
    cell.bucket === 'inbox' &&
    isOf(cell, 's3:BypassGovernanceRetention') &&
    outcome === 'done',
};

/** Of Debian's radosgw 16.2.11. Each was seen; one that is not seen any more fails the suite. */
const RADOSGW: readonly Deviation[] = [
  {
    // No upload becomes readable by it: the buckets ignore public ACLs (PutPublicAccessBlock), which the suite looks at.
    name: 'conditions on the ACL and the grants of CreateMultipartUpload are not asked',
    fits: (attempt) =>
      attempt.act === 'an upload in parts' &&
      attempt.outcome === 'done' &&
      headersOf(attempt).some((header) => header === 's3:x-amz-acl' || header.startsWith('s3:x-amz-grant-')),
  },
  {
    name: 'an upload in parts under a key of KMS is refused for the want of KMS, not by the condition',
    fits: (attempt) =>
      attempt.act === 'an upload in parts' &&
      attempt.outcome === '400 InvalidArgument' &&
      attempt.cell.context['s3:x-amz-server-side-encryption'] === 'aws:kms',
  },
  {
    // The copy is as unreadable to the writer as its source. What others wrote is refused.
    name: 'UploadPartCopy from an upload of its own asks for no right to read it',
    fits: ({ act, ofOwn, outcome }) => ofOwn && outcome === 'done' && act.startsWith('UploadPartCopy'),
  },
  {
    name: 'PutObject with tags asks for no right to tag',
    fits: ({ act, outcome }) => act === 'PutObject with tags' && outcome === 'done',
  },
  {
    // Only the promoter can write there, and it never sends one.
    name: 'PutObject with a lock asks for no right to set locks',
    fits: ({ cell, act, outcome }) =>
      cell.who === 'promoter' && cell.bucket === 'vault' && act === 'PutObject with a lock' && outcome === 'done',
  },
  {
    name: 'PutObject with a lock is refused as a mistake where the bucket has no locks',
    fits: ({ cell, act, outcome }) =>
      cell.bucket === 'inbox' && act === 'PutObject with a lock' && outcome === '400 InvalidRequest',
  },
  NO_LOCK_NO_BYPASS,
  {
    name: 'DeleteObjects needs the right on the bucket, so that it is refused to who may delete single objects',
    fits: ({ cell, act, outcome }) => cell.allowed && act.startsWith('DeleteObjects') && outcome === 'refused',
  },
  {
    // It may read the current version anyway.
    name: 'who wrote a version may read it, if that is not refused by name',
    fits: ({ cell, outcome }) =>
      cell.who === 'promoter' && cell.bucket === 'vault' && isOf(cell, 's3:GetObjectVersion') && outcome === 'done',
  },
  {
    name: 'RestoreObject is not implemented',
    fits: ({ cell, outcome }) => isOf(cell, 's3:RestoreObject') && outcome === '501 NotImplemented',
  },
  {
    name: 'PutBucketReplication is not implemented',
    fits: ({ cell, outcome }) => isOf(cell, 's3:PutReplicationConfiguration') && outcome === '405 MethodNotAllowed',
  },
  {
    name: 'notifications are the business of who made the bucket alone',
    fits: ({ cell, outcome }) =>
      cell.allowed && isOf(cell, 's3:GetBucketNotification', 's3:PutBucketNotification') && outcome === 'refused',
  },
];

/** Of MinIO 2026-02-12, the last of the community's. */
const MINIO: readonly Deviation[] = [
  {
    name: 'ListBuckets shows everybody the buckets that they may list',
    fits: ({ cell, outcome }) =>
      (cell.who === 'mirror' || cell.who === 'promoter') && isOf(cell, 's3:ListAllMyBuckets') && outcome === 'done',
  },
  {
    name: 'who may list may list versions, even if that is refused by name',
    fits: ({ cell, outcome }) => isOf(cell, 's3:ListBucketVersions') && outcome === 'done',
  },
  {
    name: 'who may read may read versions, even if that is refused by name',
    fits: ({ cell, outcome }) =>
      cell.who === 'promoter' && cell.bucket === 'vault' && isOf(cell, 's3:GetObjectVersion') && outcome === 'done',
  },
  {
    name: 'PutObject with tags asks for no right to tag',
    fits: ({ act, outcome }) => act === 'PutObject with tags' && outcome === 'done',
  },
  {
    name: 'locks are refused as a mistake where the bucket has none',
    fits: ({ cell, outcome }) =>
      cell.bucket === 'inbox' && isOf(cell, 's3:PutObjectRetention') && outcome === '400 InvalidRequest',
  },
  {
    name: 'there are no storage classes but STANDARD and REDUCED_REDUNDANCY',
    fits: ({ cell, outcome }) =>
      cell.context['s3:x-amz-storage-class'] !== undefined && outcome === '400 InvalidStorageClass',
  },
  {
    name: "a client's own keys want TLS",
    fits: ({ cell, outcome }) =>
      cell.context['s3:x-amz-server-side-encryption-customer-algorithm'] !== undefined &&
      outcome === '400 InvalidRequest',
  },
  {
    name: 'encryption by the server wants KMS',
    fits: ({ cell, outcome }) =>
      cell.context['s3:x-amz-server-side-encryption'] !== undefined && outcome === '501 NotImplemented',
  },
  {
    name: 'DeleteObjects shows no versions to conditions, so that it is refused to who may delete versions only',
    fits: ({ cell, act, outcome }) => cell.allowed && act === 'DeleteObjects of versions' && outcome === 'refused',
  },
  NO_LOCK_NO_BYPASS,
  {
    name: 'PutPublicAccessBlock is not implemented',
    fits: ({ cell, outcome }) => isOf(cell, 's3:PutBucketPublicAccessBlock') && outcome === '400 MalformedXML',
  },
];

export const DEVIATIONS: Readonly<Record<Exclude<PolicyFlavour, 'aws'>, readonly Deviation[]>> = {
  radosgw: RADOSGW,
  minio: MINIO,
};
