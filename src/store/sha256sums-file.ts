import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../core/errors.ts';
import {
  type ChecksumLine,
  formatChecksumLine,
  parseChecksumLine,
  SUMS_NAME,
  SUMS_TEMPORARY_NAME,
} from '../core/sha256sums.ts';
import { translateFsError } from './translate-fs-error.ts';
import { fsyncFolder, writeFileAtomically } from './write-file-atomically.ts';

const MODE = 0o644;
/** A longer line is no line of ours: hash, blanks, PATH_MAX with every byte escaped. */
const MAX_LINE_BYTES = 64 + 3 + 2 * 4096;
const NEWLINE = 0x0a;

/** What stands in a list, in the order of the file. */
export type ChecksumEntry =
  | ({ readonly kind: 'line' } & ChecksumLine)
  | { readonly kind: 'bad'; readonly lineNumber: number }
  /** The last line has no newline: a crash cut it short. */
  | { readonly kind: 'torn'; readonly text: string };

export interface AppendResult {
  /** A line without its end, left by a crash, that was cut off before appending: its archive has to be written to the list again. */
  readonly tornLine: string | null;
}

/**
 * Adds a group of lines to `<vault folder>/SHA256SUMS` with one fsync. When it fails (disk full), the list keeps its former length, so far as
 * the disk allows; what is left then is a torn line, which the next call cuts off. Errors: STORE_*.
 */
export async function appendChecksums(vaultFolder: string, lines: readonly ChecksumLine[]): Promise<AppendResult> {
  if (lines.length === 0) return { tornLine: null };
  const path = join(vaultFolder, SUMS_NAME);
  try {
    // O_NOFOLLOW: the list of a foreign disk may be a symbolic link to some file of this machine.
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
    const handle = await open(path, flags, MODE);
    try {
      const { size } = await handle.stat();
      const torn = await readTornLine(handle, size);
      const end = size - torn.length;
      if (torn.length > 0) await handle.truncate(end);
      const text = lines.map(formatChecksumLine).join('');
      await writeAt(handle, end, torn.length === MAX_LINE_BYTES ? `\n${text}` : text);
      await handle.sync();
      if (size === 0) await fsyncFolder(vaultFolder);
      return { tornLine: torn.length === 0 ? null : torn.toString('utf8') };
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw translateFsError(error, `writing ${path}`);
  }
}

/** Writes `<vault folder>/SHA256SUMS` anew, atomically, from any number of lines. Errors: STORE_*. */
export async function rewriteChecksums(
  vaultFolder: string,
  lines: Iterable<ChecksumLine> | AsyncIterable<ChecksumLine>,
): Promise<void> {
  const path = join(vaultFolder, SUMS_NAME);
  try {
    await writeFileAtomically({
      path,
      temporaryPath: join(vaultFolder, SUMS_TEMPORARY_NAME),
      mode: MODE,
      pieces: formatted(lines),
    });
  } catch (error) {
    throw translateFsError(error, `writing ${path}`);
  }
}

/** Streams the list of a vault's folder; no list at all is an empty one. Errors: STORE_*. */
export function readChecksums(vaultFolder: string): AsyncGenerator<ChecksumEntry> {
  return readChecksumList(join(vaultFolder, SUMS_NAME));
}

/** As `readChecksums`, of a list that lies anywhere. */
export async function* readChecksumList(path: string): AsyncGenerator<ChecksumEntry> {
  let lineNumber = 0;
  let rest = '';
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      for await (const chunk of handle.createReadStream({ encoding: 'utf8', autoClose: false })) {
        const rows = `${rest}${chunk}`.split('\n');
        rest = rows.pop() ?? '';
        for (const row of rows) yield entry(row, ++lineNumber);
        // No line is this long: garbage without newlines must not fill the memory. What follows is reported as bad when its end comes.
        if (rest.length > MAX_LINE_BYTES) rest = rest.slice(0, MAX_LINE_BYTES + 1);
      }
    } finally {
      // Also when the reader of this generator stops early.
      await handle.close();
    }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw translateFsError(error, `reading ${path}`);
  }
  if (rest !== '') yield { kind: 'torn', text: rest };
}

function entry(row: string, lineNumber: number): ChecksumEntry {
  const line = row.length > MAX_LINE_BYTES ? null : parseChecksumLine(row);
  return line === null ? { kind: 'bad', lineNumber } : { kind: 'line', ...line };
}

async function* formatted(lines: Iterable<ChecksumLine> | AsyncIterable<ChecksumLine>): AsyncGenerator<string> {
  for await (const line of lines) yield formatChecksumLine(line);
}

async function writeAt(handle: FileHandle, end: number, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  try {
    let written = 0;
    while (written < bytes.length) {
      const result = await handle.write(bytes, written, bytes.length - written, end + written);
      written += result.bytesWritten;
    }
  } catch (error) {
    await handle.truncate(end).catch(() => undefined);
    throw error;
  }
}

/** The bytes after the last newline. As many as MAX_LINE_BYTES are garbage without newlines, of which they are only the end. */
async function readTornLine(handle: FileHandle, size: number): Promise<Buffer> {
  const length = Math.min(size, MAX_LINE_BYTES);
  const tail = Buffer.alloc(length);
  await handle.read(tail, 0, length, size - length);
  return tail.subarray(tail.lastIndexOf(NEWLINE) + 1);
}
