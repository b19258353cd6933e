import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Clock } from '../core/clock.ts';
import type { S3User } from './s3-server/start-s3-server.ts';

export const BUCKET = 'example-vault';
export const REGION = 'eu-central-1';

/** Somebody with a key for the vault: its owner, or who stole it. Only what the story needs. */
export interface VaultAdministrator {
  /** Every new object is protected for so many days. */
  lockNewObjects(days: number): Promise<void>;
  put(key: string, body: Uint8Array): Promise<void>;
  /** A plain delete: in a versioned bucket it only hides the object. */
  hide(key: string): Promise<void>;
  /** Deletes every version; `bypassLock` is what governance mode allows an administrator. The codes of what was refused. */
  destroy(key: string, options: { readonly bypassLock: boolean }): Promise<readonly string[]>;
  close(): void;
}

/** Requests are signed with the time of `clock`, so that the story can tell of earlier days. */
export function createVaultAdministrator(options: {
  readonly endpoint: string;
  readonly user: S3User;
  readonly clock: Clock;
}): VaultAdministrator {
  const { accessKeyId, secretAccessKey } = options.user;
  const client = new S3Client({
    endpoint: options.endpoint,
    region: REGION,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
  });
  const signedInTime = () => {
    client.config.systemClockOffset = options.clock.now() - Date.now();
    return client;
  };
  const Bucket = BUCKET;
  return {
    async lockNewObjects(days) {
      const rule = { DefaultRetention: { Mode: 'GOVERNANCE', Days: days } } as const;
      const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled', Rule: rule } as const;
      await signedInTime().send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
    },
    async put(key, body) {
      await signedInTime().send(new PutObjectCommand({ Bucket, Key: key, Body: body }));
    },
    async hide(key) {
      await signedInTime().send(new DeleteObjectCommand({ Bucket, Key: key }));
    },
    async destroy(key, { bypassLock }) {
      const { Versions = [] } = await signedInTime().send(new ListObjectVersionsCommand({ Bucket, Prefix: key }));
      const Objects = Versions.map(({ Key, VersionId }) => ({ Key: Key ?? key, VersionId }));
      const request = { Bucket, Delete: { Objects }, ...(bypassLock ? { BypassGovernanceRetention: true } : {}) };
      const { Errors = [] } = await signedInTime().send(new DeleteObjectsCommand(request));
      return Errors.map(({ Code = 'unknown' }) => Code);
    },
    close: () => client.destroy(),
  };
}
