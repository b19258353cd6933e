import type { Bucket } from './bucket.ts';
import type { Call } from './call.ts';
import { conditionsOf, readCondition } from './conditions.ts';
import { requireReadable } from './get-object.ts';
import { decodeUriBytes, type KeyBytes, keyText } from './key-bytes.ts';
import { type Digests, type ObjectVersion, settle } from './object-version.ts';
import { S3Error } from './s3-error.ts';

export const COPY_SOURCE_HEADERS = [
  'x-amz-copy-source',
  'x-amz-copy-source-if-match',
  'x-amz-copy-source-if-none-match',
  'x-amz-copy-source-if-modified-since',
  'x-amz-copy-source-if-unmodified-since',
];

export interface CopySource {
  readonly bucket: Bucket;
  readonly key: KeyBytes;
  readonly version: ObjectVersion;
  readonly digests: Digests;
  /** Whether the request names a version, rather than "what is there now". */
  readonly isPinned: boolean;
}

/** The version that `x-amz-copy-source` names, if the user may read it and its conditions hold. */
export async function findCopySource(call: Call): Promise<CopySource> {
  const { bucketName, key, versionId } = parseCopySource(call.headers.get('x-amz-copy-source') ?? '');
  const conditions: Record<string, string> = versionId === undefined ? {} : { 's3:VersionId': versionId };
  const action = versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion';
  if (!(await call.mayIn(bucketName, action, key, conditions))) throw new S3Error('AccessDenied');
  const bucket = call.store.bucket(bucketName);
  const version = versionId === undefined ? bucket.current(key) : bucket.version(key, versionId);
  if (version === undefined) {
    if (!(await call.mayIn(bucketName, 's3:ListBucket', ''))) throw new S3Error('AccessDenied');
    throw new S3Error(versionId === undefined ? 'NoSuchKey' : 'NoSuchVersion', { details: { Key: keyText(key) } });
  }
  if (version.isDeleteMarker) {
    throw new S3Error('InvalidRequest', {
      message: 'The source of a copy request may not specifically refer to a delete marker by version id.',
    });
  }
  const digests = await settle(version);
  const held = readCondition(conditionsOf(call.headers, 'x-amz-copy-source-'), digests.etag, version.lastModifiedMs);
  if (held !== 'ok') throw new S3Error('PreconditionFailed', { details: { Condition: 'x-amz-copy-source-If-*' } });
  requireReadable(version);
  return { bucket, key, version, digests, isPinned: versionId !== undefined };
}

/** `/bucket/key?versionId=…`, percent-encoded, the first slash optional. */
function parseCopySource(header: string): { bucketName: string; key: KeyBytes; versionId: string | undefined } {
  const found = /^\/?([^/?]+)\/([^?]+)(?:\?versionId=([^&]+))?$/.exec(header);
  const key = decodeUriBytes(found?.[2] ?? '', false);
  if (found === null || found[1] === undefined || key === null || key === '') {
    throw new S3Error('InvalidArgument', {
      message: 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
      details: { ArgumentName: 'x-amz-copy-source', ArgumentValue: header },
    });
  }
  return { bucketName: found[1], key, versionId: found[3] };
}
