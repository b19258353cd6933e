import type { Bucket } from './bucket.ts';
import type { Answer, Call } from './call.ts';
import type { KeyBytes } from './key-bytes.ts';
import { afterMarker, walkKeys } from './key-pages.ts';
import { type ListParameters, listParameters } from './list-parameters.ts';
import { settle } from './object-version.ts';
import { S3Error } from './s3-error.ts';
import { type XmlFields, xmlDocument } from './xml.ts';

interface Page {
  readonly contents: XmlFields[];
  readonly commonPrefixes: XmlFields[];
  readonly isTruncated: boolean;
  /** The last key or group shown. */
  readonly last: KeyBytes;
}

/** ListObjectsV2. */
export async function listObjectsV2(call: Call): Promise<Answer> {
  await call.require('s3:ListBucket');
  const { bucket, query } = call;
  if (query.get('list-type') !== '2') throw new S3Error('InvalidArgument', { message: 'Invalid List Type specified' });
  const parameters = listParameters(call);
  const token = query.get('continuation-token');
  const startAfter = query.get('start-after');
  const marker = token === undefined ? (startAfter ?? '') : decodeToken(token);
  const owner = query.get('fetch-owner') === 'true' ? call.owner : null;
  const page = await listPage(bucket, parameters, marker, owner);
  const xml = xmlDocument('ListBucketResult', {
    Name: bucket.name,
    Prefix: parameters.show(parameters.prefix),
    Delimiter: parameters.delimiter === '' ? null : parameters.show(parameters.delimiter),
    MaxKeys: parameters.maxKeys,
    KeyCount: page.contents.length + page.commonPrefixes.length,
    IsTruncated: page.isTruncated,
    ContinuationToken: token,
    NextContinuationToken: page.isTruncated ? encodeToken(page.last) : null,
    StartAfter: startAfter === undefined ? null : parameters.show(startAfter),
    EncodingType: parameters.encodingType,
    Contents: page.contents,
    CommonPrefixes: page.commonPrefixes,
  });
  return { status: 200, xml };
}

/** ListObjects, the first version, which s3cmd still speaks. */
export async function listObjectsV1(call: Call): Promise<Answer> {
  await call.require('s3:ListBucket');
  const parameters = listParameters(call);
  const marker = call.query.get('marker') ?? '';
  const page = await listPage(call.bucket, parameters, marker, call.owner);
  const xml = xmlDocument('ListBucketResult', {
    Name: call.bucket.name,
    Prefix: parameters.show(parameters.prefix),
    Marker: parameters.show(marker),
    NextMarker: page.isTruncated && parameters.delimiter !== '' ? parameters.show(page.last) : null,
    MaxKeys: parameters.maxKeys,
    Delimiter: parameters.delimiter === '' ? null : parameters.show(parameters.delimiter),
    IsTruncated: page.isTruncated,
    EncodingType: parameters.encodingType,
    Contents: page.contents,
    CommonPrefixes: page.commonPrefixes,
  });
  return { status: 200, xml };
}

async function listPage(
  bucket: Bucket,
  parameters: ListParameters,
  marker: KeyBytes,
  owner: XmlFields | null,
): Promise<Page> {
  const contents: Promise<XmlFields>[] = [];
  const commonPrefixes: XmlFields[] = [];
  let last = '';
  let isTruncated = false;
  if (parameters.maxKeys === 0) return { contents: [], commonPrefixes, isTruncated, last };
  const steps = walkKeys(bucket.keys, {
    prefix: parameters.prefix,
    delimiter: parameters.delimiter,
    from: afterMarker(marker, parameters.prefix, parameters.delimiter),
    after: true,
    isShown: (key) => bucket.current(key) !== undefined,
  });
  for (const step of steps) {
    if (contents.length + commonPrefixes.length === parameters.maxKeys) {
      isTruncated = true;
      break;
    }
    if ('key' in step) contents.push(entry(bucket, step.key, parameters, owner));
    else commonPrefixes.push({ Prefix: parameters.show(step.commonPrefix) });
    last = 'key' in step ? step.key : step.commonPrefix;
  }
  return { contents: await Promise.all(contents), commonPrefixes, isTruncated, last };
}

async function entry(
  bucket: Bucket,
  key: KeyBytes,
  parameters: ListParameters,
  owner: XmlFields | null,
): Promise<XmlFields> {
  const version = bucket.current(key);
  if (version === undefined) throw new S3Error('InternalError');
  const { lastModifiedMs, content, storageClass } = version;
  const { etag, checksum } = await settle(version);
  return {
    Key: parameters.show(key),
    LastModified: new Date(lastModifiedMs).toISOString(),
    ETag: `"${etag}"`,
    ChecksumAlgorithm: checksum?.algorithm,
    ChecksumType: checksum?.type,
    Size: content.sizeBytes,
    Owner: owner,
    StorageClass: storageClass,
  };
}

/** Tokens are opaque to clients; nobody should be tempted to send a key for one. */
function encodeToken(key: KeyBytes): string {
  return `1${Buffer.from(key, 'latin1').toString('base64url')}`;
}

function decodeToken(token: string): KeyBytes {
  const key = Buffer.from(token.slice(1), 'base64url').toString('latin1');
  if (encodeToken(key) === token) return key;
  throw new S3Error('InvalidArgument', { message: 'The continuation token provided is incorrect' });
}
