import type { SteadyClock } from '../core/clock.ts';
import { clockCorrectionMs } from '../core/clock-skew.ts';
import { BELIEVED_AHEAD_MS, doubtWords, isDoubtful, knownPastMs } from '../core/known-time.ts';
import type { MirrorState } from '../core/mirror-state.ts';
import { elapsedMs, offsetsAt, type TimeAnswer } from '../core/told-time.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { lastTrusted } from './last-trusted.ts';
import { momentOf } from './moment-of.ts';
import { PassClock } from './pass-clock.ts';

/** By what clock the work of a command is dated. */
export interface Dating {
  readonly clock: SteadyClock;
  /** Why that is not this machine's, for a person; null: it is. */
  readonly doubt: string | null;
}

interface DatingQuestion {
  readonly catalog: Pick<Catalog, 'fact' | 'scrub'>;
  readonly state: Pick<MirrorState, 'vaults'>;
  readonly clock: SteadyClock;
}

/**
 * The clock for what is done without a vault. A time that contradicts what is known would raise an alarm afterwards, or hide one: instead of it stands
 * the latest that is known to be past, and goes on from there. That is certainly no later than now, and if it is earlier things are done once more.
 */
export function datingClock({ catalog, state, clock }: DatingQuestion): Dating {
  const knownMs = knownPastMs(state, lastTrusted(catalog));
  const began = momentOf(clock);
  if (knownMs === null || !isDoubtful(began.localMs, knownMs)) return { clock, doubt: null };
  // What was done by this kind of clock before was done before now.
  const fromMs = Math.max(knownMs, catalog.scrub.lastHashedMs(knownMs + BELIEVED_AHEAD_MS) ?? knownMs);
  return {
    clock: {
      now: () => fromMs + elapsedMs(began, momentOf(clock)),
      uptimeMs: () => clock.uptimeMs(),
      sleep: (ms, signal) => clock.sleep(ms, signal),
    },
    doubt: doubtWords(began.localMs, knownMs, 'that'),
  };
}

/** As `datingClock`, where vaults can be asked: only if this machine's clock is in doubt. */
export async function askedDatingClock(
  question: DatingQuestion & { readonly ask: () => Promise<readonly TimeAnswer[]> },
): Promise<Dating> {
  const { catalog, clock, ask } = question;
  const unasked = datingClock(question);
  if (unasked.doubt === null) return unasked;
  const answers = await ask();
  const now = momentOf(clock);
  const lastTrustedMs = lastTrusted(catalog);
  const offsetsMs = offsetsAt(now, answers);
  const correctionMs = clockCorrectionMs({ localNowMs: now.localMs, offsetsMs, lastTrustedMs });
  if (correctionMs === null) return unasked;
  if (correctionMs === 0) return { clock, doubt: null };
  const asked = new PassClock(clock, lastTrustedMs);
  asked.learn(answers);
  return { clock: asked, doubt: doubtWords(now.localMs, asked.now(), 'what the vault tells') };
}
