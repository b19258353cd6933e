import { accessSync, constants, existsSync, lstatSync, statfsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AppError, isAppError, systemCode } from '../core/errors.ts';
import { SUMS_NAME } from '../core/sha256sums.ts';
import { type SizeLimit, sizeLimitBytes } from '../core/size.ts';
import { type FilesystemFacts, type FilesystemSources, filesystemFacts, LINUX_SOURCES } from './filesystem-facts.ts';
import { requireVaultName, resolveInside, resolvePlaceInside } from './inside-store.ts';
import { markerPath, readMarker, type StoreMarker } from './marker.ts';
import { requireRealPath } from './real-path.ts';
import { CATALOG_NAME, PARTIAL_FOLDER, PRIVATE_FOLDER, QUARANTINE_FOLDER } from './store-layout.ts';
import { translateFsError } from './translate-fs-error.ts';

export interface AttachStoreArgs {
  readonly path: string;
  /** The store that was here before (state.json), or null when none is known. */
  readonly expectedStoreId: string | null;
  /** 'read' also takes a disk that is mounted read-only, or a copy of a store. */
  readonly mode: 'read' | 'write';
  readonly sources?: FilesystemSources;
}

export interface StoreSpace {
  readonly totalBytes: number;
  /** For users other than root: ext4 keeps 5 % for root. */
  readonly freeBytes: number;
}

/** What a stat of the marker and its folders showed at attach. While it stays, the store is the same. */
interface Fingerprint {
  readonly rootDevice: bigint;
  readonly privateDevice: bigint;
  readonly marker: string;
}

/**
 * Looks at the store at `path` and says which one it is. Writes nothing: a disk that sleeps may go on sleeping. Errors: STORE_NOT_INITIALISED (no
 * store, and none was known), STORE_MISSING (a store was known, but its disk is not mounted), STORE_SYMLINK, STORE_FORMAT, STORE_UNSUITABLE,
 * STORE_IO, and for mode 'write' STORE_READ_ONLY. A store with another id than expected is attached with `swapped`: disks may be rotated.
 */
export function attachStore(args: AttachStoreArgs): AttachedStore {
  const root = resolve(args.path);
  try {
    requireRealPath(root);
    const marker = readMarker(root);
    const facts = filesystemFacts(root, args.sources ?? LINUX_SOURCES);
    const fingerprint = takeFingerprint(root);
    if (fingerprint.rootDevice !== fingerprint.privateDevice) {
      throw new AppError('STORE_UNSUITABLE', `${join(root, PRIVATE_FOLDER)} lies on another filesystem than ${root}`);
    }
    if (args.mode === 'write') {
      requireOwnMount(root, marker, facts);
      requireWritable(root, facts);
    }
    const swapped = args.expectedStoreId !== null && args.expectedStoreId !== marker.storeId;
    return new AttachedStore({ root, marker, facts, fingerprint, swapped });
  } catch (error) {
    if (args.expectedStoreId !== null && isAppError(error, 'STORE_NOT_INITIALISED')) {
      const message = `the disk with the store is not mounted at ${root}: there is no ${markerPath(root)}`;
      // The disk is there, then, and only the marker is lost.
      const hint = existsSync(join(root, PRIVATE_FOLDER))
        ? `There is ${join(root, PRIVATE_FOLDER)}: if the disk is mounted and its marker was lost, \`pullmirror adopt ${root}\` makes it anew.`
        : undefined;
      throw new AppError('STORE_MISSING', message, { cause: error, ...(hint === undefined ? {} : { hint }) });
    }
    throw translateFsError(error, `opening ${root}`, 'read');
  }
}

/** A store that was found in its place. Everything that writes or deletes in it calls `assertAttached` first. */
export class AttachedStore {
  readonly root: string;
  readonly marker: StoreMarker;
  readonly facts: FilesystemFacts;
  /** It is a valid store, but not the one expected: the caller opens its catalog and lists in full. */
  readonly swapped: boolean;
  readonly partialDir: string;
  readonly quarantineDir: string;
  readonly catalogPath: string;
  readonly #fingerprint: Fingerprint;

  constructor(args: {
    root: string;
    marker: StoreMarker;
    facts: FilesystemFacts;
    fingerprint: Fingerprint;
    swapped: boolean;
  }) {
    this.root = args.root;
    this.marker = args.marker;
    this.facts = args.facts;
    this.swapped = args.swapped;
    this.partialDir = join(args.root, PRIVATE_FOLDER, PARTIAL_FOLDER);
    this.quarantineDir = join(args.root, PRIVATE_FOLDER, QUARANTINE_FOLDER);
    this.catalogPath = join(args.root, PRIVATE_FOLDER, CATALOG_NAME);
    this.#fingerprint = args.fingerprint;
  }

  /**
   * Throws unless this very store is still in place: STORE_MISSING (unmounted, marker gone, or mounted anew: attach again), STORE_WRONG (another
   * store). Three stats, about ten microseconds.
   */
  assertAttached(): void {
    const now = this.#look();
    if (now.marker !== this.#fingerprint.marker) this.#requireSameStore();
    if (now.rootDevice === this.#fingerprint.rootDevice && now.privateDevice === this.#fingerprint.privateDevice)
      return;
    throw new AppError('STORE_MISSING', `the disk at ${this.root} was mounted anew; the store has to be opened again`);
  }

  space(): StoreSpace {
    try {
      const { bsize, blocks, bavail } = statfsSync(this.root);
      return { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
    } catch (error) {
      throw translateFsError(error, `looking at ${this.root}`, 'read');
    }
  }

  /** Bytes that may still be written before `minFree` is touched; never negative. */
  roomBytes(minFree: SizeLimit): number {
    const { totalBytes, freeBytes } = this.space();
    return Math.max(0, freeBytes - sizeLimitBytes(minFree, totalBytes));
  }

  /** The folder of a vault; it may not exist yet. Errors as `resolve`. */
  vaultDir(vault: string): string {
    return this.#inside([requireVaultName(vault)]);
  }

  /**
   * Throws unless the folder of a vault is a plain folder of this disk, or not there yet: STORE_SYMLINK, STORE_UNSUITABLE. Where it is
   * anything else no path below it can be had.
   */
  requireVaultFolder(vault: string): void {
    this.#inside([requireVaultName(vault), SUMS_NAME]);
  }

  /** The absolute path of an archive, from `assignPath`'s relative one. STORE_SYMLINK where a link would lead it elsewhere. */
  resolve(vault: string, relativePath: string): string {
    return this.#inside([requireVaultName(vault), ...relativePath.split('/')]);
  }

  /** As `resolve`, whatever lies at the path itself: a link or a folder that took an archive's place can be moved away. */
  placeOf(vault: string, relativePath: string): string {
    return this.#inside([requireVaultName(vault), ...relativePath.split('/')], resolvePlaceInside);
  }

  /** The absolute path of something below the store that need not be in a vault's folder. Errors as `resolve`. */
  resolveBelow(relativePath: string): string {
    return this.#inside(relativePath.split('/'));
  }

  #inside(components: readonly string[], resolveIn = resolveInside): string {
    try {
      return resolveIn(this.root, this.#fingerprint.rootDevice, components);
    } catch (error) {
      throw translateFsError(error, `looking at ${join(this.root, ...components)}`, 'read');
    }
  }

  #look(): Fingerprint {
    try {
      return takeFingerprint(this.root);
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') {
        const message = `the store is gone from ${this.root}: there is no ${markerPath(this.root)}`;
        throw new AppError('STORE_MISSING', message, { cause: error });
      }
      throw translateFsError(error, `looking at ${markerPath(this.root)}`, 'read');
    }
  }

  #requireSameStore(): void {
    requireRealPath(this.root);
    const found = readAgain(this.root);
    if (found.storeId === this.marker.storeId) return;
    throw new AppError(
      'STORE_WRONG',
      `the disk at ${this.root} is store ${found.storeId}; open is ${this.marker.storeId}`,
    );
  }
}

function readAgain(root: string): StoreMarker {
  try {
    return readMarker(root);
  } catch (error) {
    if (isAppError(error, 'STORE_NOT_INITIALISED')) {
      throw new AppError('STORE_MISSING', `the store is gone from ${root}: its marker vanished`, { cause: error });
    }
    throw error;
  }
}

/** The stat calls follow no link at the end, so that a link in place of a folder shows as a change. */
function takeFingerprint(root: string): Fingerprint {
  const top = lstatSync(root, { bigint: true });
  const folder = lstatSync(join(root, PRIVATE_FOLDER), { bigint: true });
  const file = lstatSync(markerPath(root), { bigint: true });
  return {
    rootDevice: top.dev,
    privateDevice: folder.dev,
    marker: [top.mode, folder.mode, file.mode, file.dev, file.ino, file.size, file.mtimeNs].join(' '),
  };
}

/** A marker that was copied onto the machine's own card (a backup restored too widely) must not receive what is meant for the disk. */
function requireOwnMount(root: string, marker: StoreMarker, facts: FilesystemFacts): void {
  if (marker.notAMount || facts.isMountPoint) return;
  throw new AppError('STORE_MISSING', `no disk is mounted at ${root}, although its store was made on one`, {
    hint: `Mount the disk. If the store was moved into a plain directory on purpose, set "notAMount": true in ${markerPath(root)}.`,
  });
}

/** access(2) sees the mount, the filesystem, its owner and `chattr +i`, and wakes no disk by a write. */
function requireWritable(root: string, facts: FilesystemFacts): void {
  if (facts.readOnly) throw new AppError('STORE_READ_ONLY', `${root} is mounted read-only (${facts.device})`);
  const folder = join(root, PRIVATE_FOLDER);
  for (const path of [root, folder, join(folder, PARTIAL_FOLDER), join(folder, QUARANTINE_FOLDER)]) {
    try {
      accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw translateFsError(error, `writing to ${path}`);
      throw new AppError('STORE_FORMAT', `the store at ${root} is incomplete: ${path} is missing`, {
        cause: error,
        hint: `Make it again, with the store's owner: mkdir ${path}`,
      });
    }
  }
}
