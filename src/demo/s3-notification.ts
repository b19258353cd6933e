import { REGION } from './s3-key.ts';

/** A version that S3 has just finished writing. */
export interface FinishedUpload {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
  readonly sizeBytes: number;
  /** Without quotes. */
  readonly etag: string;
  /** When S3 finished the request, milliseconds since 1970 UTC. */
  readonly finishedAtMs: number;
  readonly wasMultipart: boolean;
}

/**
 * The message that S3 sends to a Lambda function for an upload (S3 user guide, "Event message structure"), as far as it says something:
 * the key form-encoded, slashes kept.
 */
export function s3Notification(upload: FinishedUpload): object {
  const { bucket, key, versionId, sizeBytes, etag, finishedAtMs, wasMultipart } = upload;
  return {
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: REGION,
        eventTime: new Date(finishedAtMs).toISOString(),
        eventName: wasMultipart ? 'ObjectCreated:CompleteMultipartUpload' : 'ObjectCreated:Put',
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: 'promoter',
          bucket: { name: bucket, arn: `arn:aws:s3:::${bucket}` },
          object: { key: formEncoded(key), size: sizeBytes, eTag: etag, versionId, sequencer: sequencer(finishedAtMs) },
        },
      },
    ],
  };
}

/** "The key name is URL-encoded", as forms are: a space is `+`. */
function formEncoded(key: string): string {
  return new URLSearchParams({ key }).toString().slice('key='.length).replaceAll('%2F', '/');
}

/** Grows with time for uploads of one key; hexadecimal. */
function sequencer(finishedAtMs: number): string {
  return Math.floor(finishedAtMs * 1000)
    .toString(16)
    .toUpperCase()
    .padStart(18, '0');
}
