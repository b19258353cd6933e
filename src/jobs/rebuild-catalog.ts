import { existsSync } from 'node:fs';
import { AppError, isAppError } from '../core/errors.ts';
import { type AdoptionNote, adoptionFact, readAdoptionNote } from '../store/adoption-note.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import { Catalog } from '../store/catalog/catalog.ts';
import { openCatalogForReading } from '../store/catalog/open-catalog.ts';
import { setCopyAside } from '../store/catalog-copy.ts';
import { freeAsideName, makeNamedAsideFolder, saveChecksumLists, setCatalogAside } from '../store/set-aside.ts';
import { clearStage, finishStage, putStagedInPlace, requireWhole, stageBestCatalog } from '../store/stage-catalog.ts';
import { CATALOG_ASIDE } from '../store/store-layout.ts';

export interface BeginRebuildRequest {
  readonly store: AttachedStore;
  readonly stateDir: string;
  /** Also where the catalog looks whole, or says that a later release wrote it. */
  readonly force: boolean;
  readonly nowMs: number;
  /** Asked where there is no copy of the catalog; throws when a vault cannot be listed. */
  readonly requireVaults: () => Promise<void>;
}

/**
 * whole: there is nothing to do. unfinished: an earlier rebuild, or the taking over of a folder, has to go on. begun: another catalog is in
 * place, and the files have to be looked through.
 */
export type RebuildBegin =
  | { readonly kind: 'whole' }
  | { readonly kind: 'unfinished'; readonly note: AdoptionNote }
  | {
      readonly kind: 'begun';
      readonly note: AdoptionNote;
      /** What was the matter with the former catalog. */
      readonly why: string;
      /** Why there is a copy of the catalog that could not be used, and where it is now; null: it was, or there was none. */
      readonly badCopy: { readonly why: string; readonly path: string } | null;
      /** Vaults whose SHA256SUMS the disk does not give back; what is left of it has been put aside. */
      readonly unreadableLists: readonly string[];
    };

/**
 * Puts a catalog that is lost or damaged aside, and its copy, or an empty one, in its place. The caller holds the store's lock. Killed at any
 * moment, it begins again or finds its work done. Throws STORE_*; CATALOG_NEWER for a catalog that is not damaged, only newer; and what
 * `requireVaults` throws, before anything was changed.
 */
export async function beginRebuild(request: BeginRebuildRequest): Promise<RebuildBegin> {
  const { store, force } = request;
  const why = flawOf(store, force);
  if (why === null) {
    const note = unfinished(store);
    if (note !== null) return { kind: 'unfinished', note };
    if (!force) return { kind: 'whole' };
  }
  store.assertAttached();
  try {
    return await replaceCatalog(request, why ?? 'The catalog looks whole, and is made anew on your word');
  } catch (error) {
    // Of a store that is gone the path may be another disk's by now.
    if (isInPlace(store)) clearStage(store.root);
    throw error;
  }
}

async function replaceCatalog(request: BeginRebuildRequest, why: string): Promise<RebuildBegin> {
  const { store, nowMs } = request;
  const copy = stageBestCatalog({ root: store.root, storeId: store.marker.storeId, stateDir: request.stateDir });
  if (copy.kind !== 'staged') {
    await request.requireVaults();
    // That took its time, with the network.
    store.assertAttached();
  }
  const aside = freeAsideName(store.root, CATALOG_ASIDE, nowMs);
  const begun = { kind: 'rebuild', aside, beganAtMs: nowMs } as const;
  const note: AdoptionNote =
    copy.kind === 'staged'
      ? { ...begun, from: 'copy', copyMadeAtMs: copy.madeAtMs }
      : { ...begun, from: 'nothing', copyMadeAtMs: null };
  finishStage({ root: store.root, storeId: store.marker.storeId }, adoptionFact(note));
  makeNamedAsideFolder(store.root, aside);
  // Before the first row of the new catalog: the lists are evidence of what it does not know yet.
  const unreadableLists = saveChecksumLists(store.root, aside);
  store.assertAttached();
  const badCopy =
    copy.kind === 'bad' ? { why: copy.why, path: setCopyAside(request.stateDir, store.marker.storeId, nowMs) } : null;
  setCatalogAside(store.root, aside);
  putStagedInPlace(store.root);
  return { kind: 'begun', note, why, badCopy, unreadableLists };
}

function isInPlace(store: AttachedStore): boolean {
  try {
    store.assertAttached();
    return true;
  } catch (error) {
    if (!isAppError(error)) throw error;
    return false;
  }
}

/** What is the matter with the catalog; null: nothing. */
function flawOf({ catalogPath, marker }: AttachedStore, force: boolean): string | null {
  if (!existsSync(catalogPath)) return `${catalogPath} is missing`;
  try {
    requireWhole(catalogPath, marker.storeId);
    return null;
  } catch (error) {
    if (isAppError(error, 'CATALOG_NEWER') && !force) throw newer(error);
    if (isAppError(error, 'CATALOG_CORRUPT', 'CATALOG_NEWER', 'STORE_WRONG')) return error.message;
    throw error;
  }
}

function newer(error: AppError): AppError {
  return new AppError('CATALOG_NEWER', error.message, {
    cause: error,
    hint: 'Install that release: its catalog is not damaged. If there never was a later release here, the number itself is damaged: `pullmirror rebuild --force`.',
  });
}

function unfinished({ catalogPath, marker }: AttachedStore): AdoptionNote | null {
  const catalog = new Catalog(openCatalogForReading({ path: catalogPath, storeId: marker.storeId }));
  try {
    return readAdoptionNote(catalog);
  } finally {
    catalog.close();
  }
}
