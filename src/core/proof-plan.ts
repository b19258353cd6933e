import type { ChecksumAlgorithm, ObjectFacts, Proof } from './archive.ts';
import { guessPartSizes } from './part-sizes.ts';

/** The parts of a multipart upload as the vault lists them (GetObjectAttributes), in order. */
export interface ObjectParts {
  readonly sizesBytes: readonly number[];
  /** Per algorithm one base64 digest a part; only what was sent for every part. */
  readonly checksums: Partial<Readonly<Record<ChecksumAlgorithm, readonly string[]>>>;
}

/** What HEAD of part 1 says about a multipart upload. */
export interface FirstPart {
  readonly sizeBytes: number;
  readonly count: number;
}

/** Where one part ends and the next begins: each size named, or all alike but the last. */
export type PartLayout = { readonly sizesBytes: readonly number[] } | { readonly eachBytes: number };

interface PlanBase {
  readonly proof: Proof;
  readonly sizeBytes: number;
  readonly uploaderSha256: string | null;
}

/** What will be computed from the bytes and compared with what the vault said. */
export type ProofPlan = PlanBase &
  (
    | {
        readonly proof: 'checksum-full';
        readonly algorithm: ChecksumAlgorithm /** Base64. */;
        readonly expected: string;
      }
    | {
        readonly proof: 'checksum-parts';
        readonly algorithm: ChecksumAlgorithm;
        /** Base64, without the number of parts. */
        readonly expected: string;
        readonly partCount: number;
        readonly layouts: readonly PartLayout[];
        /** True when the vault named the size of every part: a mismatch then means other bytes, not a wrong guess. */
        readonly certain: boolean;
      }
    | { readonly proof: 'etag-md5' /** Hex. */; readonly expected: string }
    | {
        readonly proof: 'etag-multipart';
        /** Hex, without the number of parts. */
        readonly expected: string;
        readonly partCount: number;
        readonly layouts: readonly PartLayout[];
      }
    | { readonly proof: 'length-only' }
  );

/** SHA-256 first, because it is computed of every archive anyway; then by strength. */
const FULL_BY_COST: readonly ChecksumAlgorithm[] = ['SHA256', 'CRC64NVME', 'CRC32', 'CRC32C', 'SHA1'];

const DIGEST_BYTES: Readonly<Record<ChecksumAlgorithm, number>> = {
  CRC64NVME: 8,
  CRC32C: 4,
  CRC32: 4,
  SHA1: 20,
  SHA256: 32,
};

/** S3 stores an upload in at most so many parts. */
const MAX_PARTS = 10_000;

/**
 * The strongest proof to be had for an object, given what HEAD says and, where asked for, its parts. Without `parts` and `firstPart` an
 * upload in parts is planned as etag-multipart with guessed part sizes: ask for them when the plan says so, and plan again.
 * How S3 computes them: S3 User Guide, "Checking object integrity"; ETags: S3 API Reference, "Object".
 */
export function planProof(facts: ObjectFacts, parts: ObjectParts | null, firstPart: FirstPart | null): ProofPlan {
  const base = { sizeBytes: facts.sizeBytes, uploaderSha256: facts.uploaderSha256 };
  return (
    planFull(base, facts) ??
    planParts(base, facts, parts, firstPart) ??
    planEtag(base, facts, parts, firstPart) ?? { ...base, proof: 'length-only' }
  );
}

type Base = Omit<PlanBase, 'proof'>;

function planFull(base: Base, facts: ObjectFacts): ProofPlan | null {
  if (facts.checksumType === 'composite') return null;
  for (const algorithm of FULL_BY_COST) {
    const expected = facts.checksums[algorithm];
    if (expected === undefined || !isDigest(expected, algorithm)) continue;
    // Servers from before x-amz-checksum-type: of an upload in parts only CRC64NVME is sure to be of the whole object.
    if (facts.checksumType === null && multipartEtag(facts.etag) !== null && algorithm !== 'CRC64NVME') continue;
    return { ...base, proof: 'checksum-full', algorithm, expected };
  }
  return null;
}

function planParts(
  base: Base,
  facts: ObjectFacts,
  parts: ObjectParts | null,
  firstPart: FirstPart | null,
): ProofPlan | null {
  for (const algorithm of FULL_BY_COST) {
    const [, expected, count] = /^([A-Za-z0-9+/]+={0,2})-(\d{1,5})$/.exec(facts.checksums[algorithm] ?? '') ?? [];
    const partCount = Number(count);
    if (expected === undefined || !isDigest(expected, algorithm) || !isPartCount(partCount)) continue;
    const common = { ...base, proof: 'checksum-parts', algorithm, expected, partCount } as const;
    const known = knownLayout(facts, parts, partCount);
    if (known !== null) return { ...common, layouts: [known], certain: true };
    const uniform = uniformLayout(facts, firstPart, partCount);
    if (uniform !== null) return { ...common, layouts: [uniform], certain: false };
  }
  return null;
}

function planEtag(
  base: Base,
  facts: ObjectFacts,
  parts: ObjectParts | null,
  firstPart: FirstPart | null,
): ProofPlan | null {
  if (facts.etagIsOpaque) return null;
  if (/^[0-9a-f]{32}$/i.test(facts.etag)) return { ...base, proof: 'etag-md5', expected: facts.etag.toLowerCase() };
  const multipart = multipartEtag(facts.etag);
  if (multipart === null) return null;
  const { expected, partCount } = multipart;
  const told = knownLayout(facts, parts, partCount) ?? uniformLayout(facts, firstPart, partCount);
  const layouts =
    told === null ? guessPartSizes(facts.sizeBytes, partCount).map((eachBytes) => ({ eachBytes })) : [told];
  return layouts.length === 0 ? null : { ...base, proof: 'etag-multipart', expected, partCount, layouts };
}

function knownLayout(facts: ObjectFacts, parts: ObjectParts | null, partCount: number): PartLayout | null {
  if (parts === null || parts.sizesBytes.length !== partCount) return null;
  const sum = parts.sizesBytes.reduce((total, size) => total + size, 0);
  return sum === facts.sizeBytes ? { sizesBytes: parts.sizesBytes } : null;
}

function uniformLayout(facts: ObjectFacts, firstPart: FirstPart | null, partCount: number): PartLayout | null {
  if (firstPart === null || firstPart.count !== partCount || firstPart.sizeBytes <= 0) return null;
  return Math.ceil(facts.sizeBytes / firstPart.sizeBytes) === partCount ? { eachBytes: firstPart.sizeBytes } : null;
}

function multipartEtag(etag: string): { expected: string; partCount: number } | null {
  const [, expected, count] = /^([0-9a-f]{32})-(\d{1,5})$/i.exec(etag) ?? [];
  const partCount = Number(count);
  return expected === undefined || !isPartCount(partCount) ? null : { expected: expected.toLowerCase(), partCount };
}

const isPartCount = (count: number): boolean => count >= 1 && count <= MAX_PARTS;

/** Base64 of the length that the algorithm has; anything else proves nothing and is left aside. */
function isDigest(value: string, algorithm: ChecksumAlgorithm): boolean {
  const bytes = Buffer.from(value, 'base64');
  return bytes.length === DIGEST_BYTES[algorithm] && bytes.toString('base64') === value;
}
