import { readlinkSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

export interface BadSector {
  /** Reads of it so far. */
  readonly reads: number;
  /** Gives back the disk as it was. */
  mend(): void;
}

/**
 * A place on the disk under a file that does not give its bytes back (EIO), as Node tells it: a device that fails on demand needs root.
 *
 * @param suffix of the file's name
 * @param failing which of the reads that touch the byte at `position` fail, counted from 0
 */
export async function makeBadSector(
  suffix: string,
  position: number,
  failing: (read: number) => boolean,
): Promise<BadSector> {
  const prototype = await handlePrototype();
  const intact = prototype.read;
  let reads = 0;
  prototype.read = async function read(this: FileHandle, ...args: Parameters<typeof intact>) {
    const [, , length, from] = args;
    // A read without a position goes on where the last one ended; of such files every read counts.
    const touches = from === null || (from <= position && position < from + length);
    if (touches && readlinkSync(`/proc/self/fd/${this.fd}`).endsWith(suffix) && failing(reads++)) {
      throw Object.assign(new Error('EIO: i/o error, read'), { errno: -5, code: 'EIO', syscall: 'read' });
    }
    return intact.apply(this, args);
  };
  return {
    get reads() {
      return reads;
    },
    mend() {
      prototype.read = intact;
    },
  };
}

interface Reads {
  read(
    this: FileHandle,
    buffer: Buffer,
    offset: number,
    length: number,
    position: number | null,
  ): Promise<{ bytesRead: number; buffer: Buffer }>;
}

async function handlePrototype(): Promise<Reads> {
  const handle = await open('/dev/null');
  try {
    return Object.getPrototypeOf(handle);
  } finally {
    await handle.close();
  }
}
