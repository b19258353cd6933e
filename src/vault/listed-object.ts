import type { ListedObject } from '../core/archive.ts';
import { AppError } from '../core/errors.ts';
import { unquoteEtag } from './object-facts.ts';
import type { WireEntry } from './parse-listing.ts';
import type { UntimedObject } from './vault-reader.ts';

/** More than any S3 stores (AWS: 50 TB). */
const ABSURD_SIZE_BYTES = 2 ** 50;

/** One entry of a listing, believed only as far as it makes sense. Throws VAULT_BAD_ANSWER without size, time or ETag. */
export function readListedObject(entry: WireEntry, key: string): ListedObject | UntimedObject {
  const facts = {
    key,
    versionId: identifyingVersion(entry),
    etag: unquoteEtag(entry.etag),
    sizeBytes: readSize(entry, key),
    storageClass: storageClass(entry.storageClass),
  };
  const lastModifiedMs = readTime(entry, key);
  return lastModifiedMs === null
    ? { ...facts, lastModifiedMs, lastModified: entry.lastModified?.slice(0, 40) ?? '' }
    : { ...facts, lastModifiedMs };
}

/**
 * The version that names an object for good. The current "null" version names nothing: it is how unversioned buckets answer, and in a
 * suspended one the next PUT replaces what it names. Key, ETag and size identify such an object, If-Match guards its download.
 */
function identifyingVersion({ versionId, isLatest }: WireEntry): string | null {
  if (versionId === undefined || versionId === '') return null;
  return versionId === 'null' && isLatest !== 'false' ? null : versionId;
}

function readSize({ size }: WireEntry, key: string): number {
  const sizeBytes = size !== undefined && /^\d{1,16}$/.test(size) ? Number(size) : Number.NaN;
  if (sizeBytes <= ABSURD_SIZE_BYTES) return sizeBytes;
  throw new AppError('VAULT_BAD_ANSWER', `${JSON.stringify(key)} is listed with a size of ${size?.slice(0, 40)}`);
}

/** RFC 3339 as S3 writes it; Date.parse alone would take nearly anything. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** RFC 3339 has four digits for the year, and an offset could lead out of the last one. */
const LATEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * null for a text that is no time since 1970. It speaks of this object alone: a server that lost the time of one writes its zero (year 1), or a
 * number that overflowed, in whatever words; that is no reason to mirror none of the others. An entry that lacks the element is another thing: no S3
 * leaves it out, so whatever answered is none, and the rest of its listing means as little.
 */
function readTime({ lastModified }: WireEntry, key: string): number | null {
  if (lastModified === undefined) {
    throw new AppError('VAULT_BAD_ANSWER', `${JSON.stringify(key)} is listed without a time`);
  }
  const ms = TIME.test(lastModified) ? Date.parse(lastModified) : Number.NaN;
  return ms >= 0 && ms <= LATEST_MS ? ms : null;
}

/** The usual one as a constant: a listing of 100,000 objects then holds it once. */
function storageClass(value: string | undefined): string | null {
  if (value === undefined || value === '') return null;
  return value === 'STANDARD' ? 'STANDARD' : value;
}
