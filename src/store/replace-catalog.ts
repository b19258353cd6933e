import { join } from 'node:path';
import { isAppError } from '../core/errors.ts';
import { type AdoptionNote, adoptionFact } from './adoption-note.ts';
import { holdCatalog } from './catalog/hold-catalog.ts';
import { catalogCopyPath, setCopyAside } from './catalog-copy.ts';
import { copyProblem } from './copy-problem.ts';
import { saveChecksumLists } from './saved-checksum-lists.ts';
import { freeAsideName, isCatalogAside, makeNamedAsideFolder, setCatalogAside } from './set-aside.ts';
import {
  clearStage,
  finishStage,
  putStagedInPlace,
  type StagedCatalog,
  stageBestCatalog,
  stageWholeCatalog,
} from './stage-catalog.ts';
import { CATALOG_ASIDE, CATALOG_NAME, PRIVATE_FOLDER } from './store-layout.ts';

export interface ReplaceCatalogRequest {
  readonly root: string;
  readonly storeId: string;
  /** Of this machine, with its copies of catalogs. */
  readonly stateDir: string;
  readonly nowMs: number;
  /** The catalog is whole, and is made anew on the owner's word: what it knows stays. */
  readonly isWhole: boolean;
  /** Go on without a copy that a later release wrote. */
  readonly newerCopyIsBad: boolean;
  /** Asked where there is no copy of the catalog that can be used; throws when a vault cannot be listed. */
  readonly requireVaults: () => Promise<void>;
  /** Called when all is ready, before anything is changed: what is lost is said before it is. */
  readonly announce: (note: AdoptionNote) => void;
  /** Throws when the disk that was there is there no more. */
  readonly assertThere: () => void;
  /** Moves what else is in the way into the folder of what is put aside. */
  readonly putMoreAside: (folder: string) => void;
}

export interface ReplacedCatalog {
  readonly note: AdoptionNote;
  /** Why there is a copy of the catalog that could not be used, and where it is now; null: it was, or there was none. */
  readonly badCopy: { readonly why: string; readonly path: string } | null;
  /** Vaults whose SHA256SUMS the disk does not give back; what is left of it has been put aside. */
  readonly unreadableLists: readonly string[];
}

/**
 * Puts a catalog aside, and its copy, or an empty one, in its place; of one that is whole what it knows itself, unless its copy knows more. The caller holds the store's lock. Killed at any
 * moment, the same call begins again, `resumeReplacement` ends it, or its work is done. Throws STORE_*, STATE_UNUSABLE; CATALOG_NEWER; and what `requireVaults` throws, before anything was
 * changed: without a copy only the vaults can say what the files are, and what is left of the old catalog may still answer something.
 */
export async function replaceCatalog(request: ReplaceCatalogRequest): Promise<ReplacedCatalog> {
  const { root, storeId } = request;
  const aside = freeAsideName(root, CATALOG_ASIDE, request.nowMs);
  // What the owner decides after it was copied would be lost with it.
  const letGo = request.isWhole
    ? holdCatalog({ path: join(root, PRIVATE_FOLDER, CATALOG_NAME), storeId })
    : () => undefined;
  try {
    return await replace(request, aside, letGo);
  } catch (error) {
    letGo();
    // Of a store that is gone the path may be another disk's by now.
    // Once the former catalog is aside nothing else may have all of it (`resumeReplacement`).
    if (isThere(request) && !isCatalogAside(root, aside)) clearStage(root);
    throw error;
  }
}

async function replace(request: ReplaceCatalogRequest, aside: string, letGo: () => void): Promise<ReplacedCatalog> {
  const { root, storeId, stateDir, nowMs } = request;
  const stage = request.isWhole ? stageWholeCatalog : stageBestCatalog;
  const staged = stage({ root, storeId, stateDir, newerIsBad: request.newerCopyIsBad });
  if (staged.kind === 'bad' || staged.kind === 'none') {
    await request.requireVaults();
    // That took its time, with the network.
    request.assertThere();
  }
  // Asked before anything is changed: the next copy of the catalog ends the word that says so.
  const copyIsBehind = staged.kind === 'copy' && copyProblem(catalogCopyPath(stateDir, storeId)) !== null;
  const note: AdoptionNote = { kind: 'rebuild', aside, beganAtMs: nowMs, ...originOf(staged), copyIsBehind };
  request.announce(note);
  finishStage({ root, storeId }, adoptionFact(note));
  makeNamedAsideFolder(root, aside);
  // Before the first row of the new catalog: the lists are evidence of what it does not know yet.
  const unreadableLists = saveChecksumLists(root, aside);
  request.putMoreAside(aside);
  request.assertThere();
  const why = whyBad(staged);
  const badCopy = why === null ? null : { why, path: setCopyAside(stateDir, storeId, nowMs) };
  setCatalogAside(root, aside);
  // What waited writes into what was put aside, and finds that out (`openCatalogForOwner`).
  letGo();
  putStagedInPlace(root);
  return { note, badCopy, unreadableLists };
}

function originOf(staged: StagedCatalog): Pick<AdoptionNote, 'from' | 'copyMadeAtMs'> {
  if (staged.kind === 'copy') return { from: 'copy', copyMadeAtMs: staged.madeAtMs };
  return { from: staged.kind === 'itself' ? 'itself' : 'nothing', copyMadeAtMs: null };
}

function whyBad(staged: StagedCatalog): string | null {
  if (staged.kind === 'itself') return staged.badCopy;
  return staged.kind === 'bad' ? staged.why : null;
}

function isThere({ assertThere }: ReplaceCatalogRequest): boolean {
  try {
    assertThere();
    return true;
  } catch (error) {
    if (!isAppError(error)) throw error;
    return false;
  }
}
