import type { Bucket, PendingWrite } from './bucket.ts';
import { type KeyBytes, keyText } from './key-bytes.ts';
import { settle } from './object-version.ts';
import { S3Error } from './s3-error.ts';

/** A write that has received its bytes: exactly one of the two is called. */
export interface PreparedWrite<T> {
  commit(): T;
  abandon(): void;
}

/** Where the four conditions come from: the request itself, or its copy source. */
export interface ConditionHeaders {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
  readonly ifUnmodifiedSince: string | undefined;
}

export function conditionsOf(headers: ReadonlyMap<string, string>, prefix: string): ConditionHeaders {
  return {
    ifMatch: headers.get(`${prefix}if-match`),
    ifNoneMatch: headers.get(`${prefix}if-none-match`),
    ifModifiedSince: headers.get(`${prefix}if-modified-since`),
    ifUnmodifiedSince: headers.get(`${prefix}if-unmodified-since`),
  };
}

/**
 * RFC 9110, section 13.2.2, as S3 reads it: If-Match true outweighs If-Unmodified-Since, If-None-Match outweighs
 * If-Modified-Since.
 */
export function readCondition(
  conditions: ConditionHeaders,
  etag: string,
  lastModifiedMs: number,
): 'ok' | 'not-modified' | 'failed' {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  const seconds = Math.floor(lastModifiedMs / 1000) * 1000;
  if (ifMatch !== undefined) {
    if (!etagMatches(ifMatch, etag)) return 'failed';
  } else if (ifUnmodifiedSince !== undefined && seconds > Date.parse(ifUnmodifiedSince)) {
    return 'failed';
  }
  if (ifNoneMatch !== undefined) return etagMatches(ifNoneMatch, etag) ? 'not-modified' : 'ok';
  if (ifModifiedSince !== undefined && seconds <= Date.parse(ifModifiedSince)) return 'not-modified';
  return 'ok';
}

/** Whether a comma-separated list of ETags, quoted or not, or `*`, names this one. */
export function etagMatches(list: string, etag: string): boolean {
  return list.split(',').some((item) => {
    const bare = item
      .trim()
      .replace(/^W\//, '')
      .replace(/^"(.*)"$/, '$1');
    return bare === '*' || bare === etag;
  });
}

/**
 * A write that may carry If-None-Match: * or If-Match. The condition is looked at when the request begins and once more,
 * with nothing in between, when it commits: of two racing writers one gets 412. A delete in between is 409.
 */
export async function conditionalWrite<T>(
  bucket: Bucket,
  key: KeyBytes,
  headers: ReadonlyMap<string, string>,
  prepare: () => Promise<PreparedWrite<T>>,
): Promise<T> {
  const ifNoneMatch = headers.get('if-none-match');
  const ifMatch = headers.get('if-match');
  if (ifNoneMatch === undefined && ifMatch === undefined) return (await prepare()).commit();
  if (ifNoneMatch !== undefined && (ifNoneMatch !== '*' || ifMatch !== undefined)) {
    throw new S3Error('NotImplemented', { details: { Header: 'If-None-Match' } });
  }
  const pending: PendingWrite = { key, conflicted: false };
  bucket.pendingWrites.add(pending);
  try {
    await requireWriteCondition(bucket, key, ifMatch);
    const prepared = await prepare();
    try {
      if (pending.conflicted) throw new S3Error('ConditionalRequestConflict', { details: { Key: keyText(key) } });
      const current = await requireWriteCondition(bucket, key, ifMatch);
      // The only await above is for seeded content; what it looked at must still be what a commit would replace.
      if (bucket.current(key) !== current) throw new S3Error('ConditionalRequestConflict');
    } catch (error) {
      prepared.abandon();
      throw error;
    }
    return prepared.commit();
  } finally {
    bucket.pendingWrites.delete(pending);
  }
}

async function requireWriteCondition(bucket: Bucket, key: KeyBytes, ifMatch: string | undefined) {
  const current = bucket.current(key);
  if (ifMatch === undefined) {
    if (current !== undefined) throw new S3Error('PreconditionFailed', { details: { Condition: 'If-None-Match' } });
    return current;
  }
  if (current === undefined) throw new S3Error('NoSuchKey');
  const { etag } = await settle(current);
  if (!etagMatches(ifMatch, etag)) throw new S3Error('PreconditionFailed', { details: { Condition: 'If-Match' } });
  return current;
}
