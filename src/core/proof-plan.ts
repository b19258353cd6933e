import type { ChecksumAlgorithm } from './archive.ts';

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
