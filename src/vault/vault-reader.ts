import type { ListedObject, ObjectFacts, ObjectRef } from '../core/archive.ts';
import type { FirstPart, ObjectParts } from '../core/proof-plan.ts';

/** An object whose LastModified is no time that a vault could mean: nothing can be planned by it. */
export interface UntimedObject extends Omit<ListedObject, 'lastModifiedMs'> {
  readonly lastModifiedMs: null;
  /** As the listing has it, or the beginning of that. */
  readonly lastModified: string;
}

export function hasTime(object: ListedObject | UntimedObject): object is ListedObject {
  return object.lastModifiedMs !== null;
}

/** One page of a listing, in the server's order. */
export interface ListingPage {
  readonly objects: readonly (ListedObject | UntimedObject)[];
  /** Keys whose current version is a delete marker: deleted, as far as most people can see. Their versions are in `objects` all the same. */
  readonly deletedKeys: readonly string[];
  /** The greatest key on the page, of an object or of any delete marker, older ones too; null when there is none that can be read. */
  readonly lastKey: string | null;
  /** Keys that are not valid UTF-8, percent-encoded as the server sent them: they can be reported, not requested. */
  readonly undecodableKeys: readonly string[];
  /** The server's clock (Date header), milliseconds; null when absent or unreadable. */
  readonly serverDateMs: number | null;
}

export interface ListRequest {
  /** Only keys that begin with this (the vault's own `prefix` is part of it). */
  readonly prefix: string;
  /** Only keys after this one in UTF-8 byte order. */
  readonly startAfter?: string;
  readonly signal: AbortSignal;
}

export interface ByteRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/**
 * The bytes of one answer. Consume `batches` once, or call `cancel`; either frees the connection. Each batch is what has arrived since
 * the last one was asked for: buffers of up to 256 KiB, uncopied, together at most about 1 MiB, fit for one writev; call `freeChunks` on
 * what is written and hashed. While the consumer is slow the connection is paused. Ends after exactly `lengthBytes`, else throws: TRANSFER_CUT (fewer), TRANSFER_STALLED (silence),
 * VAULT_BAD_ANSWER (more), or the signal's reason. What arrived before a cut or a stall is handed out before it is thrown.
 */
export interface ObjectBody {
  /** Of a whole answer; of a range the checksums are left out, because they may be those of a part. */
  readonly facts: ObjectFacts;
  readonly lengthBytes: number;
  readonly serverDateMs: number | null;
  readonly batches: AsyncIterable<readonly Buffer[]>;
  cancel(): void;
}

/** 'versions': ListObjectVersions; 'objects': ListObjectsV2, because the key or the server allows no more. */
export type ListingKind = 'versions' | 'objects';

export interface VaultProbe {
  readonly serverDateMs: number | null;
  /** null when the key may not ask (s3:GetBucketVersioning). */
  readonly versioned: boolean | null;
  readonly listing: ListingKind;
  /** 0 or 1: whether the vault showed anything at all. */
  readonly keysSeen: number;
}

/**
 * One vault bucket, read-only. No method changes anything anywhere. Each call is one request with no retry of its own above what is
 * said; errors are AppErrors with the codes VAULT_*, OBJECT_* and TRANSFER_*, or the signal's reason. A missing object is OBJECT_GONE,
 * never an empty answer.
 */
export interface VaultReader {
  readonly name: string;
  /** Requests sent so far, for meters and budgets. */
  readonly requests: number;
  /** How the vault lets itself be listed; null until found out. Worth keeping: it saves a refused request at each start. */
  readonly listing: ListingKind | null;
  /** Object versions where the key allows it, else current objects. Delete markers are left out. One request a page, made when asked for. */
  list(request: ListRequest): AsyncIterable<ListingPage>;
  head(ref: ObjectRef, signal: AbortSignal): Promise<ObjectFacts>;
  /** By versionId, else If-Match on the ETag. A server that answers another range, object or length is VAULT_BAD_ANSWER or OBJECT_CHANGED. */
  get(ref: ObjectRef, range: ByteRange | null, signal: AbortSignal): Promise<ObjectBody>;
  /** HEAD of part 1 (of an upload in parts): its size and how many there are. null when the server does not say. */
  firstPart(ref: ObjectRef, signal: AbortSignal): Promise<FirstPart | null>;
  /** GetObjectAttributes, one request per 1,000 parts. null when denied, unsupported or incomplete. */
  objectParts(ref: ObjectRef, signal: AbortSignal): Promise<ObjectParts | null>;
  /** The smallest requests that show that bucket, region and key work. */
  probe(signal: AbortSignal): Promise<VaultProbe>;
  close(): void;
}
