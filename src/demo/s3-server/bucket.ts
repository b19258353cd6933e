import type { BlobFiles } from './blob-files.ts';
import type { KeyBytes } from './key-bytes.ts';
import type { MultipartUpload } from './multipart-upload.ts';
import { type DefaultRetention, defaultRetention } from './object-lock.ts';
import { deleteMarker, type ObjectVersion } from './object-version.ts';
import { SortedKeys } from './sorted-keys.ts';

export type Versioning = 'Enabled' | 'Suspended';

/** What a write leaves behind: the id to tell, null in a bucket that never was versioned. */
export interface WriteResult {
  readonly versionId: string | null;
  readonly isDeleteMarker: boolean;
}

/** A write with a condition that is under way; a delete in between is a conflict (409), not a plain failure. */
export interface PendingWrite {
  readonly key: KeyBytes;
  conflicted: boolean;
}

export class Bucket {
  readonly name: string;
  readonly createdMs: number;
  readonly keys = new SortedKeys();
  readonly uploads = new Map<string, MultipartUpload>();
  readonly pendingWrites = new Set<PendingWrite>();
  versioning: Versioning | null = null;
  lockEnabled = false;
  lockDefault: DefaultRetention | null = null;
  /** The bucket policy, as it came. */
  policy: string | null = null;
  readonly #blobs: BlobFiles;
  readonly #newVersionId: () => string;
  /** Newest first. */
  readonly #versions = new Map<KeyBytes, ObjectVersion[]>();

  constructor(options: { name: string; createdMs: number; blobs: BlobFiles; newVersionId: () => string }) {
    this.name = options.name;
    this.createdMs = options.createdMs;
    this.#blobs = options.blobs;
    this.#newVersionId = options.newVersionId;
  }

  get isEmpty(): boolean {
    return this.#versions.size === 0;
  }

  /** Newest first; empty for an unknown key. */
  versionsOf(key: KeyBytes): readonly ObjectVersion[] {
    return this.#versions.get(key) ?? [];
  }

  /** The newest version, which may be a delete marker. */
  newest(key: KeyBytes): ObjectVersion | undefined {
    return this.#versions.get(key)?.[0];
  }

  /** What a GET without versionId answers, if anything. */
  current(key: KeyBytes): ObjectVersion | undefined {
    const newest = this.newest(key);
    return newest?.isDeleteMarker === false ? newest : undefined;
  }

  version(key: KeyBytes, versionId: string): ObjectVersion | undefined {
    return this.#versions.get(key)?.find((version) => version.versionId === versionId);
  }

  /** The id to show in headers and listings. */
  shownId(version: ObjectVersion): string | null {
    return this.versioning === null ? null : version.versionId;
  }

  /** Takes over the caller's hold on the content. */
  put(key: KeyBytes, fields: Omit<ObjectVersion, 'versionId' | 'isDeleteMarker'>): ObjectVersion {
    const retention = fields.retention ?? defaultRetention(this.lockDefault, fields.lastModifiedMs);
    const version = { ...fields, retention, versionId: this.#idForWrite(), isDeleteMarker: false };
    this.#insert(key, version);
    return version;
  }

  /** Adds a version as it is, id and all: for seeding. Its time decides its place among the others. */
  adopt(key: KeyBytes, version: ObjectVersion): void {
    const versions = this.#listFor(key);
    this.#dropFrom(versions, version.versionId);
    const older = versions.findIndex((other) => other.lastModifiedMs <= version.lastModifiedMs);
    versions.splice(older === -1 ? versions.length : older, 0, version);
  }

  newVersionId(): string {
    return this.#idForWrite();
  }

  /** DELETE without versionId: a delete marker where there is versioning, the end of the object where there is not. */
  deleteCurrent(key: KeyBytes, nowMs: number): WriteResult {
    this.#markConflicts(key);
    if (this.versioning === null) {
      this.#remove(key, 'null');
      return { versionId: null, isDeleteMarker: false };
    }
    const marker = deleteMarker(this.#idForWrite(), nowMs);
    this.#insert(key, marker);
    return { versionId: marker.versionId, isDeleteMarker: true };
  }

  /** DELETE with versionId: the version is gone; an unknown one is no error, as in S3. */
  deleteVersion(key: KeyBytes, versionId: string): WriteResult {
    this.#markConflicts(key);
    const removed = this.#remove(key, versionId);
    return { versionId, isDeleteMarker: removed?.isDeleteMarker ?? false };
  }

  /** A version in place of another, at the same place in the history. */
  replace(key: KeyBytes, versionId: string, next: ObjectVersion): void {
    const versions = this.#versions.get(key) ?? [];
    const at = versions.findIndex((version) => version.versionId === versionId);
    const old = versions[at];
    if (old === undefined) throw new RangeError(`no version ${versionId} of that key in ${this.name}`);
    versions[at] = next;
    this.#blobs.release(old.content);
  }

  #insert(key: KeyBytes, version: ObjectVersion): void {
    const versions = this.#listFor(key);
    // Only 'null' can be there already: in unversioned and suspended buckets a write replaces it.
    this.#dropFrom(versions, version.versionId);
    versions.unshift(version);
  }

  #listFor(key: KeyBytes): ObjectVersion[] {
    const known = this.#versions.get(key);
    if (known !== undefined) return known;
    const versions: ObjectVersion[] = [];
    this.#versions.set(key, versions);
    this.keys.add(key);
    return versions;
  }

  #remove(key: KeyBytes, versionId: string): ObjectVersion | undefined {
    const versions = this.#versions.get(key);
    if (versions === undefined) return undefined;
    const removed = this.#dropFrom(versions, versionId);
    if (versions.length === 0) {
      this.#versions.delete(key);
      this.keys.remove(key);
    }
    return removed;
  }

  #dropFrom(versions: ObjectVersion[], versionId: string): ObjectVersion | undefined {
    const at = versions.findIndex((version) => version.versionId === versionId);
    if (at === -1) return undefined;
    const [removed] = versions.splice(at, 1);
    if (removed !== undefined) this.#blobs.release(removed.content);
    return removed;
  }

  #idForWrite(): string {
    return this.versioning === 'Enabled' ? this.#newVersionId() : 'null';
  }

  #markConflicts(key: KeyBytes): void {
    for (const pending of this.pendingWrites) if (pending.key === key) pending.conflicted = true;
  }
}
