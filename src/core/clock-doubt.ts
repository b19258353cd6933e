import type { Config } from './config/config.ts';
import { ERROR_KINDS } from './errors.ts';
import type { MirrorState } from './mirror-state.ts';
import type { Problem } from './pass-report.ts';
import type { SeriesCounts } from './series-counts.ts';
import { CLOCK_TOLERANCE_MS, timeWords } from './trusted-now.ts';

/** What has happened already, so that it is later now. All in milliseconds since 1970 UTC. */
export interface ClockDoubtFacts {
  readonly nowMs: number;
  readonly config: { readonly vaults: readonly Pick<Config['vaults'][number], 'name'>[] };
  readonly counts: readonly Pick<SeriesCounts, 'vault' | 'series' | 'newestSoundMs' | 'newestAheadMs'>[] | null;
  readonly state: Pick<MirrorState, 'lastPass' | 'vaults'>;
  /** The latest time that was ever trusted, or null. */
  readonly lastTrustedMs?: number | null;
}

/** Without asking any vault: is there a moment of the past that this machine's clock has not reached? null: none, which proves nothing. */
export function clockDoubt({ nowMs, counts, state, config, lastTrustedMs }: ClockDoubtFacts): Problem | null {
  let latestMs = nowMs + CLOCK_TOLERANCE_MS;
  let what: string | null = null;
  const look = (atMs: number | null | undefined, words: string): void => {
    if (atMs == null || atMs <= latestMs) return;
    latestMs = atMs;
    what = words;
  };
  for (const { series, vault, newestSoundMs, newestAheadMs } of counts ?? []) {
    const words = `the newest archive of ${series ?? `vault ${vault}`} is of`;
    look(newestSoundMs, words);
    // Where the clocks agreed during a pass, it is the archive that is odd, and was so from the start.
    if (state.vaults[vault]?.lastGoodPassAt == null) look(newestAheadMs, words);
  }
  for (const { name } of config.vaults)
    look(state.vaults[name]?.lastGoodPassAt, `the last good pass over ${name} was at`);
  look(state.lastPass?.endedAt, 'the last pass was at');
  look(lastTrustedMs, 'by what the vaults told before it was');
  if (what === null) return null;
  const message = `this machine's clock is in doubt: it says ${timeWords(nowMs)}, but ${what} ${timeWords(latestMs)}`;
  return { code: 'CLOCK_IN_DOUBT', message, hint: ERROR_KINDS.CLOCK_IN_DOUBT.hint };
}
