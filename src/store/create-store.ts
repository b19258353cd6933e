import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { README_TEXT } from './disk-readme.ts';
import { renderIndexPage } from './index-page.ts';
import { type StoreMarker, writeMarker } from './marker.ts';
import { RESTORE_SCRIPT } from './restore-script.ts';
import { finishStage, putStagedInPlace, stageNewCatalog } from './stage-catalog.ts';
import {
  CATALOG_NAME,
  INDEX_NAME,
  LOCK_NAME,
  PRIVATE_FOLDER,
  README_NAME,
  RESTORE_NAME,
  WORKING_FOLDERS,
} from './store-layout.ts';
import { fsyncFolderSync } from './write-file-atomically.ts';

/**
 * Puts everything that makes a directory a store into it, the marker last. What is there already, from a call that was killed, stays. Throws the
 * filesystem's own errors.
 *
 * @param fact for a new catalog, or null
 */
export function createStore(root: string, marker: StoreMarker, fact: readonly [string, string] | null): void {
  const { storeId } = marker;
  const folder = makePrivateFolder(root);
  if (!existsSync(join(folder, CATALOG_NAME))) {
    stageNewCatalog({ root, storeId });
    finishStage({ root, storeId }, fact);
    putStagedInPlace(root);
  }
  const page = { storeId, writtenAtMs: Date.parse(marker.createdAt), totalArchives: 0, totalBytes: 0 };
  writeIfMissing(join(folder, LOCK_NAME), '', 0o640);
  writeIfMissing(join(root, README_NAME), README_TEXT, 0o644);
  writeIfMissing(join(root, RESTORE_NAME), RESTORE_SCRIPT, 0o555);
  writeIfMissing(join(root, INDEX_NAME), [...renderIndexPage({ ...page, rows: [] })].join(''), 0o644);
  fsyncFolderSync(root);
  writeMarker(root, marker);
  fsyncFolderSync(root);
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
