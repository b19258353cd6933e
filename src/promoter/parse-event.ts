import { decodeListingKey } from '../core/decode-listing-key.ts';
import type { UploadEvent } from './upload-event.ts';

/** What a message asks for. */
export type Message =
  | { readonly kind: 'uploads'; readonly uploads: readonly UploadEvent[]; readonly problems: readonly string[] }
  /** S3 sends one when notifications are set up. */
  | { readonly kind: 'test' }
  | { readonly kind: 'sweep' }
  | { readonly kind: 'unknown' };

/** Where keys come percent-encoded as in forms (S3 user guide, "Event message structure"); MinIO does as AWS does, radosgw does not. */
const RAW_KEY_SOURCES = ['ceph:s3'];
const EVENT_NAME = /^(?:s3:)?ObjectCreated:/;

/**
 * Reads what Lambda was called with: S3's own records (AWS, MinIO, radosgw), its test message, an EventBridge schedule, or `{"sweep": true}`.
 * Records of anything but a finished upload are left out; a record that cannot be read is a problem, in words, and does not hide the others.
 */
export function parseEvent(event: unknown): Message {
  if (!isRecord(event)) return { kind: 'unknown' };
  if (event.Event === 's3:TestEvent') return { kind: 'test' };
  if (event.sweep === true || event.source === 'aws.events' || event.source === 'aws.scheduler')
    return { kind: 'sweep' };
  if (!Array.isArray(event.Records)) return { kind: 'unknown' };
  const uploads: UploadEvent[] = [];
  const problems: string[] = [];
  for (const [index, record] of event.Records.entries()) {
    const parsed = parseRecord(record);
    if (typeof parsed === 'string') problems.push(`record ${index + 1}: ${parsed}`);
    else if (parsed !== null) uploads.push(parsed);
  }
  return { kind: 'uploads', uploads, problems };
}

function parseRecord(record: unknown): UploadEvent | string | null {
  if (!isRecord(record)) return 'is no object';
  if (typeof record.eventName !== 'string') return 'has no eventName';
  if (!EVENT_NAME.test(record.eventName)) return null;
  const s3 = isRecord(record.s3) ? record.s3 : {};
  const bucket = isRecord(s3.bucket) ? s3.bucket.name : undefined;
  const object = isRecord(s3.object) ? s3.object : {};
  if (typeof bucket !== 'string' || bucket === '') return 'has no bucket';
  if (typeof object.key !== 'string' || object.key === '') return 'has no key';
  const isRaw = typeof record.eventSource === 'string' && RAW_KEY_SOURCES.includes(record.eventSource);
  const key = isRaw ? object.key : decodeListingKey(object.key);
  if (key === null) return 'has a key that is no text';
  const eventTimeMs = typeof record.eventTime === 'string' ? Date.parse(record.eventTime) : Number.NaN;
  if (!Number.isFinite(eventTimeMs)) return 'has no time';
  const { versionId } = object;
  return { bucket, key, versionId: typeof versionId === 'string' && versionId !== '' ? versionId : null, eventTimeMs };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
