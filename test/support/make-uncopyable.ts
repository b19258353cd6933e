import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/**
 * A file that the disk does not give back (EIO when it is copied), as Node tells it: a device that fails on demand needs root. Returns what gives
 * back the disk as it was.
 *
 * @param suffix of the file's path
 * @param code EIO, or what else keeps it from being copied
 */
export function makeUncopyable(suffix: string, code: 'EIO' | 'ENOSPC' = 'EIO'): () => void {
  const { copyFileSync } = fs;
  Object.assign(fs, {
    copyFileSync(from: fs.PathLike, to: fs.PathLike, mode?: number) {
      if (!String(from).endsWith(suffix)) return copyFileSync(from, to, mode);
      fs.writeFileSync(to, 'half');
      const errno = code === 'EIO' ? -5 : -28;
      throw Object.assign(new Error(`${code}: copyfile '${from}' -> '${to}'`), { errno, code, syscall: 'copyfile' });
    },
  });
  syncBuiltinESMExports();
  return () => {
    Object.assign(fs, { copyFileSync });
    syncBuiltinESMExports();
  };
}
