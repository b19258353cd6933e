import { createHash } from 'node:crypto';
import type { Proof } from './archive.ts';
import { type ChecksumHash, createChecksumHash } from './checksum-hash.ts';
import { PartsDigest } from './parts-digest.ts';
import type { ProofPlan } from './proof-plan.ts';

export interface DigestResult {
  /** Of all bytes, 64 lower-case hex digits. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** What has been proven: the planned proof when it matched, else no more than the length. Means nothing when `accuses`. */
  readonly proof: Proof;
  readonly planned: Proof;
  readonly matched: boolean;
  /** What the vault said and what the bytes give, as the proof writes it (base64, hex, or a count of bytes); null where nothing was compared. */
  readonly expected: string | null;
  readonly actual: string | null;
  /** The bytes are not what the vault holds: a wrong length or a wrong checksum. An ETag alone, or guessed part sizes, accuse nobody. */
  readonly accuses: boolean;
  /** Whether the uploader's own metadata `sha256` agrees; null when there is none. */
  readonly uploaderAgrees: boolean | null;
}

/** The digests of one archive while its bytes go by, in order. */
export interface ArchiveDigests {
  update(chunk: Uint8Array): void;
  /** Once, after the last byte. */
  finish(): DigestResult;
}

/** Everything that `plan` needs, computed in one go beside the SHA-256 that every archive gets. Chunks are neither kept nor copied. */
export async function createArchiveDigests(plan: ProofPlan): Promise<ArchiveDigests> {
  const sha256 = createHash('sha256');
  const proving = await createProving(plan);
  let sizeBytes = 0;
  return {
    update(chunk) {
      sizeBytes += chunk.length;
      sha256.update(chunk);
      proving?.update(chunk);
    },
    finish() {
      const digest = sha256.digest();
      const judged = judge(plan, sizeBytes, proving?.finish(digest) ?? null);
      const hex = digest.toString('hex');
      return {
        ...judged,
        sha256: hex,
        sizeBytes,
        planned: plan.proof,
        proof: judged.matched ? plan.proof : 'length-only',
        uploaderAgrees: plan.uploaderSha256 === null ? null : plan.uploaderSha256 === hex,
      };
    },
  };
}

interface Proving {
  update(chunk: Uint8Array): void;
  /** What the vault should have said, given these bytes; of several guesses the one that matches, else the first. */
  finish(sha256: Buffer): string;
}

type Judged = Pick<DigestResult, 'matched' | 'expected' | 'actual' | 'accuses'>;

function judge(plan: ProofPlan, sizeBytes: number, actual: string | null): Judged {
  if (sizeBytes !== plan.sizeBytes) {
    return { matched: false, expected: `${plan.sizeBytes} bytes`, actual: `${sizeBytes} bytes`, accuses: true };
  }
  if (plan.proof === 'length-only') return { matched: true, expected: null, actual: null, accuses: false };
  const matched = actual === plan.expected;
  const binding = plan.proof === 'checksum-full' || (plan.proof === 'checksum-parts' && plan.certain);
  return { matched, expected: plan.expected, actual, accuses: binding && !matched };
}

async function createProving(plan: ProofPlan): Promise<Proving | null> {
  switch (plan.proof) {
    case 'length-only':
      return null;
    case 'checksum-full':
      // The SHA-256 is there anyway.
      if (plan.algorithm === 'SHA256') return { update: ignore, finish: (sha256) => sha256.toString('base64') };
      return proveWhole(await createChecksumHash(plan.algorithm), 'base64');
    case 'etag-md5':
      return proveWhole(await createChecksumHash('MD5'), 'hex');
    case 'checksum-parts':
    case 'etag-multipart':
      return await proveParts(plan);
  }
}

function proveWhole(hash: ChecksumHash, encoding: 'base64' | 'hex'): Proving {
  return {
    update: (chunk) => hash.update(chunk),
    finish() {
      const text = hash.finish().toString(encoding);
      hash.release();
      return text;
    },
  };
}

async function proveParts(plan: Extract<ProofPlan, { proof: 'checksum-parts' | 'etag-multipart' }>): Promise<Proving> {
  const [algorithm, encoding] =
    plan.proof === 'etag-multipart' ? (['MD5', 'hex'] as const) : ([plan.algorithm, 'base64'] as const);
  const candidates = await Promise.all(
    plan.layouts.map(async (layout) => new PartsDigest(await createChecksumHash(algorithm), layout)),
  );
  return {
    update(chunk) {
      for (const candidate of candidates) candidate.update(chunk);
    },
    finish() {
      const results = candidates.map((candidate) => {
        const { digest, partCount } = candidate.finish();
        const text = digest.toString(encoding);
        return partCount === plan.partCount ? text : `${text}-${partCount}`;
      });
      return results.find((text) => text === plan.expected) ?? results[0] ?? '';
    },
  };
}

function ignore(): void {}
