import { GetObjectAttributesCommand, type GetObjectAttributesCommandOutput, type ObjectPart } from '@aws-sdk/client-s3';
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm, type ObjectRef } from '../core/archive.ts';
import { type AppError, isAppError } from '../core/errors.ts';
import type { ObjectParts } from '../core/proof-plan.ts';
import type { S3Connection } from './s3-client.ts';

export interface ObjectPartsRequest {
  readonly bucket: string;
  readonly ref: ObjectRef;
  readonly signal: AbortSignal;
}

const PART_FIELDS = {
  CRC64NVME: 'ChecksumCRC64NVME',
  CRC32C: 'ChecksumCRC32C',
  CRC32: 'ChecksumCRC32',
  SHA1: 'ChecksumSHA1',
  SHA256: 'ChecksumSHA256',
} as const satisfies Record<ChecksumAlgorithm, keyof ObjectPart>;

/** S3 takes no more parts in one upload; a server that lists more is not believed. */
const MAX_PARTS = 10_000;

/**
 * The parts of an upload, 1,000 a request; null when the key may not ask, the server cannot answer, or what it answers does not add up
 * to the object (AWS lists parts only where each was uploaded with a checksum).
 */
export async function fetchObjectParts(
  connection: S3Connection,
  { bucket, ref, signal }: ObjectPartsRequest,
  translate: (error: unknown) => AppError,
): Promise<ObjectParts | null> {
  const parts: ObjectPart[] = [];
  let marker: string | undefined;
  do {
    const output = await page(marker);
    const listed = output?.ObjectParts;
    if (listed?.Parts === undefined || listed.Parts.length === 0) return null;
    parts.push(...listed.Parts);
    if (parts.length > MAX_PARTS) return null;
    const next = listed.IsTruncated === true ? listed.NextPartNumberMarker : undefined;
    if (listed.IsTruncated === true && (next === undefined || next === marker)) return null;
    marker = next;
  } while (marker !== undefined);
  return addUp(parts, ref.sizeBytes);

  async function page(from: string | undefined): Promise<GetObjectAttributesCommandOutput | null> {
    try {
      const { output } = await connection.send(
        (client, abortSignal): Promise<GetObjectAttributesCommandOutput> =>
          client.send(
            new GetObjectAttributesCommand({
              Bucket: bucket,
              Key: ref.key,
              ObjectAttributes: ['ObjectParts'],
              MaxParts: 1000,
              ...(ref.versionId === null ? {} : { VersionId: ref.versionId }),
              ...(from === undefined ? {} : { PartNumberMarker: from }),
            }),
            { abortSignal },
          ),
        signal,
      );
      return output;
    } catch (error) {
      if (signal.aborted) throw error;
      const translated = translate(error);
      // A server without this subresource answers as to a plain GET, or refuses in its own way.
      if (isAppError(translated, 'OBJECT_DENIED', 'VAULT_DENIED', 'VAULT_UNSUPPORTED', 'VAULT_BAD_ANSWER')) return null;
      throw translated;
    }
  }
}

function addUp(parts: readonly ObjectPart[], sizeBytes: number): ObjectParts | null {
  const sizesBytes = parts.map((part) => part.Size ?? -1);
  const inOrder = parts.every(
    (part, index) =>
      part.PartNumber === undefined || index === 0 || part.PartNumber > (parts[index - 1]?.PartNumber ?? 0),
  );
  const sum = sizesBytes.reduce((total, size) => total + size, 0);
  if (!inOrder || sum !== sizeBytes || sizesBytes.some((size) => !Number.isSafeInteger(size) || size <= 0)) return null;
  const checksums: Partial<Record<ChecksumAlgorithm, readonly string[]>> = {};
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const values = parts.map((part) => part[PART_FIELDS[algorithm]]).filter((value) => value !== undefined);
    if (values.length === parts.length) checksums[algorithm] = values;
  }
  return { sizesBytes, checksums };
}
