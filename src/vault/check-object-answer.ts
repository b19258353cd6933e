import type { ObjectRef } from '../core/archive.ts';
import { AppError } from '../core/errors.ts';
import { parseLength, unquoteEtag } from './object-facts.ts';
import type { S3Answer } from './s3-answer.ts';
import type { ByteRange } from './vault-reader.ts';

/**
 * Throws unless a HEAD or GET answer is about the object, version and range that were asked for, whatever the server made of the
 * conditions in the request: OBJECT_CHANGED for another ETag or size, VAULT_BAD_ANSWER for anything that was not asked for.
 */
export function checkObjectAnswer(answer: S3Answer, ref: ObjectRef, range: ByteRange | null): void {
  const { status, headers } = answer;
  const expectedStatus = range === null ? 200 : 206;
  if (status !== expectedStatus) throw bad(`status ${status} where ${expectedStatus} was due`);

  const versionId = headers['x-amz-version-id'];
  if (ref.versionId !== null && versionId !== undefined && versionId !== ref.versionId) {
    throw bad('another version than was asked for');
  }
  const etag = unquoteEtag(headers.etag);
  if (etag !== ref.etag)
    throw new AppError('OBJECT_CHANGED', `its ETag was listed as ${show(ref.etag)} and is ${show(etag)}`);

  const lengthBytes = parseLength(headers['content-length']);
  if (range === null) {
    if (lengthBytes !== null && lengthBytes !== ref.sizeBytes) {
      throw new AppError(
        'OBJECT_CHANGED',
        `it was listed with ${ref.sizeBytes} bytes and is served with ${lengthBytes}`,
      );
    }
    return;
  }
  const served = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16}|\*)$/.exec(headers['content-range'] ?? '');
  if (served === null) throw bad('a range without a Content-Range');
  const [, first, last, total] = served;
  if (Number(first) !== range.start || Number(last) !== range.end - 1) {
    throw bad(`bytes ${first}-${last} where ${range.start}-${range.end - 1} were due`);
  }
  if (total !== '*' && Number(total) !== ref.sizeBytes) {
    throw new AppError('OBJECT_CHANGED', `it was listed with ${ref.sizeBytes} bytes and has ${total}`);
  }
  if (lengthBytes !== null && lengthBytes !== range.end - range.start) {
    throw bad(`${lengthBytes} bytes for a range of ${range.end - range.start}`);
  }
}

const bad = (what: string): AppError => new AppError('VAULT_BAD_ANSWER', what);

const show = (etag: string): string => JSON.stringify(etag.slice(0, 80));
