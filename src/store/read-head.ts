import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** The beginning of a plain file as text, at most so many bytes of it. Throws the filesystem's own errors. */
export function readHead(path: string, maxBytes: number): string {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    let length = 0;
    const buffer = Buffer.alloc(Math.min(maxBytes, fstatSync(descriptor).size));
    while (length < buffer.length) {
      const read = readSync(descriptor, buffer, length, buffer.length - length, length);
      if (read === 0) break;
      length += read;
    }
    return buffer.toString('utf8', 0, length);
  } finally {
    closeSync(descriptor);
  }
}
