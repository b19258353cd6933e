import { linkSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../core/errors.ts';
import { fsyncFolderSync } from './write-file-atomically.ts';

export const PROBE_PREFIX = '.pullmirror-probe-';

/** What a directory cannot do that a store needs; null: everything works. */
export type DirectoryFlaw =
  | 'folds-case'
  | 'normalizes-names'
  | 'refuses-names'
  | 'no-hard-links'
  | 'no-folder-fsync'
  | null;

/** Latin small e with acute, as one character and as e plus a combining accent: a filesystem that normalizes takes them for one. */
const COMPOSED = 'caf\u00e9';
const DECOMPOSED = 'cafe\u0301';
/** What Windows filesystems forbid, and the longest name that ext4 allows; encrypting filesystems allow less. */
const ODD_NAMES = ['a:b?c*d|e"f<g>h', 'dot.', 'blank ', 'n'.repeat(255)];

/**
 * Tries, with real files in a folder of its own that is removed afterwards, whether names stay what they are and links and fsync work. New folders
 * inherit ext4's case-folding flag, so the answer holds for the directory. Throws the filesystem's own errors where it cannot write at all.
 */
export function probeDirectory(directory: string): DirectoryFlaw {
  for (const name of readdirSync(directory)) {
    // Of a process that was killed in here.
    if (name.startsWith(PROBE_PREFIX)) rmSync(join(directory, name), { recursive: true, force: true });
  }
  const folder = mkdtempSync(join(directory, PROBE_PREFIX));
  try {
    return probeNames(folder) ?? probeCalls(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function probeNames(folder: string): DirectoryFlaw {
  writeFileSync(join(folder, 'Case'), '');
  if (exists(join(folder, 'cASE'))) return 'folds-case';
  writeFileSync(join(folder, COMPOSED), '');
  if (exists(join(folder, DECOMPOSED)) || !readdirSync(folder).includes(COMPOSED)) return 'normalizes-names';
  for (const name of ODD_NAMES) {
    try {
      writeFileSync(join(folder, name), '');
    } catch (error) {
      if (!['EINVAL', 'ENAMETOOLONG', 'ENOENT', 'EILSEQ'].includes(systemCode(error) ?? '')) throw error;
      return 'refuses-names';
    }
    if (!readdirSync(folder).includes(name)) return 'refuses-names';
  }
  return null;
}

function probeCalls(folder: string): DirectoryFlaw {
  renameSync(join(folder, 'Case'), join(folder, 'renamed'));
  try {
    linkSync(join(folder, 'renamed'), join(folder, 'linked'));
  } catch (error) {
    if (!['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'].includes(systemCode(error) ?? '')) throw error;
    return 'no-hard-links';
  }
  try {
    fsyncFolderSync(folder);
  } catch (error) {
    if (!['EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'].includes(systemCode(error) ?? '')) throw error;
    return 'no-folder-fsync';
  }
  return null;
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
