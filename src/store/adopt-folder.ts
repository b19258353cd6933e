import { existsSync, lstatSync, renameSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isAppError } from '../core/errors.ts';
import { SUMS_NAME } from '../core/sha256sums.ts';
import { type AdoptionNote, adoptionFact } from './adoption-note.ts';
import { Catalog } from './catalog/catalog.ts';
import { openCatalogForReading } from './catalog/open-catalog.ts';
import { createStore, makePrivateFolder } from './create-store.ts';
import type { FilesystemFacts, FilesystemSources } from './filesystem-facts.ts';
import { existingMarker } from './init-store.ts';
import type { StoreMarker } from './marker.ts';
import { makeAsideFolder, saveChecksumLists, setCatalogAside } from './set-aside.ts';
import {
  CATALOG_ASIDE,
  CATALOG_NAME,
  FOUND_ASIDE,
  INDEX_NAME,
  PRIVATE_FOLDER,
  README_NAME,
  RESTORE_NAME,
} from './store-layout.ts';
import { requireAbilities, requireDirectory, requireSuitable, unusable } from './suitable-directory.ts';
import { fsyncFolderSync } from './write-file-atomically.ts';

export interface AdoptFolderArgs {
  readonly directory: string;
  /** The owner knows that it is no mount point of a disk. */
  readonly notAMount: boolean;
  /** Names of the vaults, whose folders it may hold. */
  readonly vaults: readonly string[];
  readonly nowMs: number;
  /** A fresh UUID. */
  readonly newId: () => string;
  readonly sources?: FilesystemSources;
}

export interface AdoptedFolder {
  readonly root: string;
  readonly marker: StoreMarker;
  /** store: it was one. marker: it was one that had lost its marker. folder: it was none. */
  readonly kind: 'store' | 'marker' | 'folder';
}

/**
 * Makes a directory a store whatever is in it; a store stays as it is. No file is removed or changed. What bears a name of our own files is moved
 * into `.pullmirror`. The marker comes last, so that after an interruption the same call goes on. A new store's catalog holds an adoption note:
 * its files have to be looked through. Errors as `initStore`, but for STORE_NOT_EMPTY.
 */
export function adoptFolder(args: AdoptFolderArgs): AdoptedFolder {
  const root = resolve(args.directory);
  try {
    requireDirectory(root);
    const existing = existingMarker(root);
    if (existing !== null) return { root, marker: existing, kind: 'store' };
    const facts = requireSuitable(root, args);
    requireAbilities(root);
    const known = storeIdOf(join(root, PRIVATE_FOLDER, CATALOG_NAME));
    if (known !== null) return { root, marker: finish(root, known, facts, args, null), kind: 'marker' };
    makePrivateFolder(root);
    const note = moveAway(root, args);
    return { root, marker: finish(root, args.newId(), facts, args, note), kind: 'folder' };
  } catch (error) {
    throw unusable(error, root);
  }
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

/** A catalog that cannot be read tells of a store that was here: its checksum lists are ours. Any other list is a stranger's. */
function moveAway(root: string, { vaults, nowMs }: AdoptFolderArgs): AdoptionNote {
  const begun = { from: 'nothing', beganAtMs: nowMs, copyMadeAtMs: null } as const;
  if (existsSync(join(root, PRIVATE_FOLDER, CATALOG_NAME))) {
    const aside = makeAsideFolder(root, CATALOG_ASIDE, nowMs);
    saveChecksumLists(root, aside);
    setCatalogAside(root, aside);
    return { ...begun, kind: 'rebuild', aside };
  }
  const aside = makeAsideFolder(root, FOUND_ASIDE, nowMs);
  const target = join(root, PRIVATE_FOLDER, aside);
  for (const name of [README_NAME, RESTORE_NAME, INDEX_NAME]) move(join(root, name), join(target, name));
  for (const vault of vaults) move(join(root, vault, SUMS_NAME), join(target, `${vault}.${SUMS_NAME}`));
  fsyncFolderSync(target);
  return { ...begun, kind: 'folder', aside };
}

function move(from: string, to: string): void {
  // Also a link: what it leads to stays where it is.
  if (lstatSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, to);
}

function finish(
  root: string,
  storeId: string,
  facts: FilesystemFacts,
  { nowMs }: AdoptFolderArgs,
  note: AdoptionNote | null,
): StoreMarker {
  const marker: StoreMarker = {
    storeId,
    filesystemUuid: facts.uuid,
    createdAt: new Date(nowMs).toISOString(),
    formatVersion: 1,
    notAMount: !facts.isMountPoint,
  };
  createStore(root, marker, note === null ? null : adoptionFact(note));
  return marker;
}
