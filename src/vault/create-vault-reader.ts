import {
  GetBucketVersioningCommand,
  type GetBucketVersioningCommandOutput,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
} from '@aws-sdk/client-s3';
import type { ObjectRef } from '../core/archive.ts';
import type { Clock } from '../core/clock.ts';
import { AppError, isAppError } from '../core/errors.ts';
import { checkObjectAnswer } from './check-object-answer.ts';
import { listPages, type PageRequest, type RawPage } from './list-vault.ts';
import { createObjectBody } from './object-body.ts';
import { parseLength, readObjectFacts } from './object-facts.ts';
import { fetchObjectParts } from './object-parts.ts';
import { parseHttpDateMs } from './parse-retry-after.ts';
import { createS3Connection, type S3ConnectionOptions } from './s3-client.ts';
import { type S3Place, translateS3Error } from './translate-s3-error.ts';
import type { ListingKind, ListRequest, VaultReader } from './vault-reader.ts';

export interface VaultReaderOptions extends S3ConnectionOptions {
  readonly bucket: string;
  /** The part of the bucket that is the vault; '' for all of it. Only `probe` uses it. */
  readonly prefix: string;
  /** What an earlier reader found out (`listing`): after 'versions' a refusal of versions is an error. null or absent to find out again. */
  readonly listing?: ListingKind | null | undefined;
  /** For the words of a clock that is off. */
  readonly clock: Pick<Clock, 'now'>;
}

const PAGE_SIZE = 1000;

/** A VaultReader on the AWS SDK. Opens no connection before the first call. Throws VAULT_NO_BUCKET for an endpoint that is no URL. */
export function createVaultReader(options: VaultReaderOptions): VaultReader {
  const { name, bucket, clock } = options;
  const endpoint = options.endpoint === undefined ? null : endpointOrigin(name, options.endpoint);
  const connection = createS3Connection(options);
  let listing: ListingKind | null = options.listing ?? null;

  const place = (action: string, key: string | null): S3Place => ({
    vault: name,
    bucket,
    region: options.region,
    endpoint,
    action,
    key,
    nowMs: clock.now(),
  });

  /** Runs one call; what it throws is translated, except the signal's own reason. */
  async function call<T>(action: string, key: string | null, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw signal.aborted ? signal.reason : translateS3Error(error, place(action, key));
    }
  }

  async function* pagesOf(kind: ListingKind, request: PageRequest): AsyncGenerator<RawPage, void, void> {
    const pages = listPages(connection, kind, request);
    while (true) {
      const step = await call('listing', null, request.signal, () => pages.next());
      if (step.done) return;
      listing = kind;
      yield step.value;
    }
  }

  /**
   * Versions first; where these are refused, plain objects, and the reader remembers. Only the first page can be refused that way, and only
   * where versions were never listed: what only they show must not seem to be gone because of one refusal.
   */
  async function* pages(request: PageRequest): AsyncGenerator<RawPage, void, void> {
    if (listing !== 'objects') {
      let begun = false;
      try {
        for await (const page of pagesOf('versions', request)) {
          begun = true;
          yield page;
        }
        return;
      } catch (error) {
        if (begun || listing === 'versions' || !isAppError(error, 'VAULT_DENIED', 'VAULT_UNSUPPORTED')) throw error;
      }
    }
    yield* pagesOf('objects', request);
  }

  const refInput = ({
    key,
    versionId,
    etag,
  }: ObjectRef): { Bucket: string; Key: string; VersionId?: string; IfMatch?: string } => ({
    Bucket: bucket,
    Key: key,
    ...(versionId === null ? {} : { VersionId: versionId }),
    // A "null" version can be replaced in place; a true version cannot.
    ...(versionId === null || versionId === 'null' ? { IfMatch: `"${etag}"` } : {}),
  });

  const headAnswer = async (ref: ObjectRef, part: { PartNumber?: number }, signal: AbortSignal) => {
    const { answer } = await connection.send(
      (client, abortSignal): Promise<HeadObjectCommandOutput> =>
        client.send(new HeadObjectCommand({ ...refInput(ref), ...part }), { abortSignal }),
      signal,
    );
    return answer;
  };

  return {
    name,
    get requests() {
      return connection.requests;
    },
    get listing() {
      return listing;
    },

    async *list({ prefix, startAfter, signal }: ListRequest) {
      yield* pages({ bucket, prefix, startAfter, pageSize: PAGE_SIZE, signal });
    },

    head: (ref, signal) =>
      call('looking at', ref.key, signal, async () => {
        const answer = await headAnswer(ref, {}, signal);
        checkObjectAnswer(answer, ref, null);
        return readObjectFacts(answer.headers, parseLength(answer.headers['content-length']) ?? ref.sizeBytes);
      }),

    get: (ref, range, signal) =>
      call('reading', ref.key, signal, async () => {
        const { answer } = await connection.send(
          (client, abortSignal): Promise<GetObjectCommandOutput> =>
            client.send(
              new GetObjectCommand({
                ...refInput(ref),
                ...(range === null ? {} : { Range: `bytes=${range.start}-${range.end - 1}` }),
              }),
              { abortSignal },
            ),
          signal,
        );
        const { stream, headers } = answer;
        if (stream === null) throw new AppError('INTERNAL', 'the S3 client gave no body');
        const lengthBytes = range === null ? ref.sizeBytes : range.end - range.start;
        try {
          checkObjectAnswer(answer, ref, range);
        } catch (error) {
          stream.on('error', () => {}).destroy();
          throw error;
        }
        const facts = readObjectFacts(headers, ref.sizeBytes);
        return {
          facts: range === null ? facts : { ...facts, checksums: {}, checksumType: null },
          lengthBytes,
          serverDateMs: parseHttpDateMs(headers.date),
          ...createObjectBody({
            stream,
            lengthBytes,
            idleTimeoutMs: options.idleTimeoutMs,
            signal,
            translate: (error) => translateS3Error(error, place('reading', ref.key)),
          }),
        };
      }),

    firstPart: (ref, signal) =>
      call('looking at', ref.key, signal, async () => {
        const { headers } = await headAnswer(ref, { PartNumber: 1 }, signal);
        const sizeBytes = parseLength(headers['content-length']);
        const count = Number(headers['x-amz-mp-parts-count'] ?? Number.NaN);
        if (sizeBytes === null || sizeBytes === 0 || sizeBytes > ref.sizeBytes) return null;
        return Number.isSafeInteger(count) && count > 0 ? { sizeBytes, count } : null;
      }).catch((error: unknown) => {
        // A server that does not know partNumber.
        if (isAppError(error, 'VAULT_UNSUPPORTED', 'OBJECT_DENIED')) return null;
        throw error;
      }),

    objectParts: (ref, signal) =>
      call('looking at the parts of', ref.key, signal, () =>
        fetchObjectParts(connection, { bucket, ref, signal }, (error) =>
          translateS3Error(error, place('looking at', ref.key)),
        ),
      ),

    async probe(signal) {
      const page = await firstOf(pages({ bucket, prefix: options.prefix, startAfter: undefined, pageSize: 1, signal }));
      const versioned = await call('looking at', null, signal, async () => {
        const { output } = await connection.send(
          (client, abortSignal): Promise<GetBucketVersioningCommandOutput> =>
            client.send(new GetBucketVersioningCommand({ Bucket: bucket }), { abortSignal }),
          signal,
        );
        return output.Status === 'Enabled' || output.Status === 'Suspended';
      }).catch((error: unknown) => {
        if (isAppError(error, 'VAULT_DENIED', 'VAULT_UNSUPPORTED')) return null;
        throw error;
      });
      return { serverDateMs: page.serverDateMs, versioned, listing: listing ?? 'objects', keysSeen: page.entries };
    },

    close: () => connection.close(),
  };
}

async function firstOf(pages: AsyncIterable<RawPage>): Promise<RawPage> {
  for await (const page of pages) return page;
  throw new AppError('VAULT_BAD_ANSWER', 'a listing without a page');
}

function endpointOrigin(name: string, endpoint: string): string {
  // 'host:9000' and 'user:secret@host' are URLs too, with a scheme called 'host' or 'user'.
  if (!/^https?:\/\//i.test(endpoint) || !URL.canParse(endpoint)) {
    throw new AppError('VAULT_NO_BUCKET', `vault ${name}: \`endpoint\` is not a URL`, {
      hint: 'Write `endpoint` as https://host or https://host:port.',
    });
  }
  // Without what somebody may have put before an @.
  return new URL(endpoint).origin;
}
