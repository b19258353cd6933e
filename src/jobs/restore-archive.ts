import { type FileHandle, link, lstat, open, rename, rm, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Random } from '../core/clock.ts';
import { AppError, isAppError, systemCode } from '../core/errors.ts';
import { formatBytes } from '../core/size.ts';
import { fsyncFolder } from '../store/write-file-atomically.ts';
import type { ByteProgress } from './byte-progress.ts';
import { type ExpectedContent, type ReadVerdict, readArchive, verdictWords } from './read-archive.ts';

export interface RestoreRequest {
  /** The stored file, absolute. */
  readonly source: string;
  readonly expected: ExpectedContent;
  /** The file to make, absolute; its folder exists. */
  readonly destination: string;
  /** Becomes the modification time of the restored file: milliseconds since 1970 UTC. */
  readonly lastModifiedMs: number;
  /** Replace a file that is there already. */
  readonly force: boolean;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly progress: ByteProgress;
}

/**
 * Copies a stored archive to `destination` and proves it twice: while it is copied, and again by reading the copy back. Only then does the
 * copy get its name, by a link that cannot replace anything (with `force`: a rename); so no file of that name is ever incomplete or wrong.
 * Whatever goes wrong, nothing is left behind. Only the last step is not undone: it is the last.
 *
 * @throws AppError ARCHIVE_DAMAGED, DESTINATION_EXISTS, DESTINATION_UNUSABLE (no space, no permission, reads back differently), INTERRUPTED
 */
export async function restoreArchive(request: RestoreRequest): Promise<void> {
  const { destination, expected, progress, signal } = request;
  await refuseWhatIsThere(request);
  await requireRoom(request);
  const { file, path: temporary } = await createTemporary(request);
  progress.begin({ archives: 1, bytes: 2 * expected.sizeBytes });
  try {
    try {
      const take = async (piece: Buffer) => {
        await writeAll(file, piece, destination);
        progress.advanced(piece.length);
      };
      const verdict = await readArchive({ path: request.source, expected, signal, take });
      requireRight(verdict, request);
      const modified = new Date(request.lastModifiedMs);
      await file.utimes(modified, modified);
      await file.sync();
    } finally {
      await file.close();
    }
    const again = await readArchive({
      path: temporary,
      expected,
      signal,
      take: (piece) => progress.advanced(piece.length),
    });
    if (again.kind !== 'right') {
      throw unusable(`what was written to ${destination} ${verdictWords(again, expected)}, read back`, undefined, {
        hint: 'The destination’s disk or this machine’s memory is failing; restore to another place.',
      });
    }
    await giveName(temporary, request);
  } catch (error) {
    throw translateWrite(error, destination);
  } finally {
    await rm(temporary, { force: true });
    progress.end();
  }
  await fsyncFolder(dirname(destination));
}

/** The same proof without a copy. ARCHIVE_DAMAGED when it fails. */
export async function checkSource(
  request: Pick<RestoreRequest, 'source' | 'expected' | 'signal' | 'progress'>,
): Promise<void> {
  const { source, expected, signal, progress } = request;
  const take = (piece: Buffer) => progress.advanced(piece.length);
  progress.begin({ archives: 1, bytes: expected.sizeBytes });
  try {
    requireRight(await readArchive({ path: source, expected, signal, take }), request);
  } finally {
    progress.end();
  }
}

function requireRight(verdict: ReadVerdict, request: Pick<RestoreRequest, 'source' | 'expected'>): void {
  if (verdict.kind === 'right') return;
  throw new AppError('ARCHIVE_DAMAGED', `${request.source} ${verdictWords(verdict, request.expected)}`);
}

async function refuseWhatIsThere({ destination, force }: Pick<RestoreRequest, 'destination' | 'force'>): Promise<void> {
  try {
    const found = await lstat(destination);
    if (force && !found.isDirectory()) return;
    throw found.isDirectory()
      ? unusable(`${destination} is a directory`)
      : new AppError('DESTINATION_EXISTS', `${destination} exists already`);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw translateWrite(error, destination);
  }
}

/** Half an hour of copying should not end in "no space". The answer may be out of date a moment later; the writes are checked too. */
async function requireRoom({ destination, expected }: RestoreRequest): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(destination)).catch((error: unknown) => {
    throw translateWrite(error, destination);
  });
  const freeBytes = bavail * bsize;
  if (freeBytes >= expected.sizeBytes) return;
  throw noRoom(destination, `${formatBytes(expected.sizeBytes)} needed, ${formatBytes(freeBytes)} free`);
}

/** Beside the destination, so that it can get its name by a link; hidden, and unguessable enough not to collide. */
async function createTemporary({ destination, random }: RestoreRequest): Promise<{ file: FileHandle; path: string }> {
  const tag = Math.floor(random() * 2 ** 48).toString(36);
  const path = join(dirname(destination), `.pullmirror-restore-${tag}`);
  try {
    return { file: await open(path, 'wx', 0o600), path };
  } catch (error) {
    throw translateWrite(error, destination);
  }
}

async function writeAll(file: FileHandle, piece: Buffer, destination: string): Promise<void> {
  try {
    for (let at = 0; at < piece.length; ) at += (await file.write(piece, at)).bytesWritten;
  } catch (error) {
    throw translateWrite(error, destination);
  }
}

async function giveName(temporary: string, { destination, force }: RestoreRequest): Promise<void> {
  if (force) return rename(temporary, destination);
  try {
    await link(temporary, destination);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST') throw new AppError('DESTINATION_EXISTS', `${destination} exists already`, { cause: error });
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error;
    // FAT and some network filesystems have no links. Another program making this very name within the next moment would lose it.
    await refuseWhatIsThere({ destination, force: false });
    await rename(temporary, destination);
  }
}

function translateWrite(error: unknown, destination: string): unknown {
  const code = systemCode(error);
  if (isAppError(error) || code === undefined || !(error instanceof Error)) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') return noRoom(destination, error.message, error);
  return unusable(`${basename(destination)} cannot be written to ${dirname(destination)}: ${error.message}`, error);
}

function noRoom(destination: string, why: string, cause?: unknown): AppError {
  const hint = 'Free space there, or restore to another place; nothing was left behind.';
  return unusable(`no room for ${destination}: ${why}`, cause, { hint });
}

function unusable(message: string, cause?: unknown, options: { hint?: string } = {}): AppError {
  return new AppError('DESTINATION_UNUSABLE', message, cause === undefined ? options : { ...options, cause });
}
