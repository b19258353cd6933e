import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import {
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
} from '@aws-sdk/client-s3';
import type { ListedObject } from '../core/archive.ts';
import { decodeListingKey } from '../core/decode-listing-key.ts';
import { AppError } from '../core/errors.ts';
import { compareKeys } from '../core/key-order.ts';
import { freeChunks } from './free-chunks.ts';
import { readListedObject } from './listed-object.ts';
import { parseListing, type WireEntry, type WireListing } from './parse-listing.ts';
import { parseHttpDateMs } from './parse-retry-after.ts';
import type { S3Answer } from './s3-answer.ts';
import type { S3Connection } from './s3-client.ts';
import type { ListingKind, ListingPage, UntimedObject } from './vault-reader.ts';

export interface PageRequest {
  readonly bucket: string;
  readonly prefix: string;
  readonly startAfter: string | undefined;
  readonly pageSize: number;
  readonly signal: AbortSignal;
}

/** A page, and the number of entries that it had on the wire (delete markers too). */
export interface RawPage extends ListingPage {
  readonly entries: number;
}

/** Pages without a single entry that a server may send in a row before it counts as stuck. */
const MAX_EMPTY_PAGES = 100;

/**
 * The pages of one listing, each asked for when the one before has been used. Throws VAULT_BAD_ANSWER for pages that contradict
 * themselves: truncated without a token, a token or a page that was there before, entries without key, size, time or ETag.
 */
export async function* listPages(
  connection: S3Connection,
  kind: ListingKind,
  request: PageRequest,
): AsyncGenerator<RawPage, void, void> {
  const checkProgress = createProgressCheck();
  let from: PageStart | null = null;
  do {
    const answer: S3Answer = await (kind === 'versions' ? askVersions : askObjects)(connection, request, from);
    const { page, next, first }: ReadPage = readPage(answer, kind, request);
    checkProgress(page, next, first);
    yield page;
    from = next;
  } while (from !== null);
}

/** Where the next page begins: a ContinuationToken, or a key with its version. */
interface PageStart {
  readonly token: string;
  readonly versionId: string | undefined;
}

async function askObjects(connection: S3Connection, request: PageRequest, from: PageStart | null): Promise<S3Answer> {
  const input = {
    ...commonInput(request),
    ...(from === null ? {} : { ContinuationToken: from.token }),
    ...(from !== null || request.startAfter === undefined ? {} : { StartAfter: request.startAfter }),
  };
  const { answer } = await connection.send(
    (client, abortSignal): Promise<ListObjectsV2CommandOutput> =>
      client.send(new ListObjectsV2Command(input), { abortSignal }),
    request.signal,
  );
  return answer;
}

async function askVersions(connection: S3Connection, request: PageRequest, from: PageStart | null): Promise<S3Answer> {
  const input = {
    ...commonInput(request),
    ...(from === null ? {} : { KeyMarker: from.token, VersionIdMarker: from.versionId }),
    ...(from !== null || request.startAfter === undefined ? {} : { KeyMarker: request.startAfter }),
  };
  const { answer } = await connection.send(
    (client, abortSignal): Promise<ListObjectVersionsCommandOutput> =>
      client.send(new ListObjectVersionsCommand(input), { abortSignal }),
    request.signal,
  );
  return answer;
}

const commonInput = ({ bucket, prefix, pageSize }: PageRequest) =>
  ({ Bucket: bucket, Prefix: prefix, EncodingType: 'url', MaxKeys: pageSize }) as const;

interface ReadPage {
  readonly page: RawPage;
  readonly next: PageStart | null;
  /** The first entry as it is on the wire. */
  readonly first: WireEntry | undefined;
}

function readPage({ document, headers }: S3Answer, kind: ListingKind, request: PageRequest): ReadPage {
  if (document === null) throw new AppError('INTERNAL', 'the S3 client kept the listing');
  const listing = parseListing(document, kind === 'versions' ? 'ListVersionsResult' : 'ListBucketResult');
  const decode = keyDecoder(listing, document);
  const objects: (ListedObject | UntimedObject)[] = [];
  const deletedKeys: string[] = [];
  const undecodableKeys: string[] = [];
  let lastMarker: string | null = null;
  for (const entry of listing.entries) {
    if (entry.key === undefined || entry.key === '')
      throw new AppError('VAULT_BAD_ANSWER', 'a listing entry without a key');
    const key = decode(entry.key);
    if (entry.isDeleteMarker) {
      lastMarker = key ?? lastMarker;
      if (entry.isLatest === 'true' && key !== null) deletedKeys.push(key);
    } else if (key === null) {
      undecodableKeys.push(listing.encoded ? entry.key : encodeURIComponent(entry.key));
    } else if (!key.startsWith(request.prefix)) {
      throw new AppError(
        'VAULT_BAD_ANSWER',
        `a listing of ${JSON.stringify(request.prefix)} shows ${JSON.stringify(key)}`,
      );
    } else if (request.startAfter === undefined || compareKeys(key, request.startAfter) > 0) {
      // radosgw's key-marker brings the key itself once more.
      objects.push(readListedObject(entry, key));
    }
  }
  const next =
    kind === 'versions'
      ? nextVersions(listing, decode, objects.at(-1))
      : nextStart(listing, listing.nextToken, undefined);
  freeChunks([document]);
  const page = {
    objects,
    deletedKeys,
    lastKey: greaterKey(objects.at(-1)?.key ?? null, lastMarker),
    undecodableKeys,
    serverDateMs: parseHttpDateMs(headers.date),
    entries: listing.entries.length,
  };
  return { page, next, first: listing.entries[0] };
}

/** Some servers name all objects of a page first and the delete markers after them. */
function greaterKey(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return compareKeys(a, b) > 0 ? a : b;
}

type KeyDecoder = (key: string) => string | null;

/** A server without encoding-type sends bytes; what U+FFFD stands for in a document that is no UTF-8 is lost. */
function keyDecoder(listing: WireListing, document: Buffer): KeyDecoder {
  if (listing.encoded) return decodeListingKey;
  const faithful = isUtf8(document);
  return (key) => (faithful || !key.includes('\uFFFD') ? key : null);
}

function nextVersions(
  listing: WireListing,
  decode: KeyDecoder,
  last: ListingPage['objects'][number] | undefined,
): PageStart | null {
  const marker = listing.nextKeyMarker === undefined ? undefined : decodeMarker(listing, listing.nextKeyMarker, decode);
  // A marker that is no UTF-8 cannot be sent back; the last key that can brings the few after it once more.
  return marker === null && last !== undefined
    ? nextStart(listing, last.key, last.versionId ?? 'null')
    : nextStart(listing, marker ?? undefined, listing.nextVersionId);
}

/**
 * The key to go on from, null when it cannot be sent back. It should be encoded like the other keys, but radosgw 16 leaves it as it is:
 * decoding that would jump over whatever lies between `a%2Bb` and `a+b`. The last key of the page, which it repeats, tells which it is.
 */
function decodeMarker(listing: WireListing, marker: string, decode: KeyDecoder): string | null {
  const lastKey = listing.entries.at(-1)?.key;
  const unencoded = lastKey !== undefined && lastKey !== marker && decode(lastKey) === marker;
  return unencoded ? marker : decode(marker);
}

function nextStart(listing: WireListing, token: string | undefined, versionId: string | undefined): PageStart | null {
  if (!listing.truncated) return null;
  if (token === undefined || token === '') {
    throw new AppError('VAULT_BAD_ANSWER', 'a listing that says more follows but not from where');
  }
  return { token, versionId };
}

/** Throws when a server goes round in circles. Remembers a few bytes a page, not the pages. */
function createProgressCheck(): (page: RawPage, next: PageStart | null, first: WireEntry | undefined) => void {
  const seen = new Set<string>();
  let emptyPages = 0;
  const once = (kind: string, value: string): void => {
    const mark = createHash('sha1').update(`${kind}\n${value}`).digest('base64').slice(0, 16);
    if (seen.has(mark)) {
      throw new AppError('VAULT_BAD_ANSWER', `a listing that goes round in circles (the same ${kind} twice)`);
    }
    seen.add(mark);
  };
  return (page, next, first) => {
    if (next !== null) once('token', `${next.token}\n${next.versionId}`);
    if (first !== undefined) once('page', `${first.key}\n${first.versionId}`);
    emptyPages = page.entries === 0 ? emptyPages + 1 : 0;
    if (emptyPages > MAX_EMPTY_PAGES) {
      throw new AppError('VAULT_BAD_ANSWER', `a listing of ${emptyPages} empty pages that never ends`);
    }
  };
}
