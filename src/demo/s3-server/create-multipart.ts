import type { Answer, Call } from './call.ts';
import { allowsType, type ChecksumType, checksumAlgorithm } from './checksums.ts';
import { keyText } from './key-bytes.ts';
import type { MultipartUpload } from './multipart-upload.ts';
import { writeAttributes } from './object-headers.ts';
import { newId } from './object-store.ts';
import { requireLockBucket } from './put-object.ts';
import { S3Error } from './s3-error.ts';
import { xmlDocument } from './xml.ts';

/** CreateMultipartUpload. */
export async function createMultipartUpload(call: Call): Promise<Answer> {
  await call.requirePut(false);
  const { bucket, key, headers } = call;
  await call.body.text();
  const attributes = writeAttributes(headers, call.clock.now());
  if (attributes.retention !== null) {
    await call.require('s3:PutObjectRetention');
    requireLockBucket(bucket.lockEnabled);
  }
  const checksum = parseChecksum(headers);
  const upload: MultipartUpload = {
    ...attributes,
    uploadId: newId(),
    key,
    initiatedMs: call.clock.now(),
    algorithm: checksum?.algorithm ?? 'CRC64NVME',
    type: checksum?.type ?? 'FULL_OBJECT',
    isDeclared: checksum !== null,
    parts: new Map(),
  };
  bucket.uploads.set(upload.uploadId, upload);
  const answer: Record<string, string> =
    checksum === null ? {} : { 'x-amz-checksum-algorithm': checksum.algorithm, 'x-amz-checksum-type': checksum.type };
  const xml = xmlDocument('InitiateMultipartUploadResult', {
    Bucket: bucket.name,
    Key: keyText(key),
    UploadId: upload.uploadId,
  });
  return { status: 200, headers: answer, xml };
}

/** The upload that a request names; one of another key does not exist for it. */
export function findUpload(call: Call): MultipartUpload {
  const upload = call.bucket.uploads.get(call.query.get('uploadId') ?? '');
  if (upload === undefined || upload.key !== call.key) throw new S3Error('NoSuchUpload');
  return upload;
}

function parseChecksum(headers: ReadonlyMap<string, string>) {
  const name = headers.get('x-amz-checksum-algorithm');
  const wantedType = headers.get('x-amz-checksum-type');
  if (name === undefined) {
    if (wantedType === undefined) return null;
    throw new S3Error('InvalidRequest', {
      message: 'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
    });
  }
  const algorithm = checksumAlgorithm(name);
  if (algorithm === undefined) {
    throw new S3Error('InvalidRequest', {
      message:
        'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]',
    });
  }
  const type = checksumType(wantedType) ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  if (!allowsType(algorithm, type)) {
    throw new S3Error('InvalidRequest', {
      message: `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    });
  }
  return { algorithm, type };
}

export function checksumType(text: string | undefined): ChecksumType | null {
  if (text === undefined) return null;
  if (text === 'FULL_OBJECT' || text === 'COMPOSITE') return text;
  throw new S3Error('InvalidRequest', { message: 'Value for x-amz-checksum-type header is invalid.' });
}
