import {
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
} from '@aws-sdk/client-s3';
import type { S3Key } from './s3-key.ts';
import { VAULT } from './upload-side-text.ts';

/** One version in a bucket, as its listing tells it. */
export interface ListedVersion {
  readonly key: string;
  readonly versionId: string;
  readonly etag: string;
  readonly isLatest: boolean;
}

/** Somebody with a key for the vault: its owner, or who stole it. Only what the story needs. */
export interface VaultAdministrator {
  /** Every new object is protected for so many days. */
  lockNewObjects(days: number): Promise<void>;
  putPolicy(bucket: string, document: object): Promise<void>;
  deletePolicy(bucket: string): Promise<void>;
  put(key: string, body: Uint8Array): Promise<void>;
  read(key: string): Promise<Buffer>;
  /** A plain delete: in a versioned bucket it only hides the object. */
  hide(key: string): Promise<void>;
  /** Deletes every version; `bypassLock` is what governance mode allows an administrator. The codes of what was refused. */
  destroy(key: string, options: { readonly bypassLock: boolean }): Promise<readonly string[]>;
  /** Everything in a bucket, delete markers left out; for as much as one page holds. */
  versionsIn(bucket: string): Promise<readonly ListedVersion[]>;
}

export function createVaultAdministrator(key: S3Key): VaultAdministrator {
  const Bucket = VAULT;
  return {
    async lockNewObjects(days) {
      const rule = { DefaultRetention: { Mode: 'GOVERNANCE', Days: days } } as const;
      const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled', Rule: rule } as const;
      await key.client().send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
    },
    async putPolicy(bucket, document) {
      await key.client().send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(document) }));
    },
    async deletePolicy(bucket) {
      await key.client().send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
    },
    async put(name, body) {
      await key.client().send(new PutObjectCommand({ Bucket, Key: name, Body: body }));
    },
    async read(name) {
      const { Body } = await key.client().send(new GetObjectCommand({ Bucket, Key: name }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
    async hide(name) {
      await key.client().send(new DeleteObjectCommand({ Bucket, Key: name }));
    },
    async destroy(name, { bypassLock }) {
      const { Versions = [] } = await key.client().send(new ListObjectVersionsCommand({ Bucket, Prefix: name }));
      const Objects = Versions.map(({ Key, VersionId }) => ({ Key: Key ?? name, VersionId }));
      const request = { Bucket, Delete: { Objects }, ...(bypassLock ? { BypassGovernanceRetention: true } : {}) };
      const { Errors = [] } = await key.client().send(new DeleteObjectsCommand(request));
      return Errors.map(({ Code = 'unknown' }) => Code);
    },
    async versionsIn(bucket) {
      const { Versions = [] } = await key.client().send(new ListObjectVersionsCommand({ Bucket: bucket }));
      return Versions.map((version) => ({
        key: version.Key ?? '',
        versionId: version.VersionId ?? '',
        etag: version.ETag ?? '',
        isLatest: version.IsLatest ?? false,
      }));
    },
  };
}
