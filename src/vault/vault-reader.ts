import type { Readable } from 'node:stream';
import type { ListedObject, ObjectFacts, ObjectRef } from '../core/archive.ts';

/** One page of a listing, in the server's order. */
export interface ListingPage {
  readonly objects: readonly ListedObject[];
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

export interface ObjectBody {
  readonly facts: ObjectFacts;
  /** Bytes as they arrive; destroyed with an AppError TRANSFER_CUT / TRANSFER_STALLED when the transfer breaks. */
  readonly stream: Readable;
}

export interface VaultProbe {
  readonly serverDateMs: number | null;
  readonly versioned: boolean | null;
  readonly keysSeen: number;
}

/**
 * One vault bucket, read-only. No method changes anything anywhere. Each call is one request with no retry of its own above what is
 * said; errors are AppErrors with the codes VAULT_*, OBJECT_* and TRANSFER_*. A missing object is OBJECT_GONE, never an empty answer.
 */
export interface VaultReader {
  readonly name: string;
  /** Requests sent so far, for meters and budgets. */
  readonly requests: number;
  /** Object versions where the vault is versioned and the key allows it, else current objects. Delete markers are left out. */
  list(request: ListRequest): AsyncIterable<ListingPage>;
  head(ref: ObjectRef, signal: AbortSignal): Promise<ObjectFacts>;
  /** By versionId, else If-Match on the ETag. A server that answers another range, object or length is VAULT_BAD_ANSWER or OBJECT_CHANGED. */
  get(ref: ObjectRef, range: ByteRange | null, signal: AbortSignal): Promise<ObjectBody>;
  /** The smallest requests that show that bucket, region and key work. */
  probe(signal: AbortSignal): Promise<VaultProbe>;
  close(): void;
}
