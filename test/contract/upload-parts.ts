import { createHash } from 'node:crypto';
import {
  type ChecksumAlgorithm,
  type ChecksumType,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandOutput,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

export interface PartsToUpload {
  readonly Bucket: string;
  readonly Key: string;
  readonly bodies: readonly Uint8Array[];
  readonly algorithm?: ChecksumAlgorithm;
  readonly type?: ChecksumType;
}

/** Uploads an object in the given parts, with a checksum for each (CRC32 by default). */
export async function uploadParts(s3: S3Client, upload: PartsToUpload): Promise<CompleteMultipartUploadCommandOutput> {
  const { Bucket, Key, bodies, algorithm = 'CRC32' } = upload;
  const created = await s3.send(
    new CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm: algorithm, ChecksumType: upload.type }),
  );
  const { UploadId } = created;
  const Parts = [];
  for (const [index, Body] of bodies.entries()) {
    const PartNumber = index + 1;
    const part = await s3.send(
      new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ChecksumAlgorithm: algorithm }),
    );
    const { ETag, ChecksumCRC32, ChecksumCRC32C, ChecksumCRC64NVME, ChecksumSHA1, ChecksumSHA256 } = part;
    Parts.push({ PartNumber, ETag, ChecksumCRC32, ChecksumCRC32C, ChecksumCRC64NVME, ChecksumSHA1, ChecksumSHA256 });
  }
  return s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }));
}

/** Bytes that differ from part to part and within a part. */
export function patterned(sizeBytes: number, seed: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0; at < sizeBytes; at += 1) bytes[at] = (at * seed + (at >>> 8)) & 0xff;
  return bytes;
}

export function multipartEtag(bodies: readonly Uint8Array[]): string {
  const whole = createHash('md5');
  for (const body of bodies) whole.update(createHash('md5').update(body).digest());
  return `${whole.digest('hex')}-${bodies.length}`;
}
