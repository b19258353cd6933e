import type { ChecksumLine } from '../core/sha256sums.ts';
import type { AttachedStore } from './attached-store.ts';
import type { ArchiveRow } from './catalog/archive-row.ts';
import type { Catalog } from './catalog/catalog.ts';
import { rewriteChecksums } from './sha256sums-file.ts';

const PAGE = 1000;
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

/** Writes the vault's SHA256SUMS anew from the catalog if a crash left it behind; says whether it did. */
export async function repairSums(store: AttachedStore, catalog: Catalog, vault: string): Promise<boolean> {
  if (catalog.fact(factName(vault)) !== BEHIND) return false;
  store.assertAttached();
  await rewriteChecksums(store.vaultDir(vault), storedLines(catalog, vault));
  markSumsLevel(catalog, vault);
  return true;
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
  return `sums_behind:${vault}`;
}
