import { existsSync } from 'node:fs';
import { AppError, isAppError } from '../core/errors.ts';
import { type AdoptionNote, readAdoptionNote } from '../store/adoption-note.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import { Catalog } from '../store/catalog/catalog.ts';
import { openCatalogForReading } from '../store/catalog/open-catalog.ts';
import { type ReplacedCatalog, replaceCatalog } from '../store/replace-catalog.ts';
import { resumeReplacement } from '../store/resume-replacement.ts';
import { requireWhole } from '../store/stage-catalog.ts';

export interface BeginRebuildRequest {
  readonly store: AttachedStore;
  readonly stateDir: string;
  /** Also where the catalog looks whole, or it or its copy says that a later release wrote it. */
  readonly force: boolean;
  readonly nowMs: number;
  /** Asked where there is no copy of the catalog that can be used; throws when a vault cannot be listed. */
  readonly requireVaults: () => Promise<void>;
  /** Called when all is ready, before anything is changed. */
  readonly announce: (note: AdoptionNote, why: string) => void;
}

/**
 * whole: there is nothing to do. unfinished: an earlier rebuild, or the taking over of a folder, has to go on. begun: another catalog is in
 * place, and the files have to be looked through.
 */
export type RebuildBegin =
  | { readonly kind: 'whole' }
  | { readonly kind: 'unfinished'; readonly note: AdoptionNote }
  | (ReplacedCatalog & {
      readonly kind: 'begun';
      /** What was the matter with the former catalog. */
      readonly why: string;
    });

const ON_YOUR_WORD = 'The catalog looks whole, and is made anew on your word';

/**
 * Puts a catalog that is lost or damaged aside, and its copy, or an empty one, in its place; of one that is whole, where `force` says so, itself. The caller holds the store's lock. Killed at any
 * moment, it begins again, goes on, or finds its work done. Throws STORE_*; CATALOG_NEWER for a catalog, or a copy of a lost one, that is not damaged, only newer; and what
 * `requireVaults` throws, before anything was changed.
 */
export async function beginRebuild(request: BeginRebuildRequest): Promise<RebuildBegin> {
  const { store, force } = request;
  const resumed = resume(store);
  if (resumed !== null) return { kind: 'unfinished', note: resumed };
  const flaw = flawOf(store, force);
  if (flaw === null) {
    const note = unfinished(store);
    if (note !== null) return { kind: 'unfinished', note };
    if (!force) return { kind: 'whole' };
  }
  const why = flaw ?? ON_YOUR_WORD;
  store.assertAttached();
  const replaced = await replaceCatalog({
    root: store.root,
    storeId: store.marker.storeId,
    stateDir: request.stateDir,
    nowMs: request.nowMs,
    isWhole: flaw === null,
    newerCopyIsBad: force,
    requireVaults: request.requireVaults,
    announce: (note) => request.announce(note, why),
    assertThere: () => store.assertAttached(),
    putMoreAside: () => undefined,
  });
  return { kind: 'begun', why, ...replaced };
}

/** The note of a rebuild that was killed before its new catalog took the place of the former; it has it now. null: there was none. */
function resume(store: AttachedStore): AdoptionNote | null {
  if (existsSync(store.catalogPath)) return null;
  store.assertAttached();
  return resumeReplacement({ root: store.root, storeId: store.marker.storeId });
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
