import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** Of the others libuv knows no name. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [5, 'EIO'],
  [13, 'EACCES'],
  [30, 'EROFS'],
]);

/**
 * A file whose very inode cannot be read (EIO of lstat), as Node tells it: a filesystem that is damaged there needs root. Returns what gives back
 * the disk as it was.
 *
 * @param suffix of the file's path
 * @param errno as of errno.h
 */
export function makeBadInode(suffix: string, errno = 5): () => void {
  const { lstatSync } = fs;
  const { lstat } = fs.promises;
  const refuse = (path: fs.PathLike): void => {
    if (!String(path).endsWith(suffix)) return;
    const code = NAMES.get(errno) ?? `Unknown system error -${errno}`;
    throw Object.assign(new Error(`${code}: lstat '${path}'`), { errno: -errno, code, syscall: 'lstat' });
  };
  const sync = (path: fs.PathLike, options?: fs.StatSyncOptions) => {
    refuse(path);
    return lstatSync(path, options);
  };
  Object.assign(fs, { lstatSync: sync });
  fs.promises.lstat = (async (path: fs.PathLike, options?: fs.StatOptions) => {
    refuse(path);
    return lstat(path, options);
  }) as typeof fs.promises.lstat;
  syncBuiltinESMExports();
  return () => {
    Object.assign(fs, { lstatSync });
    fs.promises.lstat = lstat;
    syncBuiltinESMExports();
  };
}
