import { CHECKSUM_ALGORITHMS } from '../../core/archive.ts';
import {
  createBucket,
  deleteBucket,
  getBucketLocation,
  getBucketVersioning,
  getObjectLockConfiguration,
  headBucket,
  listBuckets,
  putBucketVersioning,
  putObjectLockConfiguration,
} from './bucket-operations.ts';
import { deleteBucketPolicy, putBucketPolicy } from './bucket-policy.ts';
import type { Answer, Call } from './call.ts';
import { checksumHeader } from './checksums.ts';
import { completeMultipartUpload } from './complete-multipart.ts';
import { copyObject } from './copy-object.ts';
import { COPY_SOURCE_HEADERS } from './copy-source.ts';
import { createMultipartUpload } from './create-multipart.ts';
import { deleteObject, deleteObjects } from './delete-objects.ts';
import { getObject } from './get-object.ts';
import { listObjectsV1, listObjectsV2 } from './list-objects.ts';
import { abortMultipartUpload, listMultipartUploads, listParts } from './list-uploads.ts';
import { listObjectVersions } from './list-versions.ts';
import { getObjectAttributes } from './object-attributes.ts';
import { WRITE_HEADERS } from './object-headers.ts';
import { getObjectRetention, putObjectRetention } from './object-retention.ts';
import { putObject } from './put-object.ts';
import { REFUSED_OPERATIONS } from './refused-operations.ts';
import { uploadPart, uploadPartCopy } from './upload-part.ts';

export interface Operation {
  readonly name: string;
  readonly method: string;
  readonly on: 'service' | 'bucket' | 'object';
  /** Query parameters and headers whose presence selects this operation. */
  readonly selectedBy: readonly string[];
  /** Further query parameters it understands. All others are answered with 501. */
  readonly query: readonly string[];
  /** Headers it understands among those that ask S3 for something (`isGuarded`). All others are answered with 501. */
  readonly headers: readonly string[];
  /** Whether `x-amz-meta-*` is stored. */
  readonly takesMetadata: boolean;
  readonly run: (call: Call) => Promise<Answer>;
}

const CHECKSUMS = [...CHECKSUM_ALGORITHMS.map(checksumHeader), 'x-amz-sdk-checksum-algorithm', 'x-amz-trailer'];
const CONDITIONS = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'];
const READ = [...CONDITIONS, 'range', 'x-amz-checksum-mode'];
const WRITE_IF = ['if-match', 'if-none-match'];
const BYPASS = 'x-amz-bypass-governance-retention';

export const OPERATIONS: readonly Operation[] = [
  on('service', 'GET', 'ListBuckets', listBuckets),

  on('bucket', 'PUT', 'CreateBucket', createBucket, {
    headers: ['x-amz-acl', 'x-amz-bucket-object-lock-enabled', ...CHECKSUMS],
  }),
  on('bucket', 'DELETE', 'DeleteBucket', deleteBucket),
  on('bucket', 'HEAD', 'HeadBucket', headBucket),
  on('bucket', 'GET', 'GetBucketLocation', getBucketLocation, { selectedBy: ['location'] }),
  on('bucket', 'GET', 'GetBucketVersioning', getBucketVersioning, { selectedBy: ['versioning'] }),
  on('bucket', 'PUT', 'PutBucketVersioning', putBucketVersioning, { selectedBy: ['versioning'], headers: CHECKSUMS }),
  on('bucket', 'GET', 'GetObjectLockConfiguration', getObjectLockConfiguration, { selectedBy: ['object-lock'] }),
  on('bucket', 'PUT', 'PutObjectLockConfiguration', putObjectLockConfiguration, {
    selectedBy: ['object-lock'],
    headers: CHECKSUMS,
  }),
  on('bucket', 'PUT', 'PutBucketPolicy', putBucketPolicy, { selectedBy: ['policy'], headers: CHECKSUMS }),
  on('bucket', 'DELETE', 'DeleteBucketPolicy', deleteBucketPolicy, { selectedBy: ['policy'] }),
  on('bucket', 'GET', 'ListObjectsV2', listObjectsV2, {
    selectedBy: ['list-type'],
    query: ['prefix', 'delimiter', 'max-keys', 'start-after', 'continuation-token', 'encoding-type', 'fetch-owner'],
  }),
  on('bucket', 'GET', 'ListObjects', listObjectsV1, {
    query: ['prefix', 'delimiter', 'max-keys', 'marker', 'encoding-type'],
  }),
  on('bucket', 'GET', 'ListObjectVersions', listObjectVersions, {
    selectedBy: ['versions'],
    query: ['prefix', 'delimiter', 'max-keys', 'key-marker', 'version-id-marker', 'encoding-type'],
  }),
  on('bucket', 'GET', 'ListMultipartUploads', listMultipartUploads, {
    selectedBy: ['uploads'],
    query: ['prefix', 'max-uploads', 'key-marker', 'upload-id-marker', 'encoding-type'],
  }),
  on('bucket', 'POST', 'DeleteObjects', deleteObjects, { selectedBy: ['delete'], headers: [BYPASS, ...CHECKSUMS] }),

  on('object', 'PUT', 'PutObject', putObject, {
    headers: [...WRITE_HEADERS, ...WRITE_IF, ...CHECKSUMS],
    takesMetadata: true,
  }),
  on('object', 'PUT', 'CopyObject', copyObject, {
    selectedBy: ['x-amz-copy-source'],
    headers: [
      ...WRITE_HEADERS,
      ...WRITE_IF,
      ...COPY_SOURCE_HEADERS,
      'x-amz-metadata-directive',
      'x-amz-checksum-algorithm',
    ],
    takesMetadata: true,
  }),
  on('object', 'GET', 'GetObject', getObject, { query: ['versionId', 'partNumber'], headers: READ }),
  on('object', 'HEAD', 'HeadObject', getObject, { query: ['versionId', 'partNumber'], headers: READ }),
  on('object', 'GET', 'GetObjectAttributes', getObjectAttributes, {
    selectedBy: ['attributes'],
    query: ['versionId'],
    headers: ['x-amz-object-attributes', 'x-amz-max-parts', 'x-amz-part-number-marker'],
  }),
  on('object', 'DELETE', 'DeleteObject', deleteObject, { query: ['versionId'], headers: ['if-match', BYPASS] }),
  on('object', 'GET', 'GetObjectRetention', getObjectRetention, { selectedBy: ['retention'], query: ['versionId'] }),
  on('object', 'PUT', 'PutObjectRetention', putObjectRetention, {
    selectedBy: ['retention'],
    query: ['versionId'],
    headers: [BYPASS, ...CHECKSUMS],
  }),

  on('object', 'POST', 'CreateMultipartUpload', createMultipartUpload, {
    selectedBy: ['uploads'],
    headers: [...WRITE_HEADERS, 'x-amz-checksum-algorithm', 'x-amz-checksum-type'],
    takesMetadata: true,
  }),
  on('object', 'PUT', 'UploadPart', uploadPart, { selectedBy: ['partNumber', 'uploadId'], headers: CHECKSUMS }),
  on('object', 'PUT', 'UploadPartCopy', uploadPartCopy, {
    selectedBy: ['partNumber', 'uploadId', 'x-amz-copy-source'],
    headers: [...COPY_SOURCE_HEADERS, 'x-amz-copy-source-range'],
  }),
  on('object', 'POST', 'CompleteMultipartUpload', completeMultipartUpload, {
    selectedBy: ['uploadId'],
    headers: [...WRITE_IF, ...CHECKSUM_ALGORITHMS.map(checksumHeader), 'x-amz-checksum-type', 'x-amz-mp-object-size'],
  }),
  on('object', 'GET', 'ListParts', listParts, {
    selectedBy: ['uploadId'],
    query: ['max-parts', 'part-number-marker'],
  }),
  on('object', 'DELETE', 'AbortMultipartUpload', abortMultipartUpload, { selectedBy: ['uploadId'] }),

  ...REFUSED_OPERATIONS.map(({ on: resource, method, name, parameter, run }) =>
    on(resource, method, name, run, {
      selectedBy: [parameter],
      query: ['versionId'],
      headers: ['x-amz-acl', ...CHECKSUMS],
    }),
  ),
];

function on(
  resource: Operation['on'],
  method: string,
  name: string,
  run: Operation['run'],
  more: Partial<Pick<Operation, 'selectedBy' | 'query' | 'headers' | 'takesMetadata'>> = {},
): Operation {
  const { selectedBy = [], query = [], headers = [], takesMetadata = false } = more;
  return { on: resource, method, name, run, selectedBy, query, headers, takesMetadata };
}
