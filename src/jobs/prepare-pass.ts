import type { Random, SteadyClock } from '../core/clock.ts';
import type { Config } from '../core/config/config.ts';
import { DAY_MS } from '../core/duration.ts';
import { isAppError } from '../core/errors.ts';
import type { Problem } from '../core/pass-report.ts';
import { adoptionTried, readAdoptionNote } from '../store/adoption-note.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import type { WritableStore } from '../store/open-store.ts';
import type { VaultReader } from '../vault/vault-reader.ts';
import { type AdoptFilesReport, adoptFiles } from './adopt-files.ts';
import type { ByteProgress } from './byte-progress.ts';
import { problemOf } from './problem-of.ts';
import { isSelfCheckDue, type SelfCheck, selfCheck } from './self-check.ts';

/** Going on reads every file that nobody knows yet; for a vault that stays away once a day is often enough. */
const TRY_AGAIN_AFTER_MS = DAY_MS;

export interface PreparedPass {
  /** null: it was not due. */
  readonly selfCheck: SelfCheck | null;
  /** What an unfinished `rebuild` or `adopt` had left to do; null: nothing, or a vault that it waits for is still away. */
  readonly adoption: AdoptFilesReport | null;
  /** Why the pass must not begin, or null. */
  readonly problem: Problem | null;
}

/** What comes before a pass: the daily look at what it takes for granted, and the end of a rebuild that was interrupted. Throws defects only. */
export async function preparePass(request: {
  readonly config: Config;
  readonly opened: WritableStore;
  readonly readers: ReadonlyMap<string, VaultReader>;
  readonly lastSelfCheckMs: number | null;
  readonly clock: SteadyClock;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly progress: ByteProgress;
}): Promise<PreparedPass> {
  const { config, opened, readers, lastSelfCheckMs, clock, random, signal, progress } = request;
  const { store, catalog } = opened;
  let checked: SelfCheck | null = null;
  let adoption: AdoptFilesReport | null = null;
  const problem = await problemOf(async () => {
    if (opened.swapped || isSelfCheckDue(lastSelfCheckMs, clock.now())) {
      checked = await selfCheck({ store, catalog, clock, signal });
    }
    if (readAdoptionNote(catalog) === null) return;
    if (await isTooEarly(catalog, readers, clock.now(), signal)) return;
    adoption = await adoptFiles({ config, store, catalog, readers, clock, random, signal, progress });
  });
  return { selfCheck: checked, adoption, problem };
}

/** Was it tried lately, and is what kept it from its end still so? The pass itself tells what is the matter with a vault. */
async function isTooEarly(
  catalog: Catalog,
  readers: ReadonlyMap<string, VaultReader>,
  nowMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const tried = adoptionTried(catalog);
  if (tried === null || !(Math.abs(nowMs - tried.atMs) < TRY_AGAIN_AFTER_MS)) return false;
  for (const name of tried.awayVaults) {
    try {
      // One that is not in the configuration any more keeps nothing waiting.
      await readers.get(name)?.probe(signal);
    } catch (error) {
      if (isAppError(error) && error.code.startsWith('VAULT_')) return true;
      throw error;
    }
  }
  // An archive that could not be asked about may wait for its day.
  return tried.awayVaults.length === 0;
}
