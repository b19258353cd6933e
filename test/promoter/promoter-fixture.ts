import { GetObjectCommand, ListMultipartUploadsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { PromoterServer, PromoterSettings } from '../../src/core/promoter-settings.ts';
import { type S3ServerOptions, startS3Server } from '../../src/demo/s3-server/start-s3-server.ts';
import { createPromoter, type Promoter } from '../../src/promoter/create-promoter.ts';
import { createDecisionLog, type LogEntry } from '../../src/promoter/decision-log.ts';
import type { PromoterStorage } from '../../src/promoter/promoter-storage.ts';
import { createS3Storage } from '../../src/promoter/s3-storage.ts';
import type { UploadEvent } from '../../src/promoter/upload-event.ts';

export const HOUR_MS = 3_600_000;
export const NOON_MS = Date.parse('2026-11-20T11:00:00Z');

export const WEB1: PromoterServer = {
  name: 'web1',
  prefix: 'web1/',
  rules: [
    { upload: 'backup.tar.gz.gpg', becomes: '{date}.tar.gz.gpg', minSizeBytes: 3, maxSizeBytes: 2 ** 30 },
    { upload: 'sql.gz.gpg', becomes: '{date}.{hour}.sql.gz.gpg', minSizeBytes: 1, maxSizeBytes: 2 ** 30 },
  ],
};

export const SETTINGS: PromoterSettings = {
  inbox: 'inbox',
  vault: 'vault',
  timezone: 'Europe/Berlin',
  servers: [WEB1],
};

type Test = { testdir(): string; teardown(run: () => unknown): unknown };

/** Both buckets on a real server, the real promoter on the real client, and the time in the test's hand. */
export async function startWorld(t: Test, options: { settings?: PromoterSettings } & Partial<S3ServerOptions> = {}) {
  const { settings = SETTINGS, ...serverOptions } = options;
  let nowMs = NOON_MS;
  const clock = { now: () => nowMs, sleep: () => Promise.reject(new Error('nobody sleeps here')) };
  const user = { accessKeyId: 'AKtest', secretAccessKey: 'secret' };
  const server = await startS3Server({ dataDir: t.testdir(), users: [user], clock, ...serverOptions });
  for (const name of [settings.inbox, settings.vault]) server.addBucket(name, { versioning: 'Enabled' });
  const clients: S3Client[] = [];
  // One attempt: with a clock so far from the machine's own the SDK takes every refusal for one of the clock, and tries again.
  const connect = (endpoint = server.url, maxAttempts = 1): S3Client => {
    const credentials = user;
    const client = new S3Client({ endpoint, region: 'eu-central-1', credentials, forcePathStyle: true, maxAttempts });
    client.config.systemClockOffset = nowMs - Date.now();
    clients.push(client);
    return client;
  };
  const s3 = connect();
  t.teardown(async () => {
    for (const client of clients) client.destroy();
    await server.close();
  });
  const entries: LogEntry[] = [];
  const lines: string[] = [];
  const write = createDecisionLog({ write: (line) => lines.push(line), now: clock.now });
  const log = (entry: LogEntry): void => {
    entries.push(entry);
    write(entry);
  };
  const promoterOn = (storage: PromoterStorage): Promoter => createPromoter({ settings, storage, log, now: clock.now });
  const storage = createS3Storage(s3, settings);
  const contentOf = async (bucket: string, key: string, versionId: string): Promise<string> => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));
    return (await Body?.transformToString()) ?? '';
  };

  return {
    server,
    s3,
    storage,
    entries,
    lines,
    connect,
    promoterOn,
    promoter: promoterOn(storage),
    now: () => nowMs,
    /** Sets the time for the server, the promoter and every client. */
    at(ms: number | string): void {
      nowMs = typeof ms === 'number' ? ms : Date.parse(ms);
      for (const client of clients) client.config.systemClockOffset = nowMs - Date.now();
    },
    /** Uploads now; gives the event that S3 would send. */
    async put(key: string, body: string, metadata: Record<string, string> = {}): Promise<UploadEvent> {
      const put = new PutObjectCommand({
        Bucket: settings.inbox,
        Key: key,
        Body: Buffer.from(body),
        Metadata: metadata,
      });
      const { VersionId = null } = await s3.send(put);
      return { bucket: settings.inbox, key, versionId: VersionId, eventTimeMs: nowMs };
    },
    versionIds: (bucket: 'inbox' | 'vault', key: string): string[] =>
      server.versionsOf(bucket, key).flatMap((one) => (one.isDeleteMarker ? [] : [one.versionId])),
    /** Contents of all versions, newest first. */
    contents: (bucket: 'inbox' | 'vault', key: string): Promise<string[]> =>
      Promise.all(
        server
          .versionsOf(bucket, key)
          .filter((one) => !one.isDeleteMarker)
          .map((one) => contentOf(bucket, key, one.versionId)),
      ),
    async copiesUnderWay(): Promise<number> {
      const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: settings.vault }));
      return Uploads.length;
    },
  };
}
