import type { Clock, Random } from '../core/clock.ts';
import type { Config } from '../core/config/config.ts';
import type { Problem } from '../core/pass-report.ts';
import { readAdoptionNote } from '../store/adoption-note.ts';
import type { WritableStore } from '../store/open-store.ts';
import type { VaultReader } from '../vault/vault-reader.ts';
import { type AdoptFilesReport, adoptFiles } from './adopt-files.ts';
import type { ByteProgress } from './byte-progress.ts';
import { problemOf } from './problem-of.ts';
import { isSelfCheckDue, type SelfCheck, selfCheck } from './self-check.ts';

export interface PreparedPass {
  /** null: it was not due. */
  readonly selfCheck: SelfCheck | null;
  /** What an unfinished `rebuild` or `adopt` had left to do; null: nothing. */
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
  readonly clock: Clock;
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
    adoption = await adoptFiles({ config, store, catalog, readers, clock, random, signal, progress });
  });
  return { selfCheck: checked, adoption, problem };
}
