import { lstatSync } from 'node:fs';
import { type AppError, isAppError } from '../core/errors.ts';
import type { ChecksumLine } from '../core/sha256sums.ts';
import type { AttachedStore } from './attached-store.ts';
import type { ArchiveRow } from './catalog/archive-row.ts';
import type { Catalog } from './catalog/catalog.ts';
import { makeFolders } from './make-folders.ts';
import { rewriteChecksums } from './sha256sums-file.ts';
import { translateFsError } from './translate-fs-error.ts';
import { fsyncFolder } from './write-file-atomically.ts';

const PAGE = 1000;
const FACT_PREFIX = 'sums_behind:';
const BEHIND = 'yes';
const LEVEL = 'no';

/** Said in the transaction that records archives: until `markSumsLevel`, SHA256SUMS may lack their lines. */
export function markSumsBehind(catalog: Catalog, vault: string): void {
  catalog.setFact(factName(vault), BEHIND);
}

/** Said when every recorded archive of the vault has its line. */
export function markSumsLevel(catalog: Catalog, vault: string): void {
  if (catalog.fact(factName(vault)) === BEHIND) catalog.setFact(factName(vault), LEVEL);
}

/**
 * Writes the vault's SHA256SUMS anew from the catalog if a crash left it behind; says whether it did. A vault without archives here need not have
 * a folder: it gets none. Throws STORE_*.
 */
export async function repairSums(store: AttachedStore, catalog: Catalog, vault: string): Promise<boolean> {
  if (catalog.fact(factName(vault)) !== BEHIND) return false;
  store.assertAttached();
  const isNeeded = hasFolder(store.vaultDir(vault)) || !storedLines(catalog, vault).next().done;
  if (isNeeded) await rewrite(store, catalog, vault);
  markSumsLevel(catalog, vault);
  return isNeeded;
}

/**
 * The same for vaults that had archives here and that the configuration names no more, each whatever is the matter with the folder of another. Returns
 * the first failure, STORE_* or CATALOG_*, or null; throws defects only.
 *
 * @param named the vaults of the configuration
 */
export async function repairFormerSums(
  store: AttachedStore,
  catalog: Catalog,
  named: readonly { readonly name: string }[],
): Promise<AppError | null> {
  let first: AppError | null = null;
  for (const vault of sumsBehind(catalog)) {
    if (named.some(({ name }) => name === vault)) continue;
    try {
      await repairSums(store, catalog, vault);
    } catch (error) {
      if (!isAppError(error)) throw error;
      first ??= error;
    }
  }
  return first;
}

/** The vaults whose SHA256SUMS a crash left behind. */
function sumsBehind(catalog: Catalog): string[] {
  return catalog.factNames(FACT_PREFIX, BEHIND).map((name) => name.slice(FACT_PREFIX.length));
}

async function rewrite(store: AttachedStore, catalog: Catalog, vault: string): Promise<void> {
  const folder = store.vaultDir(vault);
  const folders = new Set<string>();
  try {
    // Its archives may be missing with the folder and all; the list says which they were.
    await makeFolders(store.root, folder, { touched: folders, durable: new Set() });
    for (const one of folders) await fsyncFolder(one);
  } catch (error) {
    throw translateFsError(error, `making ${folder}`);
  }
  await rewriteChecksums(folder, storedLines(catalog, vault));
}

function hasFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function* storedLines(catalog: Catalog, vault: string): Generator<ChecksumLine> {
  let after: ArchiveRow | null = null;
  for (;;) {
    const rows: ArchiveRow[] = catalog.archives.page({ vault, storedOnly: true }, after, PAGE);
    for (const { sha256, path } of rows) if (sha256 !== null && path !== null) yield { sha256, path };
    after = rows.at(-1) ?? null;
    if (after === null) return;
  }
}

function factName(vault: string): string {
  return FACT_PREFIX + vault;
}
