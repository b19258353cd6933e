import { lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AppError, isAppError, systemCode } from '../core/errors.ts';
import { openCatalogForWriting } from './catalog/open-catalog.ts';
import { README_TEXT } from './disk-readme.ts';
import { type FilesystemFacts, type FilesystemSources, filesystemFacts, LINUX_SOURCES } from './filesystem-facts.ts';
import { renderIndexPage } from './index-page.ts';
import { markerPath, readMarker, type StoreMarker, writeMarker } from './marker.ts';
import { requireOwnCatalog } from './open-for-reading.ts';
import { type DirectoryFlaw, probeDirectory } from './probe-directory.ts';
import { requireRealPath } from './real-path.ts';
import { requireEmpty } from './require-empty.ts';
import { RESTORE_SCRIPT } from './restore-script.ts';
import {
  CATALOG_NAME,
  INDEX_NAME,
  LOCK_NAME,
  PARTIAL_FOLDER,
  PRIVATE_FOLDER,
  QUARANTINE_FOLDER,
  README_NAME,
  RESTORE_NAME,
} from './store-layout.ts';
import { translateFsError } from './translate-fs-error.ts';
import { fsyncFolderSync } from './write-file-atomically.ts';

export interface InitStoreArgs {
  readonly directory: string;
  /** The owner knows that the directory is no mount point of a disk. */
  readonly notAMount: boolean;
  readonly nowMs: number;
  /** A fresh UUID. */
  readonly newId: () => string;
  readonly sources?: FilesystemSources;
}

export interface InitStoreResult {
  readonly root: string;
  readonly marker: StoreMarker;
  /** false: it was a store already and was left as it is. */
  readonly created: boolean;
}

const WINDOWS_TYPES: ReadonlySet<string> = new Set(['vfat', 'msdos', 'exfat', 'ntfs', 'ntfs3', 'fuseblk']);
const FORMAT_HINT = 'Format the disk with ext4 (`mkfs.ext4`, this erases it), mount it, and run init again.';

/**
 * Makes a directory a store, marker last, so that an interruption leaves no half store. A store stays as it is. Errors, each with its reason and
 * the way out: STORE_UNSUITABLE, STORE_NOT_EMPTY, STORE_SYMLINK, STORE_FORMAT for a damaged marker, and of a store as `requireOwnCatalog`.
 */
export function initStore(args: InitStoreArgs): InitStoreResult {
  const root = resolve(args.directory);
  try {
    requireDirectory(root);
    const existing = existingMarker(root);
    if (existing !== null) {
      requireOwnCatalog(join(root, PRIVATE_FOLDER, CATALOG_NAME), existing.storeId);
      return { root, marker: existing, created: false };
    }
    requireOutsideStores(root);
    const facts = filesystemFacts(root, args.sources ?? LINUX_SOURCES);
    requireFilesystem(root, facts);
    requireMount(root, facts, args.notAMount);
    requireEmpty(root);
    requireAbilities(root, probeDirectory(root));
    const marker: StoreMarker = {
      storeId: args.newId(),
      filesystemUuid: facts.uuid,
      createdAt: new Date(args.nowMs).toISOString(),
      formatVersion: 1,
      notAMount: !facts.isMountPoint,
    };
    createStore(root, marker);
    return { root, marker, created: true };
  } catch (error) {
    throw unusable(error, root);
  }
}

function requireDirectory(root: string): void {
  const facts = lstatSync(root, { throwIfNoEntry: false });
  if (facts === undefined) {
    throw unsuitable(`${root} does not exist`, 'Mount the disk there, or make the directory first.');
  }
  requireRealPath(root);
  if (!facts.isDirectory())
    throw unsuitable(`${root} is not a directory`, 'Name the directory where the disk is mounted.');
}

function existingMarker(root: string): StoreMarker | null {
  try {
    return readMarker(root);
  } catch (error) {
    if (isAppError(error, 'STORE_NOT_INITIALISED')) return null;
    throw error;
  }
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

function requireAbilities(root: string, flaw: DirectoryFlaw): void {
  if (flaw !== null) throw unsuitable(`${root} ${FLAWS[flaw]}`, FORMAT_HINT);
}

function createStore(root: string, marker: StoreMarker): void {
  const folder = join(root, PRIVATE_FOLDER);
  mkdirSync(folder, { recursive: true, mode: 0o750 });
  for (const name of [PARTIAL_FOLDER, QUARANTINE_FOLDER]) {
    mkdirSync(join(folder, name), { recursive: true, mode: 0o750 });
  }
  const page = { storeId: marker.storeId, writtenAtMs: Date.parse(marker.createdAt), totalArchives: 0, totalBytes: 0 };
  writeNew(join(folder, LOCK_NAME), '', 0o640);
  createCatalog(join(folder, CATALOG_NAME), marker.storeId);
  writeNew(join(root, README_NAME), README_TEXT, 0o644);
  writeNew(join(root, RESTORE_NAME), RESTORE_SCRIPT, 0o555);
  writeNew(join(root, INDEX_NAME), [...renderIndexPage({ ...page, rows: [] })].join(''), 0o644);
  fsyncFolderSync(root);
  writeMarker(root, marker);
  fsyncFolderSync(root);
}

/** What an interrupted init left belongs to an id that was never used. */
function createCatalog(path: string, storeId: string): void {
  for (const name of [path, `${path}-wal`, `${path}-shm`]) rmSync(name, { force: true });
  openCatalogForWriting({ path, storeId, mustExist: false }).close();
}

function writeNew(path: string, text: string, mode: number): void {
  rmSync(path, { force: true });
  writeFileSync(path, text, { mode, flag: 'wx', flush: true });
}

function unsuitable(message: string, hint: string): AppError {
  return new AppError('STORE_UNSUITABLE', message, { hint });
}

/** At init a directory that cannot be written is the wrong directory, not a disk in trouble. */
function unusable(error: unknown, root: string): unknown {
  const code = systemCode(error);
  if (isAppError(error) || code === undefined) return error;
  const message = `${root} cannot be written: ${error instanceof Error ? error.message : code}`;
  if (code === 'EACCES' || code === 'EPERM') {
    const hint = `Give the directory to the user that runs pullmirror: chown USER ${root}`;
    return new AppError('STORE_UNSUITABLE', message, { cause: error, hint });
  }
  return translateFsError(error, `making ${root} a store`);
}
