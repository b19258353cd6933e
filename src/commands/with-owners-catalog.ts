import type { Config } from '../core/config/config.ts';
import { problemOf } from '../jobs/problem-of.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { copyCatalog } from '../store/catalog-copy.ts';
import { openCatalogForOwner } from '../store/open-catalog-for-owner.ts';
import { prepareStateDirectory } from '../store/state-file.ts';
import { readState } from './open-mirror.ts';
import type { Output } from './output.ts';

/**
 * Lets `work` write the owner's decisions into the catalog, also while a pass or the daemon runs, and renews the copy of the catalog when it wrote
 * any: decisions cannot be rebuilt from the files, and no pass may change anything for long.
 *
 * @throws AppError as openCatalogForOwner, and what `work` throws
 */
export async function withOwnersCatalog<T>(config: Config, out: Output, work: (catalog: Catalog) => T): Promise<T> {
  const expectedStoreId = readState(config).state.storeId;
  const { catalog, storeId, assertInPlace } = openCatalogForOwner({ path: config.store.path, expectedStoreId });
  try {
    const before = catalog.changeCount();
    const result = work(catalog);
    if (catalog.changeCount() !== before) {
      // Nor would its copy be one of what is there now.
      assertInPlace();
      await renewCatalogCopy({ catalog, storeId, stateDir: config.stateDir }, out);
    }
    return result;
  } finally {
    catalog.close();
  }
}

/** A copy that cannot be made does not take the decision back; it is told on standard error. */
export async function renewCatalogCopy(
  args: { readonly catalog: Catalog; readonly storeId: string; readonly stateDir: string },
  out: Output,
): Promise<void> {
  const uncopied = await problemOf(async () => {
    prepareStateDirectory(args.stateDir);
    copyCatalog(args);
  });
  if (uncopied === null) return;
  out.note(`pullmirror: decided, and written to the store, but not to the copy of its catalog: ${uncopied.message}`);
  out.note(`  next: ${uncopied.hint}`);
}
