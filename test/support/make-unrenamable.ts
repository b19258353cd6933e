import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** A disk that fails (EIO) when a file whose path ends so is to get another name. Returns what gives back the disk as it was. */
export function makeUnrenamable(suffix: string): () => void {
  const { renameSync } = fs;
  Object.assign(fs, {
    renameSync(from: fs.PathLike, to: fs.PathLike) {
      if (!String(from).endsWith(suffix)) return renameSync(from, to);
      const about = { errno: -5, code: 'EIO', syscall: 'rename' };
      throw Object.assign(new Error(`EIO: i/o error, rename '${from}' -> '${to}'`), about);
    },
  });
  syncBuiltinESMExports();
  return () => {
    Object.assign(fs, { renameSync });
    syncBuiltinESMExports();
  };
}
