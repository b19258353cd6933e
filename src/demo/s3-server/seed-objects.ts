import type { Bucket } from './bucket.ts';
import { type Content, generatedContent, memoryContent } from './content.ts';
import { type KeyBytes, toKeyBytes } from './key-bytes.ts';
import type { ChecksumPlan, ObjectVersion, Retention, StorageClass } from './object-version.ts';
import { wholeSecond } from './object-version.ts';

/** Bytes, or as many as wanted, made up while they are read: the same `seed` and size give the same bytes. */
export type SeedBody = string | Uint8Array | { readonly sizeBytes: number; readonly seed?: number };

/** An object that was there before anybody asked. Nothing is hashed before it is needed. */
export interface SeedObject {
  /** Bytes for keys that are not valid UTF-8. */
  readonly key: string | Uint8Array;
  readonly body: SeedBody;
  /** The server's now by default; kept in whole seconds. */
  readonly lastModifiedMs?: number;
  readonly storageClass?: StorageClass;
  /** By default a new one, or 'null' where there is no versioning. */
  readonly versionId?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  /**
   * CRC64NVME of the whole object by default; null for an object from before S3 added checksums by itself. With `etag` and a
   * `value` here nothing is ever hashed.
   */
  readonly checksum?: ChecksumPlan | null;
  /** As if uploaded in parts of these sizes (any sizes); they must add up. */
  readonly partSizes?: readonly number[];
  /** Told instead of the true one, e.g. what SSE-KMS shows. */
  readonly etag?: string;
  readonly retention?: Retention;
}

/** Makes versions of seeds and puts them where their times belong. */
export function seedObjects(bucket: Bucket, objects: Iterable<SeedObject>, nowMs: number): void {
  for (const object of objects) {
    const key = toKeyBytes(object.key);
    bucket.adopt(key, seedVersion(object, object.versionId ?? bucket.newVersionId(), nowMs));
  }
}

export function seedVersion(object: SeedObject, versionId: string, nowMs: number): ObjectVersion {
  const content = seedContent(object.body, toKeyBytes(object.key));
  const parts = object.partSizes ?? null;
  if (parts !== null && parts.reduce((sum, size) => sum + size, 0) !== content.sizeBytes) {
    throw new RangeError('partSizes do not add up to the size of the body');
  }
  const preset = { algorithm: 'CRC64NVME', type: 'FULL_OBJECT' } as const;
  return {
    versionId,
    isDeleteMarker: false,
    lastModifiedMs: wholeSecond(object.lastModifiedMs ?? nowMs),
    content,
    headers: {
      system: object.contentType === undefined ? {} : { 'content-type': object.contentType },
      metadata: object.metadata ?? {},
    },
    storageClass: object.storageClass ?? 'STANDARD',
    retention: object.retention ?? null,
    digests: {
      checksum: object.checksum === undefined ? preset : object.checksum,
      partSizes: parts,
      etag: object.etag ?? null,
    },
  };
}

export function seedContent(body: SeedBody, key: KeyBytes): Content {
  if (typeof body === 'string') return memoryContent(Buffer.from(body));
  if (body instanceof Uint8Array) return memoryContent(body);
  return generatedContent(body.sizeBytes, body.seed ?? hashKey(key));
}

/** FNV-1a, so that objects of one size differ unless somebody wants them equal. */
export function hashKey(key: KeyBytes): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
