import assert from 'node:assert/strict';
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';

/** The server that is looked at. */
export interface ContractTarget {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** 'WHEN_REQUIRED' for servers that do not understand the SDK's default checksums. */
  readonly checksums: 'WHEN_SUPPORTED' | 'WHEN_REQUIRED';
}

/** What a check works with: clients, and buckets that nobody else uses. */
export interface ContractContext {
  readonly s3: S3Client;
  readonly user: ContractTarget['credentials'];
  connect(overrides: S3ClientConfig): S3Client;
  bucket(kind?: 'plain' | 'versioned' | 'locked'): Promise<string>;
}

/** One promise of S3 that this project relies on; throws when the server breaks it. */
export interface ContractCheck {
  readonly name: string;
  readonly run: (context: ContractContext) => Promise<void>;
}

export interface OpenContext extends ContractContext {
  close(): void;
}

export function check(name: string, run: ContractCheck['run']): ContractCheck {
  return { name, run };
}

export function openContext(target: ContractTarget, bucketPrefix: string): OpenContext {
  const clients: S3Client[] = [];
  const connect = (overrides: S3ClientConfig): S3Client => {
    const client = new S3Client({
      endpoint: target.endpoint,
      region: target.region,
      credentials: target.credentials,
      requestChecksumCalculation: target.checksums,
      responseChecksumValidation: target.checksums,
      forcePathStyle: true,
      maxAttempts: 1,
      ...overrides,
    });
    clients.push(client);
    return client;
  };
  const s3 = connect({});
  let next = 0;
  return {
    s3,
    user: target.credentials,
    connect,
    async bucket(kind = 'plain') {
      next += 1;
      const Bucket = `${bucketPrefix}-${next}`;
      await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: kind === 'locked' }));
      if (kind === 'versioned') {
        const VersioningConfiguration = { Status: 'Enabled' as const };
        await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
      }
      return Bucket;
    },
    close() {
      for (const client of clients) client.destroy();
    },
  };
}

/** The answer must be an error of this HTTP status and (where it has a body) this code. */
export async function refuses(answer: Promise<unknown>, status: number, code?: string): Promise<void> {
  const error = await answer.then(
    () => assert.fail(`expected ${status} ${code ?? ''}, got a success`),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Error);
  if (error instanceof assert.AssertionError) throw error;
  const metadata = '$metadata' in error ? (error.$metadata as { httpStatusCode?: number }) : {};
  assert.equal(metadata.httpStatusCode, status, `${error.name}: ${error.message}`);
  if (code !== undefined) assert.equal(error.name, code);
}

/** A value that the answer must have. */
export function present<T>(value: T | null | undefined, what: string): T {
  assert.ok(value !== undefined && value !== null, `${what} is missing`);
  return value;
}
