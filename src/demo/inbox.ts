import { PutObjectCommand, type PutObjectCommandInput } from '@aws-sdk/client-s3';
import type { Clock } from '../core/clock.ts';
import type { S3Key } from './s3-key.ts';
import type { FinishedUpload } from './s3-notification.ts';
import { isSettled } from './s3-server/object-version.ts';
import type { S3Server } from './s3-server/start-s3-server.ts';
import { INBOX } from './upload-side-text.ts';

/** What a put may say besides name and content. */
export interface PutExtras extends Pick<PutObjectCommandInput, 'Metadata'> {
  /** That no honest client sends. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The way into the inbox. */
export interface Inbox {
  /** Uploads with this key; the promoter is not told yet. */
  put(key: S3Key, name: string, body: Uint8Array, extras?: PutExtras): Promise<FinishedUpload>;
  /** The upload as S3 itself knows it, just finished. */
  finished(name: string, versionId: string | undefined): FinishedUpload;
}

export function createInbox(options: { readonly s3: S3Server; readonly clock: Clock }): Inbox {
  const { s3, clock } = options;
  // The server has no notifications of its own: they are made here from what it holds, not from what the uploader says of it.
  const finished = (name: string, versionId: string | undefined): FinishedUpload => {
    const version = s3.versionsOf(INBOX, name).find((one) => one.versionId === versionId);
    if (version === undefined || !isSettled(version.digests)) throw new RangeError(`no such upload: ${name}`);
    return {
      bucket: INBOX,
      key: name,
      versionId: version.versionId,
      sizeBytes: version.content.sizeBytes,
      etag: version.digests.etag,
      finishedAtMs: clock.now(),
      wasMultipart: version.digests.parts !== null,
    };
  };
  return {
    finished,
    async put(key, name, body, { headers, ...extras } = {}) {
      const request = new PutObjectCommand({ Bucket: INBOX, Key: name, Body: body, ...extras });
      request.middlewareStack.add(
        (next) => (args) => {
          Object.assign((args.request as { headers: object }).headers, headers);
          return next(args);
        },
        { step: 'build' },
      );
      const { VersionId } = await key.client().send(request);
      return finished(name, VersionId);
    },
  };
}
