import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { ObjectRef } from '../core/archive.ts';
import { systemCode } from '../core/errors.ts';
import { RangeSet } from '../core/range-set.ts';
import { translateFsError } from './translate-fs-error.ts';

/** Which object version a partial file belongs to; another version never resumes it. */
export interface PartialIdentity extends ObjectRef {
  readonly vault: string;
}

const LOG_SUFFIX = '.log';
const DATA_SUFFIX = '.part';
const READ_BYTES = 1024 * 1024;
/** Archives are for reading: their owner's tools may read them, nobody writes them. */
export const ARCHIVE_MODE = 0o440;

/**
 * An unfinished download: `<name>.part` holds the bytes at their final offsets, `<name>.log` one line for each block written
 * ("start end crc32"). After a crash the blocks that still have their CRC-32 are kept; the rest (torn by a power cut) is fetched again.
 * Nothing is fsynced until the archive is complete: losing a partial costs bandwidth, not data.
 */
export class PartialFile {
  readonly path: string;
  readonly done = new RangeSet();
  readonly #logPath: string;
  readonly #data: FileHandle;
  #log: FileHandle | undefined;
  #hasLog = false;
  /** Permission bits that the file is known to have. */
  #mode: number | undefined;
  readonly #identity: PartialIdentity;

  private constructor(paths: { data: string; log: string }, data: FileHandle, identity: PartialIdentity) {
    this.path = paths.data;
    this.#logPath = paths.log;
    this.#data = data;
    this.#identity = identity;
  }

  /** Starts from nothing, whatever was there. A file that is not `resumable` keeps no log: for archives that fit one request. */
  static async create(dir: string, identity: PartialIdentity, options: { resumable: boolean }): Promise<PartialFile> {
    const paths = partialPaths(dir, identity);
    try {
      if (options.resumable) await unlinkIfThere(paths.log);
      const data = await createFile(paths.data, options.resumable ? 0o640 : ARCHIVE_MODE);
      const partial = new PartialFile(paths, data, identity);
      if (options.resumable) await partial.#startLog();
      else partial.#mode = ARCHIVE_MODE & ~process.umask();
      return partial;
    } catch (error) {
      throw translateFsError(error, `opening ${paths.data}`);
    }
  }

  /** Goes on with what an earlier process left, if it is of the same object version; else starts from nothing. */
  static async resume(dir: string, identity: PartialIdentity): Promise<PartialFile> {
    const paths = partialPaths(dir, identity);
    if (!(await logIsOf(paths.log, identity))) return PartialFile.create(dir, identity, { resumable: true });
    let data: FileHandle | undefined;
    let partial: PartialFile | undefined;
    try {
      data = await openAgain(paths.data);
      // Under its final name as well: it is published, or nearly, and must not be written to.
      if ((await data.stat()).nlink > 1) {
        await data.close();
        await unlink(paths.data);
        return PartialFile.create(dir, identity, { resumable: true });
      }
      partial = new PartialFile(paths, data, identity);
      partial.#hasLog = true;
      partial.#log = await open(paths.log, constants.O_WRONLY | constants.O_APPEND);
      // A line torn by the crash must not swallow the next one.
      await partial.#log.write('\n');
      const buffer = Buffer.allocUnsafe(READ_BYTES);
      for await (const block of loggedBlocks(paths.log, identity.sizeBytes)) {
        if (await partial.#blockIsIntact(block, buffer)) partial.done.add(block);
      }
      return partial;
    } catch (error) {
      await partial?.close();
      await data?.close();
      if (systemCode(error) === 'ENOENT') return PartialFile.create(dir, identity, { resumable: true });
      throw translateFsError(error, `opening ${paths.data}`);
    }
  }

  /**
   * Takes what an earlier process left as a whole file, or null where it has not the full length or is published already. Nothing is known of its
   * bytes: the caller hashes them.
   */
  static async takeWhole(dir: string, identity: PartialIdentity): Promise<PartialFile | null> {
    const paths = partialPaths(dir, identity);
    try {
      const facts = await lstat(paths.data);
      if (!facts.isFile() || facts.size !== identity.sizeBytes || facts.nlink > 1) return null;
      const partial = new PartialFile(paths, await openAgain(paths.data), identity);
      partial.#hasLog = true;
      return partial;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return null;
      throw translateFsError(error, `opening ${paths.data}`);
    }
  }

  /** Writes a block at its final offset and notes it in the log. */
  async write(position: number, chunks: readonly Buffer[]): Promise<void> {
    try {
      let end = position;
      let crc = 0;
      for (const chunk of chunks) {
        end += chunk.length;
        if (this.#log !== undefined) crc = crc32(chunk, crc);
      }
      await writeFully(this.#data, chunks, position);
      if (this.#log !== undefined) await this.#log.write(`${position} ${end} ${crc.toString(16)}\n`);
      this.done.add({ start: position, end });
    } catch (error) {
      throw translateFsError(error, `writing ${this.path}`);
    }
  }

  /** Fills `buffer` from `position`; returns the bytes read, fewer only at the end of the file. */
  async read(buffer: Buffer, position: number): Promise<number> {
    try {
      let filled = 0;
      while (filled < buffer.length) {
        const { bytesRead } = await this.#data.read(buffer, filled, buffer.length - filled, position + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return filled;
    } catch (error) {
      throw translateFsError(error, `reading ${this.path}`);
    }
  }

  /** Gives the finished file its last shape (read-only, the vault's time) and forces it onto the disk. */
  async seal(args: { mtimeMs: number }): Promise<void> {
    try {
      await this.#data.utimes(args.mtimeMs / 1000, args.mtimeMs / 1000);
      await this.#data.sync();
      // Last, because a partial that nobody may write to cannot be gone on with.
      if (this.#mode !== ARCHIVE_MODE) await this.#data.chmod(ARCHIVE_MODE);
    } catch (error) {
      throw translateFsError(error, `writing ${this.path}`);
    }
  }

  /** Closes the files and leaves them for a later `resume`. */
  async close(): Promise<void> {
    await this.#data.close();
    await this.#log?.close();
    this.#log = undefined;
  }

  /** Removes both files: after the archive was published under its own name, or when what was fetched is worth nothing. */
  async remove(): Promise<void> {
    await unlinkIfThere(this.path);
    if (this.#hasLog) await unlinkIfThere(this.#logPath);
  }

  async #startLog(): Promise<void> {
    this.#hasLog = true;
    this.#log = await open(this.#logPath, 'wx', 0o640);
    await this.#log.write(`${JSON.stringify(logHeader(this.#identity))}\n`);
  }

  async #blockIsIntact(block: LoggedBlock, buffer: Buffer): Promise<boolean> {
    let crc = 0;
    for (let position = block.start; position < block.end; ) {
      const wanted = buffer.subarray(0, Math.min(buffer.length, block.end - position));
      const bytesRead = await readOrNothing(this.#data, wanted, position);
      if (bytesRead === 0) return false;
      crc = crc32(wanted.subarray(0, bytesRead), crc);
      position += bytesRead;
    }
    return crc === block.crc;
  }
}

interface LoggedBlock {
  readonly start: number;
  readonly end: number;
  readonly crc: number;
}

/** The two file names of a partial download: a hash, because keys are hostile and too long. */
export function partialPaths(dir: string, identity: PartialIdentity): { data: string; log: string } {
  const { vault, key, versionId, etag, sizeBytes } = identity;
  const name = createHash('sha256')
    .update(JSON.stringify([vault, key, versionId, etag, sizeBytes]))
    .digest('hex')
    .slice(0, 40);
  return { data: join(dir, name + DATA_SUFFIX), log: join(dir, name + LOG_SUFFIX) };
}

function logHeader(identity: PartialIdentity): Record<string, unknown> {
  const { vault, key, versionId, etag, sizeBytes } = identity;
  return { v: 1, vault, key, versionId, etag, sizeBytes };
}

/** The identity that a log file names, or null when it cannot be read: for clearing up partials that nobody will finish. */
export function parseLogIdentity(firstLine: string): PartialIdentity | null {
  let value: unknown;
  try {
    value = JSON.parse(firstLine);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { vault, key, versionId, etag, sizeBytes } = value as Record<string, unknown>;
  if (typeof vault !== 'string' || typeof key !== 'string' || typeof etag !== 'string' || typeof sizeBytes !== 'number')
    return null;
  if (versionId !== null && typeof versionId !== 'string') return null;
  return { vault, key, versionId, etag, sizeBytes };
}

/** Does the log exist and begin with this identity? */
async function logIsOf(path: string, identity: PartialIdentity): Promise<boolean> {
  for await (const line of lines(path)) {
    return JSON.stringify(parseLogIdentity(line)) === JSON.stringify(identityOnly(identity));
  }
  return false;
}

/** The blocks that a log names, as they are read: the log of a very large archive does not fit into memory. */
async function* loggedBlocks(path: string, sizeBytes: number): AsyncGenerator<LoggedBlock> {
  for await (const line of lines(path)) {
    const match = /^(\d{1,15}) (\d{1,15}) ([0-9a-f]{1,8})$/.exec(line);
    if (match === null) continue;
    const block = { start: Number(match[1]), end: Number(match[2]), crc: Number.parseInt(match[3] ?? '', 16) };
    if (block.start < block.end && block.end <= sizeBytes) yield block;
  }
}

async function* lines(path: string): AsyncGenerator<string> {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      yield* handle.readLines({ encoding: 'utf8', autoClose: false });
    } finally {
      // Whoever stops reading early leaves the stream paused, which would keep the file open for ever.
      await handle.close();
    }
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw translateFsError(error, `reading ${path}`);
  }
}

/** Opens a partial for writing; one that was sealed before its publication failed is made writable again. */
async function openAgain(path: string): Promise<FileHandle> {
  const flags = constants.O_RDWR | constants.O_NOFOLLOW;
  try {
    return await open(path, flags);
  } catch (error) {
    if (systemCode(error) !== 'EACCES') throw error;
    const sealed = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      if ((await sealed.stat()).nlink === 1) await sealed.chmod(0o640);
    } finally {
      await sealed.close();
    }
    return open(path, flags);
  }
}

/** What a bad sector took is simply not there any more: it comes again from the vault. */
async function readOrNothing(handle: FileHandle, buffer: Buffer, position: number): Promise<number> {
  try {
    return (await handle.read(buffer, 0, buffer.length, position)).bytesRead;
  } catch (error) {
    if (systemCode(error) === 'EIO') return 0;
    throw error;
  }
}

function identityOnly({ vault, key, versionId, etag, sizeBytes }: PartialIdentity): PartialIdentity {
  return { vault, key, versionId, etag, sizeBytes };
}

async function writeFully(handle: FileHandle, chunks: readonly Buffer[], position: number): Promise<void> {
  let rest = chunks;
  let offset = position;
  while (rest.length > 0) {
    const { bytesWritten } = await handle.writev(rest, offset);
    offset += bytesWritten;
    rest = dropBytes(rest, bytesWritten);
  }
}

function dropBytes(chunks: readonly Buffer[], bytes: number): Buffer[] {
  let skip = bytes;
  const rest: Buffer[] = [];
  for (const chunk of chunks) {
    if (skip >= chunk.length) skip -= chunk.length;
    else {
      rest.push(skip === 0 ? chunk : chunk.subarray(skip));
      skip = 0;
    }
  }
  return rest;
}

/** A new file; what an earlier process left under its name is worth nothing, and may not be writable. */
async function createFile(path: string, mode: number): Promise<FileHandle> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  try {
    return await open(path, flags, mode);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    await unlink(path);
    return open(path, flags, mode);
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw translateFsError(error, `opening ${path}`);
  }
}
