import type { Clock, Random } from '../core/clock.ts';
import type { Config } from '../core/config/config.ts';
import type { Actor } from '../core/event-names.ts';
import type { IdSet } from '../core/id-set.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import type { VaultReader } from '../vault/vault-reader.ts';
import { Bandwidth } from './bandwidth.ts';
import type { PassProgress } from './pass-progress.ts';
import { type RepairResult, repairArchives } from './repair-archives.ts';
import { createTransferContext } from './transfer-context.ts';

/**
 * Repairs damaged archives of all vaults at once, on the owner's word: also those of vaults that the configuration names no more, as far as the disk
 * itself has their bytes, and those whose repair failed not long ago. One result for each vault that has damaged archives. Throws defects only.
 *
 * @param only the archives to repair, by number; null: all that are damaged
 */
export async function repairStore(args: {
  readonly config: Config;
  readonly store: AttachedStore;
  readonly catalog: Catalog;
  readonly readers: ReadonlyMap<string, VaultReader>;
  readonly only: IdSet | null;
  readonly actor: Actor;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly progress: PassProgress;
}): Promise<RepairResult[]> {
  const { config, catalog, readers, only, actor, clock, signal } = args;
  const bandwidth = new Bandwidth({ clock, downloads: config.downloads, timezone: config.timezone });
  const transfer = createTransferContext({ ...args, bandwidth });
  const results: RepairResult[] = [];
  for (const vault of catalog.scrub.damagedVaults()) {
    if (signal.aborted) break;
    const context = { ...transfer, reader: readers.get(vault) ?? null, actor, insist: true };
    results.push(await repairArchives(context, vault, only));
  }
  return results;
}
