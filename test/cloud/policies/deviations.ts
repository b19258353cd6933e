import type { PolicyFlavour } from '../../../src/cloud/policies/policy-document.ts';
import type { Attempt } from './try-acts.ts';

/** Something that a server does otherwise than the table says, whatever the documents say. */
export interface Deviation {
  readonly name: string;
  fits(attempt: Attempt): boolean;
}

const isOf = (cell: Attempt['cell'], ...actions: readonly string[]) => actions.includes(cell.action);
const headersOf = ({ cell }: Attempt) => Object.keys(cell.context);

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
  {
    name: 'the right to pass locks by is not asked for where there is no lock',
    fits: ({ cell, outcome }) =>
      cell.who === 'promoter' &&
      cell.bucket === 'inbox' &&
      isOf(cell, 's3:BypassGovernanceRetention') &&
      outcome === 'done',
  },
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

const MINIO: readonly Deviation[] = [];

export const DEVIATIONS: Readonly<Record<Exclude<PolicyFlavour, 'aws'>, readonly Deviation[]>> = {
  radosgw: RADOSGW,
  minio: MINIO,
};
