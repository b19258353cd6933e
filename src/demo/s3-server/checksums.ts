import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { createCRC32, createCRC64, type IHasher } from 'hash-wasm';
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm } from '../../core/archive.ts';

export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

/** A checksum as S3 stores it with an object: base64, a composite one with `-N` after it. */
export interface StoredChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
  readonly value: string;
}

/** A checksum that is being computed; `digest` ends it. */
export interface RunningChecksum {
  update(chunk: Uint8Array): void;
  digest(): Buffer;
}

interface CrcShape {
  readonly bits: number;
  /** The polynomial, bits reversed. */
  readonly polynomial: bigint;
}

export const DIGEST_BYTES: Readonly<Record<ChecksumAlgorithm, number>> = {
  CRC64NVME: 8,
  CRC32C: 4,
  CRC32: 4,
  SHA1: 20,
  SHA256: 32,
};

const CRC: Partial<Readonly<Record<ChecksumAlgorithm, CrcShape>>> = {
  CRC64NVME: { bits: 64, polynomial: 0x9a6c9329ac4bc9b5n },
  CRC32C: { bits: 32, polynomial: 0x82f63b78n },
  CRC32: { bits: 32, polynomial: 0xedb88320n },
};

/** WebAssembly instances that nobody uses now: making one costs more than hashing a small object. */
const idle = new Map<ChecksumAlgorithm, IHasher[]>();

export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** The element name in XML documents: `ChecksumCRC32`. */
export function checksumElement(algorithm: ChecksumAlgorithm): string {
  return `Checksum${algorithm}`;
}

export function checksumAlgorithm(name: string): ChecksumAlgorithm | undefined {
  return CHECKSUM_ALGORITHMS.find((algorithm) => algorithm === name.toUpperCase());
}

/** CRCs can cover a whole multipart object; a SHA over parts is always composite (S3 user guide, "Checking object integrity"). */
export function allowsType(algorithm: ChecksumAlgorithm, type: ChecksumType): boolean {
  if (algorithm === 'CRC64NVME') return type === 'FULL_OBJECT';
  return CRC[algorithm] !== undefined || type === 'COMPOSITE';
}

export async function startChecksum(algorithm: ChecksumAlgorithm): Promise<RunningChecksum> {
  if (algorithm === 'SHA1' || algorithm === 'SHA256') {
    const hash = createHash(algorithm.toLowerCase());
    return { update: (chunk) => void hash.update(chunk), digest: () => hash.digest() };
  }
  if (algorithm === 'CRC32') return startCrc32();
  return borrowHasher(algorithm);
}

/** Base64 of the checksum of the parts' checksums, with their number: `…-3`. */
export async function compositeChecksum(algorithm: ChecksumAlgorithm, parts: readonly string[]): Promise<string> {
  const running = await startChecksum(algorithm);
  for (const part of parts) running.update(Buffer.from(part, 'base64'));
  return `${running.digest().toString('base64')}-${parts.length}`;
}

/**
 * The CRC of parts laid end to end, from their CRCs alone (zlib's crc32_combine): a 50 GB upload is completed without
 * reading it again.
 */
export function joinCrcs(
  algorithm: ChecksumAlgorithm,
  parts: readonly { readonly sizeBytes: number; readonly value: string }[],
): string {
  const shape = CRC[algorithm];
  if (shape === undefined) throw new TypeError(`${algorithm} cannot be joined`);
  let joined = 0n;
  for (const part of parts) {
    const crc = BigInt(`0x${Buffer.from(part.value, 'base64').toString('hex')}`);
    joined = multiply(shape, zeroBytes(shape, part.sizeBytes), joined) ^ crc;
  }
  return Buffer.from(joined.toString(16).padStart(shape.bits / 4, '0'), 'hex').toString('base64');
}

function startCrc32(): RunningChecksum {
  let value = 0;
  return {
    update(chunk) {
      value = crc32(chunk, value);
    },
    digest() {
      const out = Buffer.alloc(4);
      out.writeUInt32BE(value);
      return out;
    },
  };
}

async function borrowHasher(algorithm: 'CRC64NVME' | 'CRC32C'): Promise<RunningChecksum> {
  const hasher =
    idle.get(algorithm)?.pop() ??
    (algorithm === 'CRC32C' ? await createCRC32(0x82f63b78) : await createCRC64('9a6c9329ac4bc9b5'));
  hasher.init();
  return {
    update: (chunk) => void hasher.update(chunk),
    digest() {
      const out = Buffer.from(hasher.digest('hex'), 'hex');
      const waiting = idle.get(algorithm) ?? [];
      waiting.push(hasher);
      idle.set(algorithm, waiting);
      return out;
    },
  };
}

/** Product of two polynomials modulo the CRC's, in reflected form (zlib's multmodp). */
function multiply(shape: CrcShape, a: bigint, b: bigint): bigint {
  let product = 0n;
  let shifted = b;
  for (let bit = 1n << BigInt(shape.bits - 1); bit > 0n; bit >>= 1n) {
    if ((a & bit) !== 0n) product ^= shifted;
    shifted = (shifted & 1n) === 1n ? (shifted >> 1n) ^ shape.polynomial : shifted >> 1n;
  }
  return product;
}

/** x to the power of 8 x sizeBytes: what appending that many zero bytes does to a CRC. */
function zeroBytes(shape: CrcShape, sizeBytes: number): bigint {
  let power = 1n << BigInt(shape.bits - 1);
  let square = 1n << BigInt(shape.bits - 9);
  for (let rest = BigInt(sizeBytes); rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) power = multiply(shape, power, square);
    square = multiply(shape, square, square);
  }
  return power;
}
