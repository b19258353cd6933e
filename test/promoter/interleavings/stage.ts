import {
  CreateBucketCommand,
  type HeadObjectCommandOutput,
  type ListObjectVersionsCommandOutput,
  PutBucketVersioningCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { type S3Server, startS3Server } from '../../../src/demo/s3-server/start-s3-server.ts';

/** A server, and the time that is played on it. */
export interface Stage {
  readonly clock: { nowMs: number };
  readonly config: S3ClientConfig;
  /** The owner's. */
  readonly admin: S3Client;
  /** Refuses keys that are no plain paths, or makes others of them. */
  readonly keysArePaths: boolean;
  /** What a client has to add to the real time for its signatures. */
  readonly systemClockOffset: number;
  /** Tells when a version was made, by the clock that is played. */
  noteTime(versionId: string, lastModifiedMs: number): void;
  /** Makes a client see the times that were noted, where the server has a clock of its own. */
  prepare(client: S3Client): void;
  /** Moves a version to a class that cannot be read at once; false where that cannot be done. */
  archive(bucket: string, key: string, versionId: string): boolean;
  makeBucket(name: string): Promise<void>;
  close(): Promise<void>;
}

const credentials = { accessKeyId: 'AKroot', secretAccessKey: 'SKroot-secret' };

/** The embedded server: its clock is ours. */
export async function embeddedStage(dataDir: string): Promise<Stage> {
  const clock = { nowMs: Date.now() };
  const server: S3Server = await startS3Server({
    ...{ dataDir, users: [credentials] },
    // Each world begins at its own time, often before the last one's: no reason to wait for it.
    clock: { now: () => clock.nowMs, sleep: () => Promise.resolve() },
  });
  const config = configOf(server.url, 'eu-central-1');
  const admin = new S3Client(config);
  return {
    ...{ clock, config, admin, keysArePaths: false },
    get systemClockOffset() {
      return clock.nowMs - Date.now();
    },
    noteTime: () => {},
    prepare: () => {},
    archive(bucket, key, versionId) {
      server.setClassOf(bucket, key, 'DEEP_ARCHIVE', versionId);
      return true;
    },
    async makeBucket(name) {
      server.addBucket(name, { versioning: 'Enabled' });
    },
    async close() {
      admin.destroy();
      await server.close();
    },
  };
}

/** A server that runs already (test/servers/versitygw-up.sh). It lives in our time: the times that it tells of versions are replaced in its answers. */
export function realStage(endpoint: string): Stage {
  const config = configOf(endpoint, 'us-east-1');
  const admin = new S3Client(config);
  const times = new Map<string, number>();
  const played = (versionId: string | undefined, told: Date | undefined): Date | undefined => {
    const noted = times.get(versionId ?? '');
    return noted === undefined ? told : new Date(noted);
  };
  return {
    ...{ clock: { nowMs: Date.now() }, config, admin, keysArePaths: true, systemClockOffset: 0 },
    noteTime: (versionId, lastModifiedMs) => void times.set(versionId, lastModifiedMs),
    prepare(client) {
      client.middlewareStack.add(
        (next) => async (request) => {
          const result = await next(request);
          const output = result.output as Partial<HeadObjectCommandOutput & ListObjectVersionsCommandOutput>;
          if (output.LastModified !== undefined) output.LastModified = played(output.VersionId, output.LastModified);
          for (const version of output.Versions ?? []) {
            version.LastModified = played(version.VersionId, version.LastModified);
          }
          return result;
        },
        { step: 'initialize', name: 'playedTime' },
      );
    },
    archive: () => false,
    async makeBucket(Bucket) {
      await admin.send(new CreateBucketCommand({ Bucket }));
      const VersioningConfiguration = { Status: 'Enabled' as const };
      await admin.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    },
    async close() {
      admin.destroy();
    },
  };
}

function configOf(endpoint: string, region: string): S3ClientConfig {
  return { endpoint, region, credentials, forcePathStyle: true };
}
