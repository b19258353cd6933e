import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../core/errors.ts';
import { type Content, fileContent, memoryContent } from './content.ts';

/** Bodies up to this size stay in memory; larger ones are written in pieces of it or more. */
const MEMORY_LIMIT_BYTES = 256 * 1024;

/** A body on its way in. */
export interface Spool {
  write(chunk: Uint8Array): Promise<void>;
  /** The content, held once: whoever keeps it releases it. */
  finish(): Promise<Content>;
  discard(): Promise<void>;
}

/** Files of bodies, counted by who holds them; small bodies stay in memory. Knows nothing of what it held before a restart. */
export class BlobFiles {
  readonly #directory: string;
  readonly #holders = new Map<string, number>();
  #next = 0;

  constructor(dataDir: string) {
    mkdirSync(dataDir, { recursive: true });
    this.#directory = mkdtempSync(join(dataDir, 's3-'));
  }

  spool(): Spool {
    let chunks: Uint8Array[] = [];
    let waitingBytes = 0;
    let sizeBytes = 0;
    let file: { readonly path: string; readonly handle: FileHandle } | null = null;
    return {
      write: async (chunk) => {
        sizeBytes += chunk.byteLength;
        waitingBytes += chunk.byteLength;
        chunks.push(chunk);
        if (waitingBytes <= MEMORY_LIMIT_BYTES) return;
        if (file === null) {
          this.#next += 1;
          const path = join(this.#directory, `${this.#next}.body`);
          file = { path, handle: await open(path, 'wx') };
        }
        await writeAll(file.handle, Buffer.concat(chunks));
        chunks = [];
        waitingBytes = 0;
      },
      finish: async () => {
        if (file === null) return memoryContent(Buffer.concat(chunks));
        await writeAll(file.handle, Buffer.concat(chunks));
        await file.handle.close();
        this.#holders.set(file.path, 1);
        return fileContent(file.path, sizeBytes);
      },
      discard: async () => {
        if (file === null) return;
        await file.handle.close();
        await unlink(file.path);
      },
    };
  }

  retain(content: Content): void {
    for (const path of content.files) this.#holders.set(path, (this.#holders.get(path) ?? 0) + 1);
  }

  release(content: Content): void {
    for (const path of content.files) {
      const holders = (this.#holders.get(path) ?? 0) - 1;
      if (holders > 0) {
        this.#holders.set(path, holders);
        continue;
      }
      this.#holders.delete(path);
      rmSync(path, { force: true });
    }
  }

  close(): void {
    try {
      rmSync(this.#directory, { recursive: true, force: true });
    } catch (error) {
      // A request that is just being cut off may still be writing its file; the directory is a temporary one.
      if (systemCode(error) !== 'ENOTEMPTY') throw error;
    }
  }
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.byteLength; ) {
    const { bytesWritten } = await handle.write(chunk, at, chunk.byteLength - at);
    at += bytesWritten;
  }
}
