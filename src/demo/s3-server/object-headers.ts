import { checksumHeader } from './checksums.ts';
import { retentionOfHeaders } from './object-lock.ts';
import {
  type Digests,
  type ObjectHeaders,
  type ObjectVersion,
  type Retention,
  STORAGE_CLASSES,
  type StorageClass,
} from './object-version.ts';
import { S3Error } from './s3-error.ts';

const SYSTEM = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
];
const METADATA_PREFIX = 'x-amz-meta-';
const MAX_METADATA_BYTES = 2048;
const OWNER_ENFORCED_ACL = 'bucket-owner-full-control';

/** SSE-C: heard, because a policy may forbid it, and refused to everybody whom none does. */
const CUSTOMER_KEY = ['algorithm', 'key', 'key-md5'].map((part) => `x-amz-server-side-encryption-customer-${part}`);

/** Headers that every request that makes an object may carry, apart from the checksum's. */
export const WRITE_HEADERS = [
  'x-amz-acl',
  'x-amz-storage-class',
  'x-amz-object-lock-mode',
  'x-amz-object-lock-retain-until-date',
  ...CUSTOMER_KEY,
];

export interface WriteAttributes {
  readonly headers: ObjectHeaders;
  readonly storageClass: StorageClass;
  readonly retention: Retention | null;
}

/** What the headers of a write say about the object to be. */
export function writeAttributes(headers: ReadonlyMap<string, string>, nowMs: number): WriteAttributes {
  const acl = headers.get('x-amz-acl');
  // Every bucket here is "bucket owner enforced", the default of S3 since 2023.
  if (acl !== undefined && acl !== OWNER_ENFORCED_ACL) throw new S3Error('AccessControlListNotSupported');
  const sse = CUSTOMER_KEY.find((name) => headers.has(name));
  if (sse !== undefined) throw new S3Error('NotImplemented', { details: { Header: sse } });
  return {
    headers: objectHeaders(headers),
    storageClass: parseStorageClass(headers.get('x-amz-storage-class') ?? 'STANDARD'),
    retention: retentionOfHeaders(headers, nowMs),
  };
}

export function parseStorageClass(name: string): StorageClass {
  const known = STORAGE_CLASSES.find((candidate) => candidate === name);
  if (known === undefined) throw new S3Error('InvalidStorageClass', { details: { StorageClassRequested: name } });
  return known;
}

/** The headers of GET and HEAD for a version. `digests` null leaves out what a range does not carry: the checksum. */
export function versionHeaders(version: ObjectVersion, shownId: string | null, etag: string): Record<string, string> {
  const out: Record<string, string> = {
    'Accept-Ranges': 'bytes',
    'Last-Modified': new Date(version.lastModifiedMs).toUTCString(),
    ETag: `"${etag}"`,
    'Content-Type': 'binary/octet-stream',
  };
  for (const [name, value] of Object.entries(version.headers.system)) out[canonicalName(name)] = value;
  for (const [name, value] of Object.entries(version.headers.metadata)) out[METADATA_PREFIX + name] = value;
  if (shownId !== null) out['x-amz-version-id'] = shownId;
  if (version.storageClass !== 'STANDARD') out['x-amz-storage-class'] = version.storageClass;
  if (version.retention !== null) {
    out['x-amz-object-lock-mode'] = version.retention.mode;
    out['x-amz-object-lock-retain-until-date'] = new Date(version.retention.untilMs).toISOString();
  }
  return out;
}

export function checksumHeaders(digests: Digests): Record<string, string> {
  if (digests.checksum === null) return {};
  const { algorithm, type, value } = digests.checksum;
  return { [checksumHeader(algorithm)]: value, 'x-amz-checksum-type': type };
}

function objectHeaders(headers: ReadonlyMap<string, string>): ObjectHeaders {
  const system: Record<string, string> = {};
  const metadata: Record<string, string> = {};
  let metadataBytes = 0;
  for (const [name, value] of headers) {
    if (name.startsWith(METADATA_PREFIX)) {
      metadata[name.slice(METADATA_PREFIX.length)] = value;
      metadataBytes += name.length - METADATA_PREFIX.length + value.length;
    }
    if (SYSTEM.includes(name)) system[name] = value;
  }
  if (metadataBytes > MAX_METADATA_BYTES) throw new S3Error('MetadataTooLarge');
  const encoding = system['content-encoding']
    ?.split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== 'aws-chunked' && coding !== '');
  if (encoding !== undefined) {
    delete system['content-encoding'];
    if (encoding.length > 0) system['content-encoding'] = encoding.join(',');
  }
  return { system, metadata };
}

function canonicalName(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}
