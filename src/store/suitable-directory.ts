import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError, isAppError, systemCode } from '../core/errors.ts';
import { type FilesystemFacts, type FilesystemSources, filesystemFacts, LINUX_SOURCES } from './filesystem-facts.ts';
import { markerPath } from './marker.ts';
import { type DirectoryFlaw, probeDirectory } from './probe-directory.ts';
import { requireRealPath } from './real-path.ts';
import { translateFsError } from './translate-fs-error.ts';

const WINDOWS_TYPES: ReadonlySet<string> = new Set(['vfat', 'msdos', 'exfat', 'ntfs', 'ntfs3', 'fuseblk']);
const FORMAT_HINT = 'Format the disk with ext4 (`mkfs.ext4`, this erases it), mount it, and run init again.';

/** Throws unless it is a directory, by its real path: STORE_UNSUITABLE, STORE_SYMLINK. */
export function requireDirectory(root: string): void {
  const facts = lstatSync(root, { throwIfNoEntry: false });
  if (facts === undefined) {
    throw unsuitable(`${root} does not exist`, 'Mount the disk there, or make the directory first.');
  }
  requireRealPath(root);
  if (!facts.isDirectory())
    throw unsuitable(`${root} is not a directory`, 'Name the directory where the disk is mounted.');
}

/**
 * Throws STORE_UNSUITABLE, with the reason and the way out, unless a store can be made in a directory, whatever is in it.
 *
 * @param args.notAMount the owner knows that it is no mount point of a disk
 */
export function requireSuitable(
  root: string,
  args: { readonly notAMount: boolean; readonly sources?: FilesystemSources },
): FilesystemFacts {
  requireOutsideStores(root);
  const facts = filesystemFacts(root, args.sources ?? LINUX_SOURCES);
  requireFilesystem(root, facts);
  requireMount(root, facts, args.notAMount);
  return facts;
}

/** Throws STORE_UNSUITABLE unless names and fsync work there as they must. Tries it, with files of its own. */
export function requireAbilities(root: string): void {
  const flaw = probeDirectory(root);
  if (flaw !== null) throw unsuitable(`${root} ${FLAWS[flaw]}`, FORMAT_HINT);
}

/** A store within a store: the outer one takes the inner one's files for foreign, and both fill the same disk. */
function requireOutsideStores(root: string): void {
  for (let inner = root, folder = dirname(root); folder !== inner; inner = folder, folder = dirname(folder)) {
    if (!hasMarker(folder)) continue;
    const hint = `Choose a directory outside it. ${folder} itself is the store to name in \`store.path\`.`;
    throw unsuitable(`${root} lies inside the store at ${folder}`, hint);
  }
}

function hasMarker(folder: string): boolean {
  try {
    return lstatSync(markerPath(folder), { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    // The private folder is there, and closed to this user.
    if (systemCode(error) === 'EACCES') return true;
    if (systemCode(error) === 'ENOTDIR') return false;
    throw error;
  }
}

function requireFilesystem(root: string, facts: FilesystemFacts): void {
  if (WINDOWS_TYPES.has(facts.type)) {
    const why = 'it knows no owners, folds case, forbids names and loses files at a power cut';
    throw unsuitable(`${root} is on ${facts.type} (${facts.device}): ${why}`, FORMAT_HINT);
  }
  if (facts.isNetwork) {
    const why = 'it cannot promise that a written file is on a disk';
    const hint = 'Run pullmirror on the machine that holds the disk, or plug a disk in here.';
    throw unsuitable(`${root} is on a network filesystem, ${facts.type} (${facts.device}): ${why}`, hint);
  }
  if (facts.readOnly) {
    const hint = 'Find out why (`dmesg`), then mount it writable: mount -o remount,rw';
    throw unsuitable(`${root} is mounted read-only (${facts.device})`, hint);
  }
}

function requireMount(root: string, facts: FilesystemFacts, notAMount: boolean): void {
  if (facts.isMountPoint || notAMount) return;
  throw unsuitable(
    `no disk is mounted at ${root}: it is a directory on ${facts.device} (${facts.mountPoint})`,
    'Mount the disk there first. If it really is to be this directory, say --not-a-mount.',
  );
}

const FLAWS: Readonly<Record<NonNullable<DirectoryFlaw>, string>> = {
  'folds-case': 'takes names that differ in upper and lower case for the same name',
  'normalizes-names': 'changes the Unicode form of names',
  'refuses-names': 'refuses long or unusual names',
  'no-hard-links': 'has no hard links',
  'no-folder-fsync': 'cannot make new names durable (fsync of a directory fails)',
};

function unsuitable(message: string, hint: string): AppError {
  return new AppError('STORE_UNSUITABLE', message, { hint });
}

/** A new store’s directory that cannot be written is the wrong directory, not a disk in trouble. */
export function unusable(error: unknown, root: string): unknown {
  const code = systemCode(error);
  if (isAppError(error) || code === undefined) return error;
  const message = `${root} cannot be written: ${error instanceof Error ? error.message : code}`;
  if (code === 'EACCES' || code === 'EPERM') {
    const hint = `Give the directory to the user that runs pullmirror: chown USER ${root}`;
    return new AppError('STORE_UNSUITABLE', message, { cause: error, hint });
  }
  return translateFsError(error, `making ${root} a store`);
}
