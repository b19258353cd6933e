import type { Call } from './call.ts';
import { encodeForListing, type KeyBytes, keyText } from './key-bytes.ts';
import { S3Error } from './s3-error.ts';

const MAX_KEYS = 1000;

/** What all listings of a bucket share. */
export interface ListParameters {
  readonly prefix: KeyBytes;
  readonly delimiter: string;
  readonly maxKeys: number;
  readonly encodingType: 'url' | null;
  /** How keys, prefixes and markers are written. */
  readonly show: (key: KeyBytes) => string;
}

export function listParameters(call: Call, maxName = 'max-keys'): ListParameters {
  const encodingType = call.query.get('encoding-type');
  if (encodingType !== undefined && encodingType !== 'url') {
    throw new S3Error('InvalidArgument', { message: 'Invalid Encoding Method specified in Request' });
  }
  return {
    prefix: call.query.get('prefix') ?? '',
    delimiter: call.query.get('delimiter') ?? '',
    maxKeys: integerParameter(call.query.get(maxName), MAX_KEYS, MAX_KEYS),
    encodingType: encodingType ?? null,
    show: encodingType === 'url' ? encodeForListing : keyText,
  };
}

/** A number that a client may lower but not raise above S3's own limit. */
export function integerParameter(text: string | undefined, preset: number, limit: number): number {
  if (text === undefined || text === '') return preset;
  if (!/^\d{1,10}$/.test(text)) {
    throw new S3Error('InvalidArgument', { message: 'Provided number not an integer or within integer range' });
  }
  return Math.min(Number(text), limit);
}
