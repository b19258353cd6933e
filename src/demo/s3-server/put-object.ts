import type { Answer, Call } from './call.ts';
import { conditionalWrite } from './conditions.ts';
import { checksumHeaders, writeAttributes } from './object-headers.ts';
import { type Digests, wholeSecond } from './object-version.ts';
import { declaredAlgorithm } from './request-body.ts';
import { S3Error } from './s3-error.ts';

/** PutObject. Without a declared checksum the object gets CRC64NVME, as on S3. */
export async function putObject(call: Call): Promise<Answer> {
  await call.requirePut(true);
  const { bucket, key, headers } = call;
  const attributes = writeAttributes(headers, call.clock.now());
  if (attributes.retention !== null) {
    await call.require('s3:PutObjectRetention');
    requireLockBucket(bucket.lockEnabled);
  }
  const declared = declaredAlgorithm(headers);
  const { version, digests } = await conditionalWrite(bucket, key, headers, async () => {
    const received = await call.body.receive(declared ?? 'CRC64NVME');
    const digests: Digests = {
      etag: received.md5,
      checksum: { ...received.checksum, type: 'FULL_OBJECT' },
      parts: null,
    };
    return {
      commit: () => ({
        digests,
        version: bucket.put(key, {
          ...attributes,
          content: received.content,
          digests,
          lastModifiedMs: wholeSecond(call.clock.now()),
        }),
      }),
      abandon: () => call.store.blobs.release(received.content),
    };
  });
  const shown = bucket.shownId(version);
  const identity: Record<string, string> = shown === null ? {} : { 'x-amz-version-id': shown };
  return { status: 200, headers: { ETag: `"${digests.etag}"`, ...checksumHeaders(digests), ...identity } };
}

export function requireLockBucket(lockEnabled: boolean): void {
  if (lockEnabled) return;
  throw new S3Error('InvalidRequest', { message: 'Bucket is missing Object Lock Configuration' });
}
