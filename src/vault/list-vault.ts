import { createHash } from 'node:crypto';
import {
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
} from '@aws-sdk/client-s3';
import type { ListedObject } from '../core/archive.ts';
import { AppError } from '../core/errors.ts';
import { compareKeys } from '../core/key-order.ts';
import { decodeListingKey } from './decode-listing-key.ts';
import { unquoteEtag } from './object-facts.ts';
import { parseHttpDateMs } from './parse-retry-after.ts';
import type { S3Answer } from './s3-answer.ts';
import type { S3Connection } from './s3-client.ts';
import type { ListingKind, ListingPage } from './vault-reader.ts';

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
  const progress = createProgressCheck();
  let from: PageStart | null = null;
  do {
    const page: FetchedPage =
      kind === 'versions'
        ? await versionsPage(connection, request, from)
        : await objectsPage(connection, request, from);
    progress(page);
    yield page.page;
    from = page.next;
  } while (from !== null);
}

/** Where the next page begins: a ContinuationToken, or a key with its version. */
interface PageStart {
  readonly token: string;
  readonly versionId: string | undefined;
}

interface FetchedPage {
  readonly page: RawPage;
  readonly next: PageStart | null;
  /** As on the wire. */
  readonly firstEntry: string | null;
}

async function objectsPage(
  connection: S3Connection,
  request: PageRequest,
  from: PageStart | null,
): Promise<FetchedPage> {
  const { output, answer } = await connection.send(
    (client, abortSignal): Promise<ListObjectsV2CommandOutput> =>
      client.send(
        new ListObjectsV2Command({
          Bucket: request.bucket,
          Prefix: request.prefix,
          EncodingType: 'url',
          MaxKeys: request.pageSize,
          ...(from === null ? {} : { ContinuationToken: from.token }),
          ...(from !== null || request.startAfter === undefined ? {} : { StartAfter: request.startAfter }),
        }),
        { abortSignal },
      ),
    request.signal,
  );
  const entries = output.Contents ?? [];
  const page = readEntries(entries, request, output.EncodingType === 'url', answer);
  return {
    page,
    next: nextStart(output.IsTruncated, output.NextContinuationToken, undefined),
    firstEntry: entries[0]?.Key ?? null,
  };
}

async function versionsPage(
  connection: S3Connection,
  request: PageRequest,
  from: PageStart | null,
): Promise<FetchedPage> {
  const { output, answer } = await connection.send(
    (client, abortSignal): Promise<ListObjectVersionsCommandOutput> =>
      client.send(
        new ListObjectVersionsCommand({
          Bucket: request.bucket,
          Prefix: request.prefix,
          EncodingType: 'url',
          MaxKeys: request.pageSize,
          ...(from === null ? {} : { KeyMarker: from.token, VersionIdMarker: from.versionId }),
          ...(from !== null || request.startAfter === undefined ? {} : { KeyMarker: request.startAfter }),
        }),
        { abortSignal },
      ),
    request.signal,
  );
  const versions = output.Versions ?? [];
  const markers = output.DeleteMarkers ?? [];
  const encoded = output.EncodingType === 'url';
  const page = readEntries(versions, request, encoded, answer);
  const first = versions[0] ?? markers[0];
  const last = page.objects.at(-1);
  const marker = nextKeyMarker(output.NextKeyMarker, [versions.at(-1)?.Key, markers.at(-1)?.Key], encoded, answer);
  // A marker that is no UTF-8 cannot be sent back; the last key that can brings the few after it once more.
  const next =
    marker === null && last !== undefined
      ? nextStart(output.IsTruncated, last.key, last.versionId ?? 'null')
      : nextStart(output.IsTruncated, marker ?? undefined, output.NextVersionIdMarker);
  return {
    page: { ...page, entries: versions.length + markers.length },
    next,
    firstEntry: first === undefined ? null : `${first.Key}\n${first.VersionId}`,
  };
}

/**
 * The key to go on from, null when it cannot be sent back. It should be encoded like the other keys, but radosgw 16 leaves it as it is:
 * decoding that would jump over whatever lies between `a%2Bb` and `a+b`. The last key of the page, which it repeats, tells which it is.
 */
function nextKeyMarker(
  marker: string | undefined,
  lastKeys: readonly (string | undefined)[],
  encoded: boolean,
  answer: S3Answer,
): string | null | undefined {
  if (marker === undefined || !encoded) return marker === undefined ? undefined : rawKey(marker, answer);
  const repeatsRaw = lastKeys.some((key) => key !== undefined && key !== marker && decodeListingKey(key) === marker);
  return repeatsRaw ? rawKey(marker, answer) : decodeListingKey(marker);
}

function nextStart(
  truncated: boolean | undefined,
  token: string | undefined,
  versionId: string | undefined,
): PageStart | null {
  if (truncated === undefined)
    throw new AppError('VAULT_BAD_ANSWER', 'a listing that does not say whether more follows');
  if (!truncated) return null;
  if (token === undefined || token === '')
    throw new AppError('VAULT_BAD_ANSWER', 'a listing that says more follows but not from where');
  return { token, versionId };
}

/** What both kinds of listing say about one object. */
interface WireEntry {
  readonly Key?: string | undefined;
  readonly ETag?: string | undefined;
  readonly Size?: number | undefined;
  readonly LastModified?: Date | undefined;
  readonly StorageClass?: string | undefined;
  readonly VersionId?: string | undefined;
  readonly IsLatest?: boolean | undefined;
}

function readEntries(entries: readonly WireEntry[], request: PageRequest, encoded: boolean, answer: S3Answer): RawPage {
  const objects: ListedObject[] = [];
  const undecodableKeys: string[] = [];
  for (const entry of entries) {
    if (entry.Key === undefined || entry.Key === '')
      throw new AppError('VAULT_BAD_ANSWER', 'a listing entry without a key');
    const key = encoded ? decodeListingKey(entry.Key) : rawKey(entry.Key, answer);
    if (key === null) {
      undecodableKeys.push(encoded ? entry.Key : encodeURIComponent(entry.Key));
    } else if (!key.startsWith(request.prefix)) {
      throw new AppError(
        'VAULT_BAD_ANSWER',
        `a listing of ${JSON.stringify(request.prefix)} shows ${JSON.stringify(key)}`,
      );
    } else if (request.startAfter === undefined || compareKeys(key, request.startAfter) > 0) {
      // radosgw's key-marker brings the key itself once more.
      objects.push(readEntry(entry, key));
    }
  }
  return { objects, undecodableKeys, serverDateMs: parseHttpDateMs(answer.headers.date), entries: entries.length };
}

/** A server without encoding-type sends bytes; what U+FFFD stands for in a document that was no UTF-8 is lost. */
function rawKey(key: string, answer: S3Answer): string | null {
  return !answer.validUtf8 && key.includes('\uFFFD') ? null : key;
}

/** More than any S3 stores (AWS: 50 TB). */
const ABSURD_SIZE_BYTES = 2 ** 50;

function readEntry(entry: WireEntry, key: string): ListedObject {
  const sizeBytes = entry.Size ?? -1;
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0 || sizeBytes > ABSURD_SIZE_BYTES) {
    throw new AppError('VAULT_BAD_ANSWER', `${JSON.stringify(key)} is listed with ${entry.Size} bytes`);
  }
  const lastModifiedMs = entry.LastModified?.getTime() ?? Number.NaN;
  if (!(lastModifiedMs >= 0))
    throw new AppError('VAULT_BAD_ANSWER', `${JSON.stringify(key)} is listed without a valid time`);
  return {
    key,
    versionId: identifyingVersion(entry),
    etag: unquoteEtag(entry.ETag),
    sizeBytes,
    lastModifiedMs,
    storageClass: entry.StorageClass ?? null,
  };
}

/**
 * The version that names an object for good. The current "null" version names nothing: it is how unversioned buckets answer, and in a
 * suspended one the next PUT replaces what it names. Key, ETag and size identify such an object, If-Match guards its download.
 */
function identifyingVersion({ VersionId, IsLatest }: WireEntry): string | null {
  if (VersionId === undefined || VersionId === '') return null;
  return VersionId === 'null' && IsLatest !== false ? null : VersionId;
}

/** Throws when a server goes round in circles. Remembers 12 bytes a page, not the pages. */
function createProgressCheck(): (page: FetchedPage) => void {
  const seen = new Set<string>();
  let emptyPages = 0;
  const once = (kind: string, value: string): void => {
    const mark = createHash('sha1').update(`${kind}\n${value}`).digest('base64').slice(0, 16);
    if (seen.has(mark))
      throw new AppError('VAULT_BAD_ANSWER', `a listing that goes round in circles (the same ${kind} twice)`);
    seen.add(mark);
  };
  return ({ page, next, firstEntry }) => {
    if (next !== null) once('token', `${next.token}\n${next.versionId}`);
    if (firstEntry !== null) once('page', firstEntry);
    emptyPages = page.entries === 0 ? emptyPages + 1 : 0;
    if (emptyPages > MAX_EMPTY_PAGES)
      throw new AppError('VAULT_BAD_ANSWER', `a listing of ${emptyPages} empty pages that never ends`);
  };
}
