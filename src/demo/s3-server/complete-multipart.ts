import { CHECKSUM_ALGORITHMS } from '../../core/archive.ts';
import type { Answer, Call } from './call.ts';
import { checksumElement, checksumHeader, type StoredChecksum } from './checksums.ts';
import { conditionalWrite } from './conditions.ts';
import { joinContents } from './content.ts';
import { checksumType, findUpload } from './create-multipart.ts';
import { keyText } from './key-bytes.ts';
import type { MultipartUpload, UploadedPart } from './multipart-upload.ts';
import { multipartChecksum, multipartEtag, wholeSecond } from './object-version.ts';
import { requireChecksumForm } from './request-body.ts';
import { S3Error } from './s3-error.ts';
import { childrenOf, childText, parseXml, type XmlElement, xmlDocument } from './xml.ts';

const MIN_PART_BYTES = 5 * 2 ** 20;
const PART_FIELDS = ['PartNumber', 'ETag', ...CHECKSUM_ALGORITHMS.map(checksumElement)];

/** CompleteMultipartUpload: the one moment at which the object appears, and the one at which its conditions count. */
export async function completeMultipartUpload(call: Call): Promise<Answer> {
  await call.requirePut(true);
  const { bucket, key, headers } = call;
  const upload = findUpload(call);
  const body = await call.body.text(false);
  const parts = chosenParts(upload, childrenOf(parseXml(body, 'CompleteMultipartUpload'), 'Part'));
  const checksum = await multipartChecksum(
    upload.algorithm,
    upload.type,
    parts.map((part) => ({ sizeBytes: part.content.sizeBytes, value: part.checksum })),
  );
  requireWhole(headers, upload, parts, checksum);
  const digests = {
    etag: multipartEtag(parts.map((part) => part.etag)),
    checksum,
    parts: parts.map(({ partNumber, content, checksum: value }) => ({
      partNumber,
      sizeBytes: content.sizeBytes,
      checksum: value,
    })),
  };
  const version = await conditionalWrite(bucket, key, headers, async () => ({
    abandon: () => undefined,
    commit: () => {
      // The body was awaited: another Complete or an Abort may have come first.
      if (!bucket.uploads.delete(upload.uploadId)) throw new S3Error('NoSuchUpload');
      const content = joinContents(parts.map((part) => part.content));
      call.store.blobs.retain(content);
      for (const part of upload.parts.values()) call.store.blobs.release(part.content);
      const { headers: kept, storageClass, retention } = upload;
      // "For multipart uploads, the object's creation date is the date of initiation" (UG, "Working with object metadata"): who begins
      // an upload today and completes it next week, back-dates it.
      const lastModifiedMs = wholeSecond(upload.initiatedMs);
      return bucket.put(key, { headers: kept, storageClass, retention, content, digests, lastModifiedMs });
    },
  }));
  const shown = bucket.shownId(version);
  const xml = xmlDocument('CompleteMultipartUploadResult', {
    Location: `/${bucket.name}/${keyText(key)}`,
    Bucket: bucket.name,
    Key: keyText(key),
    ETag: `"${digests.etag}"`,
    [checksumElement(checksum.algorithm)]: checksum.value,
    ChecksumType: checksum.type,
  });
  return { status: 200, xml, ...(shown === null ? {} : { headers: { 'x-amz-version-id': shown } }) };
}

function chosenParts(upload: MultipartUpload, listed: readonly XmlElement[]): UploadedPart[] {
  if (listed.length === 0 || listed.length > 10_000) throw new S3Error('MalformedXML');
  let previous = 0;
  const chosen = listed.map((element) => {
    const unknown = element.children.find((child) => !PART_FIELDS.includes(child.name));
    if (unknown !== undefined) throw new S3Error('NotImplemented', { details: { Element: unknown.name } });
    const partNumber = Number(childText(element, 'PartNumber'));
    if (!(partNumber > previous)) throw new S3Error('InvalidPartOrder', { details: { UploadId: upload.uploadId } });
    previous = partNumber;
    const part = upload.parts.get(partNumber);
    const etag = childText(element, 'ETag')?.replace(/^"(.*)"$/, '$1');
    if (part === undefined || part.etag !== etag) throw invalidPart(upload, partNumber);
    requirePartChecksum(upload, part, element);
    return part;
  });
  for (const part of chosen.slice(0, -1)) {
    if (part.content.sizeBytes >= MIN_PART_BYTES) continue;
    throw new S3Error('EntityTooSmall', {
      details: {
        ProposedSize: String(part.content.sizeBytes),
        MinSizeAllowed: String(MIN_PART_BYTES),
        PartNumber: String(part.partNumber),
        ETag: part.etag,
      },
    });
  }
  return chosen;
}

function requirePartChecksum(upload: MultipartUpload, part: UploadedPart, element: XmlElement): void {
  const given = CHECKSUM_ALGORITHMS.filter((algorithm) => childText(element, checksumElement(algorithm)) !== undefined);
  if (given.some((algorithm) => algorithm !== upload.algorithm)) throw invalidPart(upload, part.partNumber);
  const value = childText(element, checksumElement(upload.algorithm));
  if (value !== undefined && value !== part.checksum) throw invalidPart(upload, part.partNumber);
  if (value !== undefined || upload.type !== 'COMPOSITE') return;
  throw new S3Error('InvalidRequest', {
    message: `The upload was created using a ${upload.algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${part.partNumber} in the request.`,
  });
}

/** What the client says about the whole object: its checksum, the checksum's type, its size. */
function requireWhole(
  headers: ReadonlyMap<string, string>,
  upload: MultipartUpload,
  parts: readonly UploadedPart[],
  checksum: StoredChecksum,
): void {
  const type = checksumType(headers.get('x-amz-checksum-type'));
  if (type !== null && type !== upload.type) {
    throw new S3Error('InvalidRequest', {
      message: `The upload was created using the ${upload.type} checksum mode. The complete request must use the same checksum mode.`,
    });
  }
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const given = headers.get(checksumHeader(algorithm));
    if (given === undefined) continue;
    requireChecksumForm(algorithm, given.replace(/-\d+$/, ''));
    if (algorithm !== checksum.algorithm || given !== checksum.value) {
      throw new S3Error('BadDigest', {
        message: `The ${algorithm.toLowerCase()} you specified did not match the calculated checksum.`,
      });
    }
  }
  const size = headers.get('x-amz-mp-object-size');
  const actual = parts.reduce((sum, part) => sum + part.content.sizeBytes, 0);
  if (size === undefined || Number(size) === actual) return;
  throw new S3Error('InvalidRequest', {
    message: `The provided 'x-amz-mp-object-size' header value ${size} does not match what was computed: ${actual}`,
  });
}

function invalidPart(upload: MultipartUpload, partNumber: number): S3Error {
  return new S3Error('InvalidPart', { details: { UploadId: upload.uploadId, PartNumber: String(partNumber) } });
}
