import type { BigIntStats } from 'node:fs';

/** What tells that a file is still the very one that was read: another file under its name has another inode, a write gives it other times. */
export type FileIdentity = Pick<BigIntStats, 'dev' | 'ino' | 'size' | 'mtimeNs' | 'ctimeNs'>;

export function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileIdentity {
  return { dev, ino, size, mtimeNs, ctimeNs };
}

/** Is it the same file, and was it not written to in between? */
export function isUntouched(before: FileIdentity, now: FileIdentity): boolean {
  return (
    isSameFile(before, now) &&
    before.size === now.size &&
    before.mtimeNs === now.mtimeNs &&
    before.ctimeNs === now.ctimeNs
  );
}

export function isSameFile(one: Pick<FileIdentity, 'dev' | 'ino'>, other: Pick<FileIdentity, 'dev' | 'ino'>): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}
