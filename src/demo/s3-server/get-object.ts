import { parseRange, type Span } from './byte-range.ts';
import type { Answer, Call } from './call.ts';
import { checksumHeader } from './checksums.ts';
import { conditionsOf, readCondition } from './conditions.ts';
import { checksumHeaders, versionHeaders } from './object-headers.ts';
import { type Digests, type ObjectVersion, settle } from './object-version.ts';
import { S3Error } from './s3-error.ts';

/** GetObject and HeadObject: the same answer, with and without its body. */
export async function getObject(call: Call): Promise<Answer> {
  await call.require(call.versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion');
  const version = await findVersion(call);
  const digests = await settle(version);
  const shown = call.bucket.shownId(version);
  const headers = versionHeaders(version, shown, digests.etag);

  const condition = readCondition(conditionsOf(call.headers, ''), digests.etag, version.lastModifiedMs);
  if (condition === 'failed') throw new S3Error('PreconditionFailed');
  if (condition === 'not-modified') {
    const { ETag = '', 'Last-Modified': lastModified = '' } = headers;
    return { status: 304, headers: { ETag, 'Last-Modified': lastModified } };
  }
  if (call.method === 'GET') requireReadable(version);

  const { sizeBytes } = version.content;
  const part = parsePartNumber(call.query.get('partNumber'));
  const span = part === null ? parseRange(call.headers.get('range'), sizeBytes) : partSpan(version, digests, part);
  const { start, end } = span ?? { start: 0, end: sizeBytes };
  headers['Content-Length'] = String(end - start);
  if (span !== null) headers['Content-Range'] = `bytes ${start}-${Math.max(end - 1, 0)}/${sizeBytes}`;
  if (digests.parts !== null && part !== null) headers['x-amz-mp-parts-count'] = String(digests.parts.length);
  if (call.headers.get('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED') {
    Object.assign(headers, part === null ? wholeChecksum(digests, span) : partChecksum(digests, part));
  }
  return { status: span === null ? 200 : 206, headers, object: { content: version.content, start, end } };
}

/** The version that a request names, or the current one; throws what S3 answers when there is none. */
export async function findVersion(call: Call): Promise<ObjectVersion> {
  const { bucket, key, versionId } = call;
  if (versionId === undefined) {
    const newest = bucket.newest(key);
    if (newest === undefined) throw await call.missing('NoSuchKey');
    if (newest.isDeleteMarker) {
      throw await call.missing('NoSuchKey', {
        'x-amz-delete-marker': 'true',
        'x-amz-version-id': bucket.shownId(newest) ?? 'null',
      });
    }
    return newest;
  }
  const version = bucket.version(key, versionId);
  if (version === undefined) throw await call.missing('NoSuchVersion');
  if (version.isDeleteMarker) {
    throw new S3Error('MethodNotAllowed', {
      details: { Method: call.method, ResourceType: 'DeleteMarker' },
      headers: {
        Allow: 'DELETE',
        'Last-Modified': new Date(version.lastModifiedMs).toUTCString(),
        'x-amz-delete-marker': 'true',
        'x-amz-version-id': versionId,
      },
    });
  }
  return version;
}

/** Objects in archive classes can be looked at but not read before somebody pays for their restoration. */
export function requireReadable(version: ObjectVersion): void {
  if (version.storageClass !== 'GLACIER' && version.storageClass !== 'DEEP_ARCHIVE') return;
  throw new S3Error('InvalidObjectState', { details: { StorageClass: version.storageClass } });
}

function parsePartNumber(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^\d{1,5}$/.test(text) || Number(text) < 1 || Number(text) > 10_000) {
    throw new S3Error('InvalidArgument', {
      message: 'Part number must be an integer between 1 and 10000, inclusive',
    });
  }
  return Number(text);
}

/** An object that was not uploaded in parts has one: itself. */
function partSpan(version: ObjectVersion, digests: Digests, partNumber: number): Span {
  let start = 0;
  const parts = digests.parts ?? [{ partNumber: 1, sizeBytes: version.content.sizeBytes }];
  for (const [index, part] of parts.entries()) {
    // S3 counts the parts of the finished object from 1, whatever numbers they were uploaded under.
    if (index + 1 === partNumber) return { start, end: start + part.sizeBytes };
    start += part.sizeBytes;
  }
  throw new S3Error('InvalidPartNumber', {
    details: { PartNumberRequested: String(partNumber), ActualPartCount: String(parts.length) },
  });
}

function wholeChecksum(digests: Digests, span: Span | null): Record<string, string> {
  return span === null ? checksumHeaders(digests) : {};
}

function partChecksum(digests: Digests, partNumber: number): Record<string, string> {
  if (digests.parts === null || digests.checksum === null) return checksumHeaders(digests);
  const value = digests.parts[partNumber - 1]?.checksum;
  if (value === null || value === undefined || digests.checksum.type !== 'COMPOSITE') return {};
  return { [checksumHeader(digests.checksum.algorithm)]: value, 'x-amz-checksum-type': 'COMPOSITE' };
}
