import type { Bucket } from './bucket.ts';
import type { Answer, Call } from './call.ts';
import type { KeyBytes } from './key-bytes.ts';
import { afterMarker, walkKeys } from './key-pages.ts';
import { type ListParameters, listParameters } from './list-parameters.ts';
import { type ObjectVersion, settle } from './object-version.ts';
import { S3Error } from './s3-error.ts';
import { type XmlFields, xmlDocument } from './xml.ts';

/** ListObjectVersions: keys in byte order, the versions of a key newest first, delete markers among them. */
export async function listObjectVersions(call: Call): Promise<Answer> {
  await call.require('s3:ListBucketVersions');
  const { bucket, query } = call;
  const parameters = listParameters(call);
  const keyMarker = query.get('key-marker') ?? '';
  const versionMarker = query.get('version-id-marker') ?? '';
  if (versionMarker !== '' && keyMarker === '') {
    throw new S3Error('InvalidArgument', {
      message: 'A version-id marker cannot be specified without a key marker.',
    });
  }
  const rest = versionMarker === '' ? [] : olderThan(bucket, keyMarker, versionMarker);
  const page = collect(bucket, parameters, keyMarker, rest);
  const shown = await Promise.all(
    page.versions.map(({ key, version }) => entry(call, bucket, parameters, key, version)),
  );
  const xml = xmlDocument('ListVersionsResult', {
    Name: bucket.name,
    Prefix: parameters.show(parameters.prefix),
    KeyMarker: parameters.show(keyMarker),
    VersionIdMarker: versionMarker,
    NextKeyMarker: page.isTruncated ? parameters.show(page.lastKey) : null,
    NextVersionIdMarker: page.isTruncated && page.lastVersion !== '' ? page.lastVersion : null,
    MaxKeys: parameters.maxKeys,
    Delimiter: parameters.delimiter === '' ? null : parameters.show(parameters.delimiter),
    IsTruncated: page.isTruncated,
    EncodingType: parameters.encodingType,
    Version: shown.filter((fields) => 'Size' in fields),
    DeleteMarker: shown.filter((fields) => !('Size' in fields)),
    CommonPrefixes: page.commonPrefixes,
  });
  return { status: 200, xml };
}

interface Page {
  readonly versions: { readonly key: KeyBytes; readonly version: ObjectVersion }[];
  readonly commonPrefixes: XmlFields[];
  isTruncated: boolean;
  lastKey: KeyBytes;
  lastVersion: string;
}

function collect(
  bucket: Bucket,
  parameters: ListParameters,
  keyMarker: KeyBytes,
  rest: readonly ObjectVersion[],
): Page {
  const page: Page = { versions: [], commonPrefixes: [], isTruncated: false, lastKey: '', lastVersion: '' };
  const isFull = () => page.versions.length + page.commonPrefixes.length >= parameters.maxKeys;
  const take = (key: KeyBytes, versions: readonly ObjectVersion[]): boolean => {
    for (const version of versions) {
      if (isFull()) return false;
      page.versions.push({ key, version });
      page.lastKey = key;
      page.lastVersion = version.versionId;
    }
    return true;
  };
  if (parameters.maxKeys === 0) return page;
  if (keyMarker.startsWith(parameters.prefix) && !take(keyMarker, rest)) page.isTruncated = true;
  if (page.isTruncated) return page;
  const steps = walkKeys(bucket.keys, {
    prefix: parameters.prefix,
    delimiter: parameters.delimiter,
    from: afterMarker(keyMarker, parameters.prefix, parameters.delimiter),
    after: true,
    isShown: () => true,
  });
  for (const step of steps) {
    if (isFull()) {
      page.isTruncated = true;
      break;
    }
    if ('commonPrefix' in step) {
      page.commonPrefixes.push({ Prefix: parameters.show(step.commonPrefix) });
      page.lastKey = step.commonPrefix;
      page.lastVersion = '';
    } else if (!take(step.key, bucket.versionsOf(step.key))) {
      page.isTruncated = true;
      break;
    }
  }
  return page;
}

function olderThan(bucket: Bucket, key: KeyBytes, versionId: string): readonly ObjectVersion[] {
  const versions = bucket.versionsOf(key);
  const at = versions.findIndex((version) => version.versionId === versionId);
  // A version that was deleted between two pages: nothing of its key is repeated, nothing of later keys is lost.
  return at === -1 ? [] : versions.slice(at + 1);
}

async function entry(
  call: Call,
  bucket: Bucket,
  parameters: ListParameters,
  key: KeyBytes,
  version: ObjectVersion,
): Promise<XmlFields> {
  const common = {
    Key: parameters.show(key),
    VersionId: version.versionId,
    IsLatest: bucket.newest(key) === version,
    LastModified: new Date(version.lastModifiedMs).toISOString(),
    Owner: call.owner,
  };
  if (version.isDeleteMarker) return common;
  const { etag, checksum } = await settle(version);
  return {
    ...common,
    ETag: `"${etag}"`,
    ChecksumAlgorithm: checksum?.algorithm,
    ChecksumType: checksum?.type,
    Size: version.content.sizeBytes,
    StorageClass: version.storageClass,
  };
}
