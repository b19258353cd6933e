import type { Answer, Call } from './call.ts';
import { checksumElement } from './checksums.ts';
import { findVersion } from './get-object.ts';
import { integerParameter } from './list-parameters.ts';
import { type Digests, settle } from './object-version.ts';
import { S3Error } from './s3-error.ts';
import { type XmlFields, xmlDocument } from './xml.ts';

const ATTRIBUTES = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'];

/** GetObjectAttributes. */
export async function getObjectAttributes(call: Call): Promise<Answer> {
  const isVersion = call.versionId !== undefined;
  await call.require(isVersion ? 's3:GetObjectVersion' : 's3:GetObject');
  await call.require(isVersion ? 's3:GetObjectVersionAttributes' : 's3:GetObjectAttributes');
  const wanted = (call.headers.get('x-amz-object-attributes') ?? '').split(',').map((name) => name.trim());
  if (!wanted.every((name) => ATTRIBUTES.includes(name))) {
    throw new S3Error('InvalidArgument', { message: 'Invalid attribute name specified.' });
  }
  const version = await findVersion(call);
  const digests = await settle(version);
  const shown = call.bucket.shownId(version);
  const headers: Record<string, string> = { 'Last-Modified': new Date(version.lastModifiedMs).toUTCString() };
  if (shown !== null) headers['x-amz-version-id'] = shown;
  const has = (name: string) => wanted.includes(name);
  const xml = xmlDocument('GetObjectAttributesResponse', {
    ETag: has('ETag') ? digests.etag : null,
    Checksum: has('Checksum') ? checksumFields(digests) : null,
    ObjectParts: has('ObjectParts') ? partFields(call, digests) : null,
    StorageClass: has('StorageClass') ? version.storageClass : null,
    ObjectSize: has('ObjectSize') ? version.content.sizeBytes : null,
  });
  return { status: 200, headers, xml };
}

function checksumFields(digests: Digests): XmlFields | null {
  if (digests.checksum === null) return null;
  const { algorithm, type, value } = digests.checksum;
  return { [checksumElement(algorithm)]: value.replace(/-\d+$/, ''), ChecksumType: type };
}

function partFields(call: Call, digests: Digests): XmlFields | null {
  if (digests.parts === null) return null;
  // Part by part only where parts have checksums of their own, as on S3.
  const listed = digests.checksum?.type === 'COMPOSITE' ? digests.parts : [];
  const marker = integerParameter(call.headers.get('x-amz-part-number-marker'), 0, 10_000);
  const max = integerParameter(call.headers.get('x-amz-max-parts'), 1000, 1000);
  const after = listed.filter((part) => part.partNumber > marker);
  const page = after.slice(0, max);
  const element = digests.checksum === null ? null : checksumElement(digests.checksum.algorithm);
  return {
    PartsCount: digests.parts.length,
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.partNumber ?? 0,
    MaxParts: max,
    IsTruncated: after.length > page.length,
    Part: page.map((part) => ({
      PartNumber: part.partNumber,
      Size: part.sizeBytes,
      ...(element === null ? {} : { [element]: part.checksum }),
    })),
  };
}
