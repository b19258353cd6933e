import { randomBytes } from 'node:crypto';
import type { BlobFiles } from './blob-files.ts';
import { Bucket } from './bucket.ts';
import { S3Error } from './s3-error.ts';

/** All buckets of one server. State is in memory; bodies are in `blobs`. */
export class ObjectStore {
  readonly blobs: BlobFiles;
  readonly buckets = new Map<string, Bucket>();

  constructor(blobs: BlobFiles) {
    this.blobs = blobs;
  }

  bucket(name: string): Bucket {
    const bucket = this.buckets.get(name);
    if (bucket === undefined) throw new S3Error('NoSuchBucket', { details: { BucketName: name } });
    return bucket;
  }

  createBucket(name: string, nowMs: number): Bucket {
    if (this.buckets.has(name)) throw new S3Error('BucketAlreadyOwnedByYou', { details: { BucketName: name } });
    if (!/^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) || /^\d+(\.\d+){3}$/.test(name)) {
      throw new S3Error('InvalidBucketName', { details: { BucketName: name } });
    }
    const bucket = new Bucket({ name, createdMs: nowMs, blobs: this.blobs, newVersionId: newId });
    this.buckets.set(name, bucket);
    return bucket;
  }
}

/** An id that no restart repeats: 32 characters of A-Z a-z 0-9 - _. */
export function newId(): string {
  return randomBytes(24).toString('base64url');
}
