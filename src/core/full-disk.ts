import { formatBytes } from './size.ts';

/** Archives that a disk has no room for. */
export interface Waiting {
  readonly archives: number;
  readonly bytes: number;
}

/** Both together. */
export function addWaiting(a: Waiting, b: Waiting): Waiting {
  return { archives: a.archives + b.archives, bytes: a.bytes + b.bytes };
}

/**
 * What is told of a full disk, as part of a sentence.
 *
 * @param leftBytes above `minFree`
 * @param isKept what is left is there for the next archive of each series
 * @param vault of which the archives are; null: of all
 */
export function fullDiskWords(args: {
  readonly leftBytes: number;
  readonly isKept: boolean;
  readonly waiting: Waiting;
  readonly vault: string | null;
}): string {
  const { isKept, waiting, vault } = args;
  const left = formatBytes(Math.max(0, args.leftBytes));
  const why =
    isKept && args.leftBytes > 0
      ? `what is left above minFree (${left}) is kept for the next archives`
      : `${left} are left above minFree`;
  return `the disk is full: ${why}, and ${waitingWords(waiting, vault)} for room`;
}

/** '3 archives (1.2 MB) of web wait' */
export function waitingWords({ archives, bytes }: Waiting, vault: string | null): string {
  const of = vault === null ? '' : ` of ${vault}`;
  return archives === 1
    ? `1 archive (${formatBytes(bytes)})${of} waits`
    : `${archives} archives (${formatBytes(bytes)})${of} wait`;
}
