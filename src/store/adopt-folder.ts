import { type BigIntStats, closeSync, existsSync, lstatSync, openSync, renameSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AppError, isAppError, systemCode } from '../core/errors.ts';
import type { RenewedText } from '../core/renewed-text.ts';
import { SUMS_NAME } from '../core/sha256sums.ts';
import { type AdoptionNote, adoptionFact } from './adoption-note.ts';
import { attachStore } from './attached-store.ts';
import { Catalog } from './catalog/catalog.ts';
import { openCatalogForReading } from './catalog/open-catalog.ts';
import { createStore, makePrivateFolder } from './create-store.ts';
import { type FilesystemFacts, type FilesystemSources, LINUX_SOURCES } from './filesystem-facts.ts';
import { foundName } from './found-name.ts';
import { resolveInDirectory, resolvePlaceInDirectory } from './inside-store.ts';
import { idOfLostStore, isOwnText, wasStore } from './lost-store.ts';
import { inspectMarker, markerPath, type StoreMarker } from './marker.ts';
import { type ReplacedCatalog, replaceCatalog } from './replace-catalog.ts';
import { makeAsideFolder } from './set-aside.ts';
import {
  CATALOG_NAME,
  FOUND_ASIDE,
  LOCK_NAME,
  MARKER_NAME,
  PRIVATE_FOLDER,
  VISIBLE_FILES,
  WORKING_FOLDERS,
} from './store-layout.ts';
import { acquireStoreLock, type StoreLock } from './store-lock.ts';
import { renewStoreTexts } from './store-texts.ts';
import { requireAbilities, requireDirectory, requireSuitable, unusable } from './suitable-directory.ts';
import { fsyncFolderSync } from './write-file-atomically.ts';

export interface AdoptFolderArgs {
  readonly directory: string;
  /** The owner knows that it is no mount point of a disk. */
  readonly notAMount: boolean;
  /** Names of the vaults, whose folders it may hold. */
  readonly vaults: readonly string[];
  /** Of this machine, with its copies of catalogs; it has to be there. */
  readonly stateDir: string;
  /** The store that was here last (state.json), or null. */
  readonly knownStoreId: string | null;
  readonly nowMs: number;
  /** Asked where a store has lost its catalog, and this machine has no copy that can be used; throws when a vault cannot be listed. */
  readonly requireVaults: () => Promise<void>;
  /** A fresh UUID. */
  readonly newId: () => string;
  readonly sources?: FilesystemSources;
}

export interface AdoptedFolder extends Omit<ReplacedCatalog, 'note'> {
  readonly root: string;
  readonly marker: StoreMarker;
  /** store: it was one. marker: it had lost its marker. catalog: it had lost its marker and its catalog. folder: it was none. */
  readonly kind: 'store' | 'marker' | 'catalog' | 'folder';
  /** Where a marker that was damaged is now; null: it was not. */
  readonly badMarker: string | null;
  /** Files at the top that were not as they have to be, and are now. */
  readonly texts: readonly RenewedText[];
  /** Of the store; the caller has to release it. */
  readonly lock: StoreLock;
}

const NOTHING_REPLACED = { badCopy: null, unreadableLists: [] } as const;

type Made = Omit<AdoptedFolder, 'root' | 'lock'>;

/**
 * Makes a directory a store whatever is in it, and locks it; a store stays as it is. No file is removed or changed. What bears a name of our own
 * files, and is not ours, is moved into `.pullmirror`. A store that has lost its marker and its catalog keeps its id and gets the copy of its
 * catalog. The marker comes last, so that after an interruption the same call goes on. Unless the catalog was there, it holds an adoption note
 * now: the files have to be looked through. Errors as `initStore`, but for STORE_NOT_EMPTY; STORE_LOCKED; STORE_MISSING; STATE_UNUSABLE; CATALOG_NEWER; and what
 * `requireVaults` throws, before anything was moved.
 */
export async function adoptFolder(args: AdoptFolderArgs): Promise<AdoptedFolder> {
  const root = resolve(args.directory);
  try {
    requireDirectory(root);
    if (wholeMarker(root) === null) prepare(root, args);
    else attachStore({ path: root, expectedStoreId: null, mode: 'write', sources: args.sources ?? LINUX_SOURCES });
    const lock = acquireStoreLock(root);
    try {
      return { root, lock, ...(await makeStore(root, args)) };
    } catch (error) {
      lock.release();
      throw error;
    }
  } catch (error) {
    throw unusable(error, root);
  }
}

/** null: there is none, or what is there is damaged and can be made anew. Errors as `readMarker`. */
export function wholeMarker(root: string): StoreMarker | null {
  try {
    return inspectMarker(root).marker;
  } catch (error) {
    if (isAppError(error, 'STORE_NOT_INITIALISED')) return null;
    throw error;
  }
}

/** Refuses what cannot become a store, and makes what the lock lies in. Several processes may do so at a time. */
function prepare(root: string, args: AdoptFolderArgs): void {
  requireSuitable(root, args);
  // Whatever is moved or written further on: not through a link.
  for (const name of [PRIVATE_FOLDER, ...WORKING_FOLDERS.map((one) => join(PRIVATE_FOLDER, one))]) {
    resolveInDirectory(root, name);
  }
  for (const vault of args.vaults) listPlace(root, vault);
  requireAbilities(root);
  const folder = makePrivateFolder(root);
  makeLockFile(join(folder, LOCK_NAME));
  fsyncFolderSync(folder);
  fsyncFolderSync(root);
}

/** With the mode that `init` gives it; SQLite would leave that to the umask. */
function makeLockFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o640));
  } catch (error) {
    // Of another process: closing a descriptor of it in this one, before it has the lock, ends nobody's lock.
    if (systemCode(error) !== 'EEXIST') throw error;
  }
}

async function makeStore(root: string, args: AdoptFolderArgs): Promise<Made> {
  // Another process may have come first, and be done by now.
  const existing = wholeMarker(root);
  if (existing !== null) {
    const texts = renewStoreTexts(root, args.nowMs);
    return { marker: existing, kind: 'store', badMarker: null, texts, ...NOTHING_REPLACED };
  }
  const facts = requireSuitable(root, args);
  const known = storeIdOf(join(root, PRIVATE_FOLDER, CATALOG_NAME));
  if (known !== null) return { ...finish(root, known, facts, args, null), kind: 'marker', ...NOTHING_REPLACED };
  if (wasStore(root)) return await revive(root, facts, args);
  const note = moveAway(root, args);
  return { ...finish(root, args.newId(), facts, args, note), kind: 'folder', ...NOTHING_REPLACED };
}

/** The store that a catalog describes; null where there is none that can be read. */
function storeIdOf(catalogPath: string): string | null {
  if (!existsSync(catalogPath)) return null;
  try {
    const catalog = new Catalog(openCatalogForReading({ path: catalogPath, storeId: null }));
    try {
      return catalog.fact('store_id');
    } finally {
      catalog.close();
    }
  } catch (error) {
    if (isAppError(error, 'CATALOG_CORRUPT')) return null;
    throw error;
  }
}

/** As `rebuild` begins: the lists are saved, the bad catalog goes aside, and its copy, or an empty one, comes into its place. */
async function revive(root: string, facts: FilesystemFacts, args: AdoptFolderArgs): Promise<Made> {
  const { stateDir, knownStoreId, nowMs, requireVaults } = args;
  const storeId = idOfLostStore(root, stateDir, knownStoreId) ?? args.newId();
  const { note, ...told } = await replaceCatalog({
    root,
    storeId,
    stateDir,
    nowMs,
    isWhole: false,
    newerCopyIsBad: false,
    requireVaults,
    // Both were lost before: the caller tells afterwards what is in their place.
    announce: () => undefined,
    assertThere: stillThere(join(root, PRIVATE_FOLDER)),
    putMoreAside: (folder) => moveTopFiles(root, join(root, PRIVATE_FOLDER, folder)),
  });
  return { ...finish(root, storeId, facts, args, note), kind: 'catalog', ...told };
}

/** Nothing tells of a store that was here: its checksum lists are a stranger's. */
function moveAway(root: string, { vaults, nowMs }: AdoptFolderArgs): AdoptionNote {
  const aside = makeAsideFolder(root, FOUND_ASIDE, nowMs);
  const target = join(root, PRIVATE_FOLDER, aside);
  moveTopFiles(root, target);
  for (const vault of vaults)
    move(listPlace(root, vault), join(target, foundName(`${vault}/${SUMS_NAME}`, vault) ?? vault));
  return { kind: 'folder', aside, beganAtMs: nowMs, from: 'nothing', copyMadeAtMs: null };
}

/** Throws when what lies at the path is another folder by now. */
function stillThere(folder: string): () => void {
  const look = (): BigIntStats | undefined => lstatSync(folder, { bigint: true, throwIfNoEntry: false });
  const before = look();
  return () => {
    const now = look();
    if (now !== undefined && now.dev === before?.dev && now.ino === before.ino) return;
    throw new AppError('STORE_MISSING', `${folder} went away, or is that of another disk now`);
  };
}

function moveTopFiles(root: string, target: string): void {
  for (const name of VISIBLE_FILES) if (!isOwnText(root, name)) move(join(root, name), join(target, name));
}

/** Where the checksum list of a vault is, or would be; STORE_SYMLINK, STORE_UNSUITABLE where that is not in this directory. */
function listPlace(root: string, vault: string): string {
  return resolvePlaceInDirectory(root, `${vault}/${SUMS_NAME}`);
}

function move(from: string, to: string): void {
  // Also a link: what it leads to stays where it is.
  if (lstatSync(from, { throwIfNoEntry: false }) === undefined) return;
  renameSync(from, to);
  // The new name first: a file whose power went off in between may have two names, never none.
  for (const folder of [dirname(to), dirname(from)]) fsyncFolderSync(folder);
}

function finish(
  root: string,
  storeId: string,
  facts: FilesystemFacts,
  { nowMs }: AdoptFolderArgs,
  note: AdoptionNote | null,
): Pick<AdoptedFolder, 'marker' | 'badMarker' | 'texts'> {
  const marker: StoreMarker = {
    storeId,
    filesystemUuid: facts.uuid,
    createdAt: new Date(nowMs).toISOString(),
    formatVersion: 1,
    notAMount: !facts.isMountPoint,
  };
  const badMarker = setMarkerAside(root, nowMs);
  const made = createStore(root, marker, note === null ? null : adoptionFact(note));
  // A folder that was no store had none.
  const texts = note?.kind === 'folder' ? made.filter(({ was }) => was !== 'missing') : made;
  return { marker, badMarker, texts };
}

/** What lies in the place of the marker is no whole one by now. Answers where it is then. */
function setMarkerAside(root: string, nowMs: number): string | null {
  if (lstatSync(markerPath(root), { throwIfNoEntry: false }) === undefined) return null;
  const place = join(root, PRIVATE_FOLDER, makeAsideFolder(root, FOUND_ASIDE, nowMs), MARKER_NAME);
  move(markerPath(root), place);
  return place;
}
