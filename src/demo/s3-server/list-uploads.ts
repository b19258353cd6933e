import type { Answer, Call } from './call.ts';
import { checksumElement } from './checksums.ts';
import { findUpload } from './create-multipart.ts';
import { type KeyBytes, keyText } from './key-bytes.ts';
import { integerParameter, listParameters } from './list-parameters.ts';
import { S3Error } from './s3-error.ts';
import { xmlDocument } from './xml.ts';

/** AbortMultipartUpload. */
export async function abortMultipartUpload(call: Call): Promise<Answer> {
  await call.require('s3:AbortMultipartUpload');
  const upload = findUpload(call);
  call.bucket.uploads.delete(upload.uploadId);
  for (const part of upload.parts.values()) call.store.blobs.release(part.content);
  return { status: 204 };
}

/** ListParts. */
export async function listParts(call: Call): Promise<Answer> {
  await call.require('s3:ListMultipartUploadParts');
  const upload = findUpload(call);
  const marker = integerParameter(call.query.get('part-number-marker'), 0, 10_000);
  const max = integerParameter(call.query.get('max-parts'), 1000, 1000);
  const after = [...upload.parts.values()]
    .filter((part) => part.partNumber > marker)
    .sort((a, b) => a.partNumber - b.partNumber);
  const page = after.slice(0, max);
  const element = checksumElement(upload.algorithm);
  const xml = xmlDocument('ListPartsResult', {
    Bucket: call.bucket.name,
    Key: keyText(call.key),
    UploadId: upload.uploadId,
    Initiator: call.owner,
    Owner: call.owner,
    StorageClass: upload.storageClass,
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.partNumber ?? 0,
    MaxParts: max,
    IsTruncated: after.length > page.length,
    ChecksumAlgorithm: upload.isDeclared ? upload.algorithm : null,
    ChecksumType: upload.isDeclared ? upload.type : null,
    Part: page.map((part) => ({
      PartNumber: part.partNumber,
      LastModified: new Date(part.lastModifiedMs).toISOString(),
      ETag: `"${part.etag}"`,
      Size: part.content.sizeBytes,
      ...(upload.isDeclared ? { [element]: part.checksum } : {}),
    })),
  });
  return { status: 200, xml };
}

/** ListMultipartUploads, without delimiter. */
export async function listMultipartUploads(call: Call): Promise<Answer> {
  await call.require('s3:ListBucketMultipartUploads');
  const parameters = listParameters(call, 'max-uploads');
  const keyMarker = call.query.get('key-marker') ?? '';
  const idMarker = call.query.get('upload-id-marker') ?? '';
  const all = [...call.bucket.uploads.values()]
    .filter((upload) => upload.key.startsWith(parameters.prefix))
    .sort((a, b) => compare(a.key, b.key) || a.initiatedMs - b.initiatedMs || compare(a.uploadId, b.uploadId));
  const after = all.slice(firstAfter(all, keyMarker, idMarker));
  const page = after.slice(0, parameters.maxKeys);
  const isTruncated = after.length > page.length && page.length > 0;
  const last = page.at(-1);
  const xml = xmlDocument('ListMultipartUploadsResult', {
    Bucket: call.bucket.name,
    KeyMarker: parameters.show(keyMarker),
    UploadIdMarker: idMarker,
    NextKeyMarker: isTruncated && last !== undefined ? parameters.show(last.key) : null,
    NextUploadIdMarker: isTruncated ? last?.uploadId : null,
    Prefix: parameters.show(parameters.prefix),
    EncodingType: parameters.encodingType,
    MaxUploads: parameters.maxKeys,
    IsTruncated: isTruncated,
    Upload: page.map((upload) => ({
      Key: parameters.show(upload.key),
      UploadId: upload.uploadId,
      Initiator: call.owner,
      Owner: call.owner,
      StorageClass: upload.storageClass,
      Initiated: new Date(upload.initiatedMs).toISOString(),
      ChecksumAlgorithm: upload.isDeclared ? upload.algorithm : null,
      ChecksumType: upload.isDeclared ? upload.type : null,
    })),
  });
  return { status: 200, xml };
}

function firstAfter(
  uploads: readonly { readonly key: KeyBytes; readonly uploadId: string }[],
  keyMarker: KeyBytes,
  idMarker: string,
): number {
  if (idMarker !== '') {
    const at = uploads.findIndex((upload) => upload.key === keyMarker && upload.uploadId === idMarker);
    if (at === -1) throw new S3Error('InvalidArgument', { message: 'Invalid uploadId marker' });
    return at + 1;
  }
  const at = uploads.findIndex((upload) => upload.key > keyMarker);
  return at === -1 ? uploads.length : at;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
