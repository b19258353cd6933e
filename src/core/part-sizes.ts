const MIB = 2 ** 20;
const MB = 10 ** 6;

/**
 * Part sizes that uploaders use, the commonest first: aws-cli and boto3 8 MiB, s3cmd 15, rclone and the Go SDK 5, minio-go 16, then powers
 * of two and round numbers that people configure.
 */
const USUAL_PART_SIZES: readonly number[] = [
  ...[8, 15, 5, 16, 64, 100, 50, 10, 128, 20, 32, 25, 256, 512, 1024, 5120, 6, 200].map((size) => size * MIB),
  ...[5, 8, 10, 15, 16, 50, 100].map((size) => size * MB),
];

/** Each guess costs one more digest of the whole object. */
const MAX_GUESSES = 3;

/** The part sizes, at most three, with which a plain uploader cuts `sizeBytes` into `partCount` parts, the likeliest first. */
export function guessPartSizes(sizeBytes: number, partCount: number): number[] {
  // One part is the whole object, however large parts were allowed to be.
  if (partCount === 1) return [Math.max(1, sizeBytes)];
  return USUAL_PART_SIZES.filter((size) => Math.ceil(sizeBytes / size) === partCount).slice(0, MAX_GUESSES);
}
