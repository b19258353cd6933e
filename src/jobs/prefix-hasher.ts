import type { ArchiveDigests, DigestResult } from '../core/archive-digests.ts';
import type { PartialFile } from '../store/partial-file.ts';

const READ_BYTES = 1024 * 1024;

/**
 * Hashes a file from its beginning while its ranges arrive in any order: blocks that come in order are hashed from memory, the others are
 * read back (from the page cache, mostly) when the gap before them closes. One reading at a time; memory is one buffer.
 */
export class PrefixHasher {
  readonly #partial: PartialFile;
  readonly #digests: ArchiveDigests;
  #hashed = 0;
  #buffer: Buffer | undefined;
  #reading: Promise<void> | null = null;
  #failure: unknown;

  constructor(partial: PartialFile, digests: ArchiveDigests) {
    this.#partial = partial;
    this.#digests = digests;
  }

  /** Says that these bytes are in the file now. */
  written(position: number, chunks: readonly Buffer[]): void {
    if (this.#reading === null && position === this.#hashed) {
      for (const chunk of chunks) {
        this.#digests.update(chunk);
        this.#hashed += chunk.length;
      }
    }
    this.catchUp();
  }

  /** Starts to read back what lies contiguous and is not hashed yet. */
  catchUp(): void {
    if (this.#reading !== null || this.#failure !== undefined) return;
    if (this.#partial.done.contiguousEnd <= this.#hashed) return;
    this.#reading = this.#readBack().then(
      () => {
        this.#reading = null;
      },
      (error: unknown) => {
        this.#failure = error;
        this.#reading = null;
      },
    );
  }

  /** Waits for all bytes to be hashed and gives the result. Call when the file is complete. */
  async finish(): Promise<DigestResult> {
    while (this.#reading !== null) await this.#reading;
    if (this.#failure === undefined) await this.#readBack();
    if (this.#failure !== undefined) throw this.#failure;
    return this.#digests.finish();
  }

  async #readBack(): Promise<void> {
    this.#buffer ??= Buffer.allocUnsafeSlow(READ_BYTES);
    for (;;) {
      const bytes = Math.min(READ_BYTES, this.#partial.done.contiguousEnd - this.#hashed);
      if (bytes <= 0) return;
      const read = await this.#partial.read(this.#buffer.subarray(0, bytes), this.#hashed);
      if (read < bytes) throw new Error(`${this.#partial.path} is shorter than what was written to it`);
      this.#digests.update(this.#buffer.subarray(0, read));
      this.#hashed += read;
    }
  }
}
