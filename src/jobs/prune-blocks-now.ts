import type { Config } from '../core/config/config.ts';
import type { MirrorState } from '../core/mirror-state.ts';
import { type PruneBlocks, pruneBlocks } from '../core/prune-blocks.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { unfinishedAdoption } from './unfinished-adoption.ts';

/**
 * Why nothing of a vault is removed now: what its last pass met, and, of every vault, a `rebuild` or `adopt` that is not finished. Its catalog may be an older
 * copy that does not know the owner's latest pins, and what it announced was announced by the former one. Throws CATALOG_CORRUPT.
 *
 * @param storeId of the store that is open
 */
export function pruneBlocksNow(args: {
  readonly catalog: Catalog;
  readonly config: Pick<Config, 'vaults'>;
  readonly state: MirrorState;
  readonly storeId: string;
}): PruneBlocks {
  const { catalog, config, state, storeId } = args;
  const problem = unfinishedAdoption(catalog);
  if (problem === null) return pruneBlocks(state, config.vaults, storeId);
  return new Map(config.vaults.map(({ name }) => [name, { why: problem.message, problem, isLasting: false }]));
}
