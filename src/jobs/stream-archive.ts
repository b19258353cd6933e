import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { AppError } from '../core/errors.ts';
import type { ByteProgress } from './byte-progress.ts';
import { type ExpectedContent, readArchive, verdictWords } from './read-archive.ts';

export interface StreamRequest {
  readonly source: string;
  readonly expected: ExpectedContent;
  readonly sink: Writable;
  readonly signal: AbortSignal;
  readonly progress: ByteProgress;
}

/**
 * Writes a stored archive into a stream, in constant memory, and checks it once more on the way. The caller has checked the file before;
 * should it change in between, ARCHIVE_DAMAGED says that what was written must not be used. The stream is left open.
 */
export async function streamArchive({ source, expected, sink, signal, progress }: StreamRequest): Promise<void> {
  const take = async (piece: Buffer) => {
    // The piece is used again for the next read, so it has to be out of the stream's hands first.
    if (!sink.write(Buffer.from(piece))) await once(sink, 'drain', { signal });
    progress.advanced(piece.length);
  };
  progress.begin({ archives: 1, bytes: expected.sizeBytes });
  try {
    const verdict = await readArchive({ path: source, expected, signal, take });
    if (verdict.kind === 'right') return;
    const words = verdictWords(verdict, expected);
    throw new AppError('ARCHIVE_DAMAGED', `${source} ${words}; it was right a moment ago`, {
      hint: 'What was written to standard output must not be used. Run `pullmirror verify`.',
    });
  } finally {
    progress.end();
  }
}
