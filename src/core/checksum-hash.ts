import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { IHasher } from 'hash-wasm';
import type { ChecksumAlgorithm } from './archive.ts';

/** One running digest that can be used again: `finish` gives the bytes, big-endian as S3 writes them, and begins anew. */
export interface ChecksumHash {
  update(chunk: Uint8Array): void;
  finish(): Buffer;
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
    case 'CRC32C': {
      const { createCRC32 } = await import('hash-wasm');
      return fromWasm(await createCRC32(0x82f63b78));
    }
    case 'CRC64NVME': {
      const { createCRC64 } = await import('hash-wasm');
      return fromWasm(await createCRC64('9a6c9329ac4bc9b5'));
    }
    default:
      return fromNode(algorithm);
  }
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
  };
}

function fromWasm(hasher: IHasher): ChecksumHash {
  hasher.init();
  return {
    update(chunk) {
      hasher.update(chunk);
    },
    finish() {
      const bytes = Buffer.from(hasher.digest('binary'));
      hasher.init();
      return bytes;
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
  };
}
