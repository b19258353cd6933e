import { createCipheriv } from 'node:crypto';

const BLOCK_BYTES = 16;

/** Bytes of an upload that nobody stores: AES in counter mode over zeros, so that any range can be made without what comes before it. */
export function generatedBytes(first: number, sizeBytes: number): Buffer {
  if (first % BLOCK_BYTES !== 0) throw new RangeError(`${first} is not at the beginning of a block`);
  const counter = Buffer.alloc(BLOCK_BYTES);
  counter.writeBigUInt64BE(BigInt(first / BLOCK_BYTES), 8);
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 'large upload'), counter);
  return cipher.update(Buffer.alloc(sizeBytes));
}
