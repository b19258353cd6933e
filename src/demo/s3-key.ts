import { S3Client } from '@aws-sdk/client-s3';
import type { Clock } from '../core/clock.ts';
import type { S3User } from './s3-server/start-s3-server.ts';

export const REGION = 'eu-central-1';

/** A key for the demo's S3, and a client that uses it. */
export interface S3Key {
  readonly user: S3User;
  /** The client; what it sends next is signed with the time of the story. */
  client(): S3Client;
  close(): void;
}

export function openS3Key(options: { readonly endpoint: string; readonly user: S3User; readonly clock: Clock }): S3Key {
  const { accessKeyId, secretAccessKey } = options.user;
  const client = new S3Client({
    endpoint: options.endpoint,
    region: REGION,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
  });
  return {
    user: options.user,
    client() {
      client.config.systemClockOffset = options.clock.now() - Date.now();
      return client;
    },
    close: () => client.destroy(),
  };
}
