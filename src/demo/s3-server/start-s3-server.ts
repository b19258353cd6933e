import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../core/clock.ts';
import { BlobFiles } from './blob-files.ts';
import type { Bucket, Versioning } from './bucket.ts';
import type { Authorize } from './call.ts';
import { Counters } from './counters.ts';
import { createHttpEntry } from './http-entry.ts';
import { toKeyBytes } from './key-bytes.ts';
import { ObjectStore } from './object-store.ts';
import type { ObjectVersion, StorageClass } from './object-version.ts';
import { type SeedObject, seedObjects, seedVersion } from './seed-objects.ts';
import type { S3User } from './sigv4.ts';

export type { AuthorizationRequest, Authorize } from './call.ts';
export type { SeedBody, SeedObject } from './seed-objects.ts';
export type { S3User } from './sigv4.ts';

export interface S3ServerOptions {
  /** Bodies too large for memory lie below it, in a folder of their own that `close` removes. */
  readonly dataDir: string;
  readonly users: readonly S3User[];
  readonly clock: Clock;
  /** 0, the default: any free one. */
  readonly port?: number;
  /** 'eu-central-1' by default. */
  readonly region?: string;
  /** Asked before anything is done; by default every user may do everything. */
  readonly authorize?: Authorize;
  /** Where the counters are to be had without a signature, as JSON; nowhere by default. */
  readonly countersPath?: string;
  /** Object data goes out no faster, all answers together: a line instead of loopback. No limit by default. */
  readonly bytesPerSecond?: number;
}

/**
 * A small, strict S3 server for the demo and for tests: what it does not implement it refuses (501), what it implements it
 * does as S3 does. Its state is gone when it closes.
 */
export interface S3Server {
  readonly url: string;
  readonly port: number;
  /** Requests so far, refused ones included. */
  readonly requests: number;
  /** Bytes of object data sent so far; listings and errors are not counted. */
  readonly bytesServed: number;
  readonly requestsByOperation: Readonly<Record<string, number>>;
  /** Makes the bucket if it is missing. Versioning, once given, stays. */
  addBucket(name: string, options?: { versioning?: Versioning | null; lock?: boolean }): void;
  /** Objects without HTTP, 100,000 of them in well under a second. The bucket is made if it is missing. */
  seed(bucketName: string, objects: Iterable<SeedObject>): void;
  /** Moves a version (the current one by default) to another storage class, as a lifecycle rule would. */
  setClassOf(bucketName: string, key: string | Uint8Array, storageClass: StorageClass, versionId?: string): void;
  /** Makes a version (the current one by default) vanish, whatever locks say: no delete marker. */
  remove(bucketName: string, key: string | Uint8Array, versionId?: string): void;
  /** Other content under the same key and version id, which S3 itself never does. Time stays unless given. */
  replaceContent(bucketName: string, object: SeedObject): void;
  /** The bucket policy that was put, as it came; null where there is none. */
  policyOf(bucketName: string): string | null;
  /** Newest first. */
  versionsOf(bucketName: string, key: string | Uint8Array): readonly ObjectVersion[];
  close(): Promise<void>;
}

/** Starts a server on 127.0.0.1. */
export async function startS3Server(options: S3ServerOptions): Promise<S3Server> {
  const { clock, users, region = 'eu-central-1', authorize = () => true, countersPath = null } = options;
  const { bytesPerSecond = Number.POSITIVE_INFINITY } = options;
  const blobs = new BlobFiles(options.dataDir);
  const store = new ObjectStore(blobs);
  const counters = new Counters();
  const server = createServer(
    { keepAliveTimeout: 60_000, requestTimeout: 0, maxHeaderSize: 32 * 1024 },
    createHttpEntry({ store, users, clock, region, authorize, counters, countersPath, bytesPerSecond }),
  );
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const ensureBucket = (name: string): Bucket => store.buckets.get(name) ?? store.createBucket(name, clock.now());
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    get requests() {
      return counters.requests;
    },
    get bytesServed() {
      return counters.bytesServed;
    },
    get requestsByOperation() {
      return counters.requestsByOperation;
    },
    addBucket(name, { versioning, lock = false } = {}) {
      const bucket = ensureBucket(name);
      if (lock) bucket.lockEnabled = true;
      if (versioning !== undefined || lock) bucket.versioning = versioning ?? (lock ? 'Enabled' : null);
    },
    seed: (bucketName, objects) => seedObjects(ensureBucket(bucketName), objects, clock.now()),
    setClassOf(bucketName, key, storageClass, versionId) {
      requireVersion(store.bucket(bucketName), key, versionId).storageClass = storageClass;
    },
    remove(bucketName, key, versionId) {
      const bucket = store.bucket(bucketName);
      bucket.deleteVersion(toKeyBytes(key), requireVersion(bucket, key, versionId).versionId);
    },
    replaceContent(bucketName, object) {
      const bucket = store.bucket(bucketName);
      const old = requireVersion(bucket, object.key, object.versionId);
      bucket.replace(
        toKeyBytes(object.key),
        old.versionId,
        seedVersion({ lastModifiedMs: old.lastModifiedMs, ...object }, old.versionId, clock.now()),
      );
    },
    policyOf: (bucketName) => store.bucket(bucketName).policy,
    versionsOf: (bucketName, key) => store.bucket(bucketName).versionsOf(toKeyBytes(key)),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      blobs.close();
    },
  };
}

function requireVersion(bucket: Bucket, key: string | Uint8Array, versionId: string | undefined): ObjectVersion {
  const bytes = toKeyBytes(key);
  const version = versionId === undefined ? bucket.newest(bytes) : bucket.version(bytes, versionId);
  if (version === undefined) throw new RangeError(`no such object in ${bucket.name}: ${String(key)}`);
  return version;
}
