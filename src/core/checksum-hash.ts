import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { IHasher } from 'hash-wasm';
import type { ChecksumAlgorithm } from './archive.ts';

/** One running digest that can be used again: `finish` gives the bytes, big-endian as S3 writes them, and begins anew. */
export interface ChecksumHash {
  update(chunk: Uint8Array): void;
  finish(): Buffer;
  /** Says that it is not needed any more. */
  release(): void;
}

export type HashAlgorithm = ChecksumAlgorithm | 'MD5';

/**
 * A digest by the cheapest means there is: node:zlib for CRC32, node:crypto for MD5 and SHA, WebAssembly for CRC32C and CRC64NVME
 * (loaded when first needed). Parameters of the CRCs: the catalogue of parametrised CRC algorithms by G. Cook, CRC-32/ISCSI and CRC-64/NVME.
 */
export async function createChecksumHash(algorithm: HashAlgorithm): Promise<ChecksumHash> {
  switch (algorithm) {
    case 'CRC32':
      return createCrc32();
    case 'CRC32C':
    case 'CRC64NVME':
      return fromWasm(algorithm, idle[algorithm].pop() ?? (await instantiate(algorithm)));
    default:
      return fromNode(algorithm);
  }
}

type WasmAlgorithm = 'CRC32C' | 'CRC64NVME';

/**
 * Instances that were released. A WebAssembly instance costs more than hashing a small archive with it, and its memory is given back only
 * when the garbage collector comes to it; there are never more than archives under way at once.
 */
const idle: Readonly<Record<WasmAlgorithm, IHasher[]>> = { CRC32C: [], CRC64NVME: [] };

async function instantiate(algorithm: WasmAlgorithm): Promise<IHasher> {
  const { createCRC32, createCRC64 } = await import('hash-wasm');
  return algorithm === 'CRC32C' ? createCRC32(0x82f63b78) : createCRC64('9a6c9329ac4bc9b5');
}

function createCrc32(): ChecksumHash {
  let value = 0;
  return {
    update(chunk) {
      value = crc32(chunk, value);
    },
    finish() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      value = 0;
      return bytes;
    },
    release() {},
  };
}

function fromWasm(algorithm: WasmAlgorithm, hasher: IHasher): ChecksumHash {
  hasher.init();
  let released = false;
  return {
    update(chunk) {
      hasher.update(chunk);
    },
    finish() {
      const bytes = Buffer.from(hasher.digest('binary'));
      hasher.init();
      return bytes;
    },
    release() {
      if (!released) idle[algorithm].push(hasher);
      released = true;
    },
  };
}

function fromNode(algorithm: 'MD5' | 'SHA1' | 'SHA256'): ChecksumHash {
  const name = algorithm.toLowerCase();
  let hash = createHash(name);
  return {
    update(chunk) {
      hash.update(chunk);
    },
    finish() {
      const bytes = hash.digest();
      hash = createHash(name);
      return bytes;
    },
    release() {},
  };
}
