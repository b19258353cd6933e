import type { Answer, Call } from './call.ts';
import { checksumAlgorithm, checksumElement } from './checksums.ts';
import { conditionalWrite } from './conditions.ts';
import { findCopySource } from './copy-source.ts';
import { writeAttributes } from './object-headers.ts';
import { digestRange, wholeSecond } from './object-version.ts';
import { requireLockBucket } from './put-object.ts';
import { S3Error } from './s3-error.ts';
import { xmlDocument } from './xml.ts';

const MAX_COPY_BYTES = 5 * 2 ** 30;

/**
 * CopyObject. The copy has a whole-object checksum of the source's algorithm, also where the source came in parts, and never
 * the source's retention.
 */
export async function copyObject(call: Call): Promise<Answer> {
  await call.requirePut(true);
  const { bucket, key, headers, store } = call;
  const directive = headers.get('x-amz-metadata-directive') ?? 'COPY';
  if (directive !== 'COPY' && directive !== 'REPLACE') {
    throw new S3Error('InvalidArgument', { message: 'Unknown metadata directive.' });
  }
  const attributes = writeAttributes(headers, call.clock.now());
  if (attributes.retention !== null) {
    await call.require('s3:PutObjectRetention');
    requireLockBucket(bucket.lockEnabled);
  }
  const source = await findCopySource(call);
  const { content } = source.version;
  if (content.sizeBytes > MAX_COPY_BYTES) {
    throw new S3Error('InvalidRequest', {
      message: `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_COPY_BYTES}`,
    });
  }
  const isSelf = source.bucket === bucket && source.key === key && !source.isPinned;
  if (isSelf && directive === 'COPY' && !headers.has('x-amz-storage-class')) {
    throw new S3Error('InvalidRequest', {
      message:
        "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    });
  }
  const requested = headers.get('x-amz-checksum-algorithm');
  const algorithm =
    requested === undefined ? (source.digests.checksum?.algorithm ?? 'CRC64NVME') : checksumAlgorithm(requested);
  if (algorithm === undefined) throw new S3Error('InvalidRequest', { message: 'Checksum algorithm is not valid.' });

  const { version, digests } = await conditionalWrite(bucket, key, headers, async () => {
    store.blobs.retain(content);
    const { md5, checksum } = await digestRange(content, 0, content.sizeBytes, algorithm);
    const digests = {
      etag: md5,
      checksum: { algorithm, type: 'FULL_OBJECT' as const, value: checksum ?? '' },
      parts: null,
    };
    return {
      commit: () => ({
        digests,
        version: bucket.put(key, {
          ...attributes,
          headers: directive === 'COPY' ? source.version.headers : attributes.headers,
          content,
          digests,
          lastModifiedMs: wholeSecond(call.clock.now()),
        }),
      }),
      abandon: () => store.blobs.release(content),
    };
  });
  const answer: Record<string, string> = {};
  const shown = bucket.shownId(version);
  if (shown !== null) answer['x-amz-version-id'] = shown;
  const sourceShown = source.bucket.shownId(source.version);
  if (sourceShown !== null) answer['x-amz-copy-source-version-id'] = sourceShown;
  const xml = xmlDocument('CopyObjectResult', {
    LastModified: new Date(version.lastModifiedMs).toISOString(),
    ETag: `"${digests.etag}"`,
    ChecksumType: digests.checksum.type,
    [checksumElement(algorithm)]: digests.checksum.value,
  });
  return { status: 200, headers: answer, xml };
}
