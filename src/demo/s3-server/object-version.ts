import { createHash } from 'node:crypto';
import type { ChecksumAlgorithm } from '../../core/archive.ts';
import { type ChecksumType, compositeChecksum, joinCrcs, type StoredChecksum, startChecksum } from './checksums.ts';
import { type Content, memoryContent } from './content.ts';

export const STORAGE_CLASSES = [
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
  'GLACIER',
  'DEEP_ARCHIVE',
] as const;
export type StorageClass = (typeof STORAGE_CLASSES)[number];

export interface Retention {
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
  readonly untilMs: number;
}

export interface ObjectPart {
  readonly partNumber: number;
  readonly sizeBytes: number;
  /** Base64; null where the object has no checksum. */
  readonly checksum: string | null;
}

/** What the uploader says about an object, kept as it came: Content-Type and friends, and `x-amz-meta-*`. */
export interface ObjectHeaders {
  readonly system: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** MD5 and checksum, known when the body was received, computed when first asked for where content is seeded. */
export interface Digests {
  readonly etag: string;
  readonly checksum: StoredChecksum | null;
  /** Null when the object was not uploaded in parts. */
  readonly parts: readonly ObjectPart[] | null;
}

/** A checksum that is wanted, or (with `value`) told instead of computed. */
export interface ChecksumPlan {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
  readonly value?: string;
}

/** How an object that nobody uploaded is to look. */
export interface DigestPlan {
  readonly checksum: ChecksumPlan | null;
  readonly partSizes: readonly number[] | null;
  /** Sent instead of the true one. */
  readonly etag: string | null;
}

export interface ObjectVersion {
  readonly versionId: string;
  readonly isDeleteMarker: boolean;
  readonly lastModifiedMs: number;
  readonly content: Content;
  readonly headers: ObjectHeaders;
  storageClass: StorageClass;
  retention: Retention | null;
  /** What is known already, or how to find out. */
  digests: Digests | DigestPlan;
}

/** S3 keeps the time of an object in whole seconds. */
export function wholeSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

export function isSettled(digests: Digests | DigestPlan): digests is Digests {
  return 'parts' in digests;
}

/** Digests that are being computed, so that nobody reads gigabytes twice. */
const settling = new WeakMap<ObjectVersion, Promise<Digests>>();

/** The digests of a version; seeded content is read once for them. */
export async function settle(version: ObjectVersion): Promise<Digests> {
  if (isSettled(version.digests)) return version.digests;
  const running = settling.get(version) ?? computeDigests(version.content, version.digests);
  settling.set(version, running);
  version.digests = await running;
  return version.digests;
}

/** MD5 (hex) and one checksum (base64) of a range of a content. */
export async function digestRange(
  content: Content,
  start: number,
  end: number,
  algorithm: ChecksumAlgorithm | null,
): Promise<{ readonly md5: string; readonly checksum: string | null }> {
  const md5 = createHash('md5');
  const running = algorithm === null ? null : await startChecksum(algorithm);
  for await (const chunk of content.read(start, end)) {
    md5.update(chunk);
    running?.update(chunk);
  }
  return { md5: md5.digest('hex'), checksum: running?.digest().toString('base64') ?? null };
}

/** The ETag of a multipart object: MD5 of the parts' MD5s, and their number. */
export function multipartEtag(partMd5s: readonly string[]): string {
  const whole = createHash('md5');
  for (const md5 of partMd5s) whole.update(Buffer.from(md5, 'hex'));
  return `${whole.digest('hex')}-${partMd5s.length}`;
}

/** The checksum that S3 keeps for an object made of parts. */
export async function multipartChecksum(
  algorithm: ChecksumAlgorithm,
  type: ChecksumType,
  parts: readonly { readonly sizeBytes: number; readonly value: string }[],
): Promise<StoredChecksum> {
  const value =
    type === 'FULL_OBJECT'
      ? joinCrcs(algorithm, parts)
      : await compositeChecksum(
          algorithm,
          parts.map((part) => part.value),
        );
  return { algorithm, type, value };
}

export function deleteMarker(versionId: string, lastModifiedMs: number): ObjectVersion {
  return {
    versionId,
    isDeleteMarker: true,
    lastModifiedMs,
    content: memoryContent(new Uint8Array()),
    headers: { system: {}, metadata: {} },
    storageClass: 'STANDARD',
    retention: null,
    digests: { etag: '', checksum: null, parts: null },
  };
}

async function computeDigests(content: Content, plan: DigestPlan): Promise<Digests> {
  const known = knownDigests(plan);
  if (known !== null) return known;
  const algorithm = plan.checksum?.algorithm ?? null;
  const type = plan.checksum?.type ?? 'FULL_OBJECT';
  if (plan.partSizes === null) {
    const { md5, checksum } = await digestRange(content, 0, content.sizeBytes, algorithm);
    const stored = algorithm === null || checksum === null ? null : { algorithm, type, value: checksum };
    return { etag: plan.etag ?? md5, checksum: stored, parts: null };
  }
  const md5s: string[] = [];
  const parts: ObjectPart[] = [];
  let start = 0;
  for (const sizeBytes of plan.partSizes) {
    const { md5, checksum } = await digestRange(content, start, start + sizeBytes, algorithm);
    md5s.push(md5);
    parts.push({ partNumber: parts.length + 1, sizeBytes, checksum });
    start += sizeBytes;
  }
  const values = parts.map((part) => ({ sizeBytes: part.sizeBytes, value: part.checksum ?? '' }));
  const checksum = algorithm === null ? null : await multipartChecksum(algorithm, type, values);
  return { etag: plan.etag ?? multipartEtag(md5s), checksum, parts };
}

/** What the plan tells without a look at the content, if it tells everything. */
function knownDigests({ etag, checksum, partSizes }: DigestPlan): Digests | null {
  if (etag === null || (checksum !== null && checksum.value === undefined)) return null;
  const stored = checksum === null ? null : { ...checksum, value: checksum.value ?? '' };
  const parts = partSizes?.map((sizeBytes, index) => ({ partNumber: index + 1, sizeBytes, checksum: null })) ?? null;
  return { etag, checksum: stored, parts };
}
