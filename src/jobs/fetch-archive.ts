import type { ObjectFacts, ObjectRef } from '../core/archive.ts';
import { type ArchiveDigests, createArchiveDigests, type DigestResult } from '../core/archive-digests.ts';
import type { Clock, Random } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { type ProofPlan, planProof } from '../core/proof-plan.ts';
import type { Span } from '../core/range-set.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import { PartialFile } from '../store/partial-file.ts';
import { freeChunks } from '../vault/free-chunks.ts';
import type { ObjectBody, VaultReader } from '../vault/vault-reader.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { PassProgress } from './pass-progress.ts';
import { PrefixHasher } from './prefix-hasher.ts';
import { withRetries } from './with-retries.ts';

/** Up to this size one GET is enough: no HEAD, no log, nothing to resume. */
const ONE_REQUEST_BYTES = 8 * 1024 * 1024;
/** One ranged GET. Large enough to hide a round trip, small enough that a broken line costs little. */
const RANGE_BYTES = 16 * 1024 * 1024;
/** Written at once: fewer system calls and log lines, still little memory for each range under way. */
const WRITE_BYTES = 1024 * 1024;

export interface FetchContext {
  readonly reader: VaultReader;
  readonly partialDir: string;
  /** Ranges of one large archive at a time. */
  readonly ranges: number;
  readonly bandwidth: Bandwidth;
  readonly progress: PassProgress;
  /** Throws when the disk went away or `minFree` would be eaten: asked before each range. */
  readonly checkStore: () => void;
  /** Asked before bytes that came already come again from zero. Throws STORE_FULL when there is no room for them. */
  readonly reserveAgain: (row: ArchiveRow) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/** What the vault is asked about an object's proof with. */
export type ProofContext = Pick<FetchContext, 'reader' | 'clock' | 'random' | 'signal'>;
export type ProvableObject = ObjectRef & { readonly vault: string };

/** A complete download, not yet published: the caller publishes, quarantines or removes `partial`. */
export interface FetchedArchive {
  readonly partial: PartialFile;
  readonly facts: ObjectFacts;
  readonly result: DigestResult;
}

/**
 * Brings one archive's bytes into a partial file and hashes them. Breaks are mended by Range requests; a partial of an earlier process is
 * continued unless `fromZero`. Errors: VAULT_*, OBJECT_*, TRANSFER_* after all retries, STORE_*, INTERRUPTED; the partial then stays
 * for the next try.
 */
export function fetchArchive(
  context: FetchContext,
  row: ArchiveRow,
  options: { fromZero: boolean },
): Promise<FetchedArchive> {
  // An upload in parts needs HEAD and its part sizes for the proof, however small it is.
  const oneRequest = row.sizeBytes <= ONE_REQUEST_BYTES && !row.etag.includes('-');
  return oneRequest ? fetchInOneRequest(context, row) : fetchInRanges(context, row, options);
}

async function fetchInOneRequest(context: FetchContext, row: ArchiveRow): Promise<FetchedArchive> {
  let tried = false;
  const attempt = async (): Promise<FetchedArchive> => {
    context.checkStore();
    if (tried) context.reserveAgain(row);
    tried = true;
    const body = await context.reader.get(row, null, context.signal);
    let partial: PartialFile | undefined;
    try {
      sameObject(row, body.facts);
      const digests = await createArchiveDigests(planProof(body.facts, null, null));
      context.checkStore();
      partial = await PartialFile.create(context.partialDir, row, { resumable: false });
      await pour(context, row, body, { partial, position: 0, hash: (_position, chunks) => update(digests, chunks) });
      return { partial, facts: body.facts, result: digests.finish() };
    } catch (error) {
      body.cancel();
      await partial?.close();
      await partial?.remove();
      throw error;
    }
  };
  return withRetries(context, attempt, { onRetry: (error, ms) => context.progress.retrying(row, error.message, ms) });
}

async function fetchInRanges(
  context: FetchContext,
  row: ArchiveRow,
  options: { fromZero: boolean },
): Promise<FetchedArchive> {
  const retrying = { onRetry: (error: AppError, ms: number) => context.progress.retrying(row, error.message, ms) };
  const { facts, plan } = await withRetries(context, () => prepareProof(context, row), retrying);
  const digests = await createArchiveDigests(plan);
  context.checkStore();
  const partial = options.fromZero
    ? await PartialFile.create(context.partialDir, row, { resumable: true })
    : await PartialFile.resume(context.partialDir, row);
  try {
    if (partial.done.bytes > 0) context.progress.advanced(row, partial.done.bytes, 'resumed');
    const hasher = new PrefixHasher(partial, digests);
    hasher.catchUp();
    await fetchMissing(context, row, partial, hasher);
    return { partial, facts, result: await hasher.finish() };
  } catch (error) {
    await partial.close();
    throw error;
  }
}

/**
 * Asks the vault what its strongest proof of the object is: HEAD, and only where that does not suffice the parts (composite checksums) or
 * the first part's size (multipart ETags).
 */
export async function prepareProof(
  context: Pick<ProofContext, 'reader' | 'signal'>,
  row: ProvableObject,
): Promise<{ facts: ObjectFacts; plan: ProofPlan }> {
  const { reader, signal } = context;
  const facts = await reader.head(row, signal);
  sameObject(row, facts);
  const plain = planProof(facts, null, null);
  if (plain.proof === 'checksum-full' || !row.etag.includes('-')) return { facts, plan: plain };
  const parts = facts.checksumType === 'composite' ? await reader.objectParts(row, signal) : null;
  const withParts = planProof(facts, parts, null);
  if (withParts.proof === 'checksum-parts') return { facts, plan: withParts };
  return { facts, plan: planProof(facts, parts, await reader.firstPart(row, signal)) };
}

/** Several ranges at a time, lowest first, so that hashing keeps up. The first that fails for good stops the others. */
async function fetchMissing(
  context: FetchContext,
  row: ArchiveRow,
  partial: PartialFile,
  hasher: PrefixHasher,
): Promise<void> {
  const pieces = partial.done.missing(row.sizeBytes, RANGE_BYTES);
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const worker = async (): Promise<void> => {
    for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) {
      await fetchPiece({ ...context, signal }, row, piece, partial, hasher);
    }
  };
  const workers = Array.from({ length: Math.max(1, context.ranges) }, worker);
  try {
    await Promise.all(workers);
  } catch (error) {
    stop.abort(error);
    // The file must not be closed under a range that is still writing.
    await Promise.allSettled(workers);
    throw error;
  }
}

async function fetchPiece(
  context: FetchContext,
  row: ArchiveRow,
  piece: Span,
  partial: PartialFile,
  hasher: PrefixHasher,
): Promise<void> {
  let position = piece.start;
  let positionBefore = position;
  const attempt = async (): Promise<void> => {
    positionBefore = position;
    context.checkStore();
    const body = await context.reader.get(row, { start: position, end: piece.end }, context.signal);
    await pour(context, row, body, {
      partial,
      position,
      hash: (at, chunks) => {
        position = at + bytesOf(chunks);
        hasher.written(at, chunks);
      },
    });
  };
  await withRetries(context, attempt, {
    progressed: () => position > positionBefore,
    onRetry: (error, delayMs) => context.progress.retrying(row, error.message, delayMs),
  });
}

interface Pouring {
  readonly partial: PartialFile;
  readonly position: number;
  /** Told after the bytes are in the file; must not keep the chunks, whose memory is given back then. */
  readonly hash: (position: number, chunks: readonly Buffer[]) => void;
}

/** Body to file, in large writes. What had arrived before a break is written too: it will not be fetched again. */
async function pour(
  context: FetchContext,
  row: ArchiveRow,
  body: ObjectBody,
  { partial, position, hash }: Pouring,
): Promise<void> {
  let at = position;
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  const flush = async (): Promise<void> => {
    if (pendingBytes === 0) return;
    const chunks = pending;
    const bytes = pendingBytes;
    pending = [];
    pendingBytes = 0;
    await partial.write(at, chunks);
    hash(at, chunks);
    freeChunks(chunks);
    at += bytes;
    context.progress.advanced(row, bytes, 'network');
  };
  try {
    for await (const batch of body.batches) {
      const bytes = bytesOf(batch);
      pending.push(...batch);
      pendingBytes += bytes;
      if (pendingBytes >= WRITE_BYTES) await flush();
      await context.bandwidth.spend(bytes, context.signal);
    }
  } finally {
    await flush();
  }
}

/** The vault's answer must be about the object that was listed. */
function sameObject(row: ProvableObject, facts: ObjectFacts): void {
  if (facts.sizeBytes === row.sizeBytes) return;
  throw new AppError(
    'OBJECT_CHANGED',
    `${row.vault}/${row.key} was listed with ${row.sizeBytes} bytes and is served with ${facts.sizeBytes}`,
  );
}

function update(digests: ArchiveDigests, chunks: readonly Buffer[]): void {
  for (const chunk of chunks) digests.update(chunk);
}

function bytesOf(chunks: readonly Buffer[]): number {
  let bytes = 0;
  for (const chunk of chunks) bytes += chunk.length;
  return bytes;
}
