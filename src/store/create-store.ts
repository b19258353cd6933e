import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RenewedText } from '../core/renewed-text.ts';
import { renderIndexPage } from './index-page.ts';
import { type StoreMarker, writeMarker } from './marker.ts';
import { finishStage, putStagedInPlace, stageNewCatalog } from './stage-catalog.ts';
import { CATALOG_NAME, LOCK_NAME, PRIVATE_FOLDER, WORKING_FOLDERS } from './store-layout.ts';
import { firstIndexPage, renewStoreTexts } from './store-texts.ts';
import { fsyncFolderSync } from './write-file-atomically.ts';

/**
 * Puts everything that makes a directory a store into it, the marker last. What is there already, from a call that was killed, stays if it is whole.
 * Answers which of the visible files it had to make, and what was there in their place; throws the filesystem's own errors.
 *
 * @param fact for a new catalog, or null
 */
export function createStore(root: string, marker: StoreMarker, fact: readonly [string, string] | null): RenewedText[] {
  const { storeId } = marker;
  const folder = makePrivateFolder(root);
  if (!existsSync(join(folder, CATALOG_NAME))) {
    stageNewCatalog({ root, storeId });
    finishStage({ root, storeId }, fact);
    putStagedInPlace(root);
  }
  const writtenAtMs = Date.parse(marker.createdAt);
  const page = { storeId, writtenAtMs, totalArchives: 0, totalBytes: 0, rows: [] };
  writeIfMissing(join(folder, LOCK_NAME), '', 0o640);
  const texts = renewStoreTexts(root, writtenAtMs, [firstIndexPage([...renderIndexPage(page)].join(''))]);
  fsyncFolderSync(root);
  writeMarker(root, marker);
  fsyncFolderSync(root);
  return texts;
}

/** `.pullmirror` with its folders; answers its path. Throws the filesystem's own errors. */
export function makePrivateFolder(root: string): string {
  const folder = join(root, PRIVATE_FOLDER);
  mkdirSync(folder, { recursive: true, mode: 0o750 });
  for (const name of WORKING_FOLDERS) {
    mkdirSync(join(folder, name), { recursive: true, mode: 0o750 });
  }
  return folder;
}

function writeIfMissing(path: string, text: string, mode: number): void {
  if (!existsSync(path)) writeFileSync(path, text, { mode, flag: 'wx', flush: true });
}
