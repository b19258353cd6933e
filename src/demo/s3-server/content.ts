import { createReadStream } from 'node:fs';

const CHUNK_BYTES = 1 << 20;

/** The bytes of an object or of a part, wherever they lie. Never changes. */
export interface Content {
  readonly sizeBytes: number;
  /** Files that must outlive this content. */
  readonly files: readonly string[];
  /** Bytes from `start` (inclusive) to `end` (exclusive), in chunks of at most 1 MiB. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

export function memoryContent(bytes: Uint8Array): Content {
  return {
    sizeBytes: bytes.byteLength,
    files: [],
    async *read(start, end) {
      for (let at = start; at < end; at += CHUNK_BYTES) yield bytes.subarray(at, Math.min(end, at + CHUNK_BYTES));
    },
  };
}

export function fileContent(path: string, sizeBytes: number): Content {
  return {
    sizeBytes,
    files: [path],
    read(start, end) {
      if (start >= end) return memoryContent(new Uint8Array()).read(0, 0);
      return createReadStream(path, { start, end: end - 1, highWaterMark: CHUNK_BYTES });
    },
  };
}

/** A window of another content: what UploadPartCopy with a range takes. */
export function sliceContent(content: Content, start: number, end: number): Content {
  if (start === 0 && end === content.sizeBytes) return content;
  return {
    sizeBytes: end - start,
    files: content.files,
    read: (from, to) => content.read(start + from, start + to),
  };
}

/** Contents laid end to end: what CompleteMultipartUpload makes of parts. */
export function joinContents(contents: readonly Content[]): Content {
  const sizeBytes = contents.reduce((sum, content) => sum + content.sizeBytes, 0);
  return {
    sizeBytes,
    files: [...new Set(contents.flatMap((content) => content.files))],
    async *read(start, end) {
      let offset = 0;
      for (const content of contents) {
        const from = Math.max(start - offset, 0);
        const to = Math.min(end - offset, content.sizeBytes);
        if (from < to) yield* content.read(from, to);
        offset += content.sizeBytes;
      }
    },
  };
}

/**
 * Content made up while it is read: gigabytes without a disk. Each MiB is another window of one block of noise, so that
 * swapped, repeated or shifted ranges give another hash; the same seed gives the same bytes.
 */
export function generatedContent(sizeBytes: number, seed: number): Content {
  return {
    sizeBytes,
    files: [],
    async *read(start, end) {
      const noise = noiseBlock();
      for (let at = start; at < end; ) {
        const index = Math.floor(at / CHUNK_BYTES);
        const within = at - index * CHUNK_BYTES;
        const length = Math.min(CHUNK_BYTES - within, end - at);
        const shift = (seed * 40_503 + index * 4_099) % CHUNK_BYTES;
        yield noise.subarray(shift + within, shift + within + length);
        at += length;
      }
    },
  };
}

let noiseCache: Uint8Array | undefined;

/** 2 MiB of xorshift noise: any 1 MiB window of it is a chunk. */
function noiseBlock(): Uint8Array {
  if (noiseCache !== undefined) return noiseCache;
  const words = new Uint32Array((2 * CHUNK_BYTES) / 4);
  let state = 0x9e3779b9;
  for (let at = 0; at < words.length; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state;
  }
  noiseCache = new Uint8Array(words.buffer);
  return noiseCache;
}
