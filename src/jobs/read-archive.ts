import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { AppError, systemCode } from '../core/errors.ts';

/** Large enough that a USB disk streams, small beside a Pi's memory. */
const CHUNK_BYTES = 1024 * 1024;

/** What the catalog promises about a stored file. */
export interface ExpectedContent {
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

export interface ReadRequest {
  readonly path: string;
  readonly expected: ExpectedContent;
  readonly signal: AbortSignal;
  /** Given every piece before the next is read; the buffer is used again afterwards. */
  readonly take: (piece: Buffer) => void | Promise<void>;
}

/** right: as promised. The others say how it is not; `missing` and `unreadable` with the filesystem's own words. */
export type ReadVerdict =
  | { readonly kind: 'right' }
  | { readonly kind: 'missing' | 'not-a-file' | 'unreadable'; readonly why: string }
  | { readonly kind: 'wrong-size'; readonly foundBytes: number }
  | { readonly kind: 'wrong-content'; readonly foundSha256: string };

export type WrongVerdict = Exclude<ReadVerdict, { kind: 'right' }>;

/**
 * Reads a stored file once, in constant memory, hands its bytes on and compares them with what was verified. The bytes handed on must not
 * be believed before the verdict. Follows no symbolic link at the end of the path. Errors of `take` and the signal's reason pass through.
 */
export async function readArchive(request: ReadRequest): Promise<ReadVerdict> {
  const opened = await openPlainFile(request.path);
  if ('kind' in opened) return opened;
  try {
    const size = (await opened.stat()).size;
    if (size !== request.expected.sizeBytes) return { kind: 'wrong-size', foundBytes: size };
    return await readAll(opened, request);
  } finally {
    await opened.close();
  }
}

/** Words for a verdict that is not right, to follow the file's name. */
export function verdictWords(verdict: WrongVerdict, expected: ExpectedContent): string {
  switch (verdict.kind) {
    case 'missing':
      return 'is missing from the disk';
    case 'not-a-file':
      return `is no plain file: ${verdict.why}`;
    case 'unreadable':
      return `cannot be read: ${verdict.why}`;
    case 'wrong-size':
      return verdict.foundBytes < expected.sizeBytes
        ? `is truncated: ${verdict.foundBytes} of ${expected.sizeBytes} bytes`
        : `has grown: ${verdict.foundBytes} bytes instead of ${expected.sizeBytes}`;
    case 'wrong-content':
      return `has changed: its SHA-256 is ${verdict.foundSha256} instead of ${expected.sha256}`;
  }
}

async function readAll(file: FileHandle, request: ReadRequest): Promise<ReadVerdict> {
  const { expected, signal, take } = request;
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(CHUNK_BYTES, expected.sizeBytes)));
  let readBytes = 0;
  for (;;) {
    signal.throwIfAborted();
    const got = await readPiece(file, buffer);
    if (typeof got !== 'number') return got;
    if (got === 0) break;
    readBytes += got;
    const piece = buffer.subarray(0, got);
    hash.update(piece);
    await take(piece);
  }
  if (readBytes !== expected.sizeBytes) return { kind: 'wrong-size', foundBytes: readBytes };
  const foundSha256 = hash.digest('hex');
  return foundSha256 === expected.sha256 ? { kind: 'right' } : { kind: 'wrong-content', foundSha256 };
}

type Unreadable = Extract<ReadVerdict, { kind: 'missing' | 'not-a-file' | 'unreadable' }>;

async function readPiece(file: FileHandle, buffer: Buffer): Promise<number | Unreadable> {
  try {
    return (await file.read(buffer, 0, buffer.length, null)).bytesRead;
  } catch (error) {
    return unreadable(error);
  }
}

async function openPlainFile(path: string): Promise<FileHandle | Unreadable> {
  let file: FileHandle;
  try {
    // O_NONBLOCK: opening a named pipe must not wait for its other end.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    return unreadable(error);
  }
  if ((await file.stat()).isFile()) return file;
  await file.close();
  return { kind: 'not-a-file', why: 'something else bears its name' };
}

/** A file that cannot be read is a finding, not a failure of the reader; only permission and what is no system error is thrown. */
function unreadable(error: unknown): Unreadable {
  const code = systemCode(error);
  if (code === undefined || !(error instanceof Error)) throw error;
  if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing', why: error.message };
  if (code === 'ELOOP') return { kind: 'not-a-file', why: 'it is a symbolic link' };
  if (code === 'EACCES' || code === 'EPERM') {
    throw new AppError('STORE_FORBIDDEN', `reading an archive: ${error.message}`, {
      cause: error,
      hint: 'Run the command as the user that owns the store, or with sudo.',
    });
  }
  return { kind: 'unreadable', why: error.message };
}
