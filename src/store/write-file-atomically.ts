import { closeSync, constants, fsyncSync, openSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface AtomicWrite {
  readonly path: string;
  /** In the same folder; what an earlier crash left there is replaced. One writer at a time. */
  readonly temporaryPath: string;
  /** Permission bits, less the umask. */
  readonly mode: number;
  /** Text in pieces of any size; never held in memory as a whole. */
  readonly pieces: Iterable<string> | AsyncIterable<string>;
}

const FLUSH_AT_CHARACTERS = 64 * 1024;

/**
 * Replaces a file so that a crash at any moment leaves the old or the new one, whole: temporary file, fsync, rename, fsync of the folder.
 * After an error the old file is untouched and the temporary one is gone. Throws the filesystem's own errors, and those of `pieces`.
 */
export async function writeFileAtomically(write: AtomicWrite): Promise<void> {
  await rm(write.temporaryPath, { force: true });
  try {
    const handle = await open(write.temporaryPath, 'wx', write.mode);
    try {
      await writePieces(handle, write.pieces);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(write.temporaryPath, write.path);
  } catch (error) {
    await rm(write.temporaryPath, { force: true }).catch(() => undefined);
    throw error;
  }
  await fsyncFolder(dirname(write.path));
}

/** Makes names in a folder durable: after it, a rename or a removal survives a power cut. */
export async function fsyncFolder(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** `fsyncFolder` for the few places that must not wait for the event loop: init. */
export function fsyncFolderSync(path: string): void {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Forces the bytes of a finished file onto the disk. */
export function flushFileSync(path: string): void {
  const descriptor = openSync(path, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

async function writePieces(handle: FileHandle, pieces: AtomicWrite['pieces']): Promise<void> {
  let pending = '';
  for await (const piece of pieces) {
    pending += piece;
    if (pending.length < FLUSH_AT_CHARACTERS) continue;
    await handle.appendFile(pending);
    pending = '';
  }
  if (pending !== '') await handle.appendFile(pending);
}
