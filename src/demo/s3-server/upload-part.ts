import { parseRange } from './byte-range.ts';
import type { Answer, Call } from './call.ts';
import { checksumElement, checksumHeader } from './checksums.ts';
import { type Content, sliceContent } from './content.ts';
import { findCopySource } from './copy-source.ts';
import { findUpload } from './create-multipart.ts';
import type { MultipartUpload, UploadedPart } from './multipart-upload.ts';
import { digestRange } from './object-version.ts';
import { declaredAlgorithm } from './request-body.ts';
import { S3Error } from './s3-error.ts';
import { xmlDocument } from './xml.ts';

/** UploadPart. A part of an upload with a declared algorithm carries that one; a part of one without carries none. */
export async function uploadPart(call: Call): Promise<Answer> {
  await call.requirePut(false);
  const upload = findUpload(call);
  const partNumber = parsePartNumber(call);
  const declared = declaredAlgorithm(call.headers);
  const expected = upload.isDeclared ? upload.algorithm : null;
  if (declared !== expected && (declared !== null || upload.type === 'COMPOSITE')) {
    throw new S3Error('InvalidRequest', {
      message: `Checksum Type mismatch occurred, expected checksum Type: ${expected?.toLowerCase() ?? 'null'}, actual checksum Type: ${declared?.toLowerCase() ?? 'null'}`,
    });
  }
  const received = await call.body.receive(upload.algorithm);
  const part = { partNumber, content: received.content, etag: received.md5, checksum: received.checksum.value };
  keepPart(call, upload, part);
  const checksum: Record<string, string> = upload.isDeclared
    ? { [checksumHeader(upload.algorithm)]: part.checksum }
    : {};
  return { status: 200, headers: { ETag: `"${part.etag}"`, ...checksum } };
}

/** UploadPartCopy: bytes of an existing version become a part without travelling. */
export async function uploadPartCopy(call: Call): Promise<Answer> {
  await call.requirePut(false);
  const upload = findUpload(call);
  const partNumber = parsePartNumber(call);
  const source = await findCopySource(call);
  const content = copiedRange(source.version.content, call.headers.get('x-amz-copy-source-range'));
  call.store.blobs.retain(content);
  const { md5, checksum } = await digestRange(content, 0, content.sizeBytes, upload.algorithm);
  const part = { partNumber, content, etag: md5, checksum: checksum ?? '' };
  const kept = keepPart(call, upload, part);
  const shown = source.bucket.shownId(source.version);
  const xml = xmlDocument('CopyPartResult', {
    LastModified: new Date(kept.lastModifiedMs).toISOString(),
    ETag: `"${part.etag}"`,
    [checksumElement(upload.algorithm)]: upload.isDeclared ? part.checksum : null,
  });
  return { status: 200, xml, ...(shown === null ? {} : { headers: { 'x-amz-copy-source-version-id': shown } }) };
}

/** Takes over the hold on the content; an earlier part of that number is forgotten. */
function keepPart(call: Call, upload: MultipartUpload, fields: Omit<UploadedPart, 'lastModifiedMs'>): UploadedPart {
  const { blobs } = call.store;
  if (call.bucket.uploads.get(upload.uploadId) !== upload) {
    blobs.release(fields.content);
    throw new S3Error('NoSuchUpload');
  }
  const earlier = upload.parts.get(fields.partNumber);
  const part = { ...fields, lastModifiedMs: call.clock.now() };
  upload.parts.set(part.partNumber, part);
  if (earlier !== undefined) blobs.release(earlier.content);
  return part;
}

function parsePartNumber(call: Call): number {
  const text = call.query.get('partNumber') ?? '';
  if (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 10_000) return Number(text);
  throw new S3Error('InvalidArgument', {
    message: 'Part number must be an integer between 1 and 10000, inclusive',
    details: { ArgumentName: 'partNumber', ArgumentValue: text },
  });
}

/** Unlike GET, a copy refuses a range that is not wholly inside the source. */
function copiedRange(content: Content, header: string | undefined): Content {
  if (header === undefined) return content;
  const last = /^bytes=\d+-(\d+)$/.exec(header)?.[1];
  if (last === undefined || Number(last) >= content.sizeBytes) throw invalidRange(header, content.sizeBytes);
  const span = parseRange(header, content.sizeBytes);
  if (span === null) throw invalidRange(header, content.sizeBytes);
  return sliceContent(content, span.start, span.end);
}

function invalidRange(header: string, sizeBytes: number): S3Error {
  return new S3Error('InvalidArgument', {
    message: `Range specified is not valid for source object of size: ${sizeBytes}`,
    details: { ArgumentName: 'x-amz-copy-source-range', ArgumentValue: header },
  });
}
