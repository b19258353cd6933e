import { formatDuration } from './duration.ts';
import type { Problem } from './pass-report.ts';
import { elapsedMs, type Moment } from './told-time.ts';
import { CLOCK_TOLERANCE_MS, type ClockEvidence, timeWords } from './trusted-now.ts';

/**
 * What is to be added to this machine's clock, in milliseconds, before a time is recorded: 0 while the clocks agree, null when nobody can tell which
 * is right. A vault that is further off is believed, because LastModified, the time of every archive, is told by its clock: then all times of an
 * archive stand on one scale, and a pass at "1970" leaves nothing behind that looks 57 years old afterwards. It is not believed when other vaults
 * contradict it, nor when it tells a time before one that was trusted. Nothing is announced or removed by a time of this kind: that takes `trustNow`.
 */
export function clockCorrectionMs({ localNowMs, offsetsMs, lastTrustedMs }: ClockEvidence): number | null {
  const offsets = offsetsMs.filter((offset) => offset !== null && Number.isFinite(offset)) as number[];
  if (offsets.length === 0) return null;
  const [least, most] = [Math.min(...offsets), Math.max(...offsets)];
  if (Math.max(Math.abs(least), Math.abs(most)) <= CLOCK_TOLERANCE_MS) return 0;
  if (most - least > CLOCK_TOLERANCE_MS) return null;
  const mayBe = lastTrustedMs === null || localNowMs + least >= lastTrustedMs - CLOCK_TOLERANCE_MS;
  return mayBe ? least : null;
}

/**
 * The time to be recorded now, when a moment ago it was known what had to be added to this machine's clock (`clockCorrectionMs`). Somebody may set the
 * clock while a pass runs: right, and then it is followed, or wrong, and then it is not. Only what could not be told from the start is left to it.
 */
export function recordedNow(now: Moment, heard: Moment, correctionMs: number | null): number {
  if (correctionMs === null) return now.localMs;
  const steadyMs = heard.localMs + correctionMs + elapsedMs(heard, now);
  return Math.abs(now.localMs - steadyMs) <= CLOCK_TOLERANCE_MS ? now.localMs : steadyMs;
}

/** What a pass tells of a vault that served it although the clocks differ by more than any that tell the same time; null: they agree, or it did not say. */
export function clockSkewProblem(vault: string, localNowMs: number, offsetMs: number | null): Problem | null {
  if (offsetMs === null || Math.abs(offsetMs) <= CLOCK_TOLERANCE_MS) return null;
  const side = offsetMs > 0 ? 'behind' : 'ahead of';
  return {
    code: 'VAULT_CLOCK_SKEW',
    message: `vault ${vault}: this machine's clock says ${timeWords(localNowMs)}, the vault's ${timeWords(localNowMs + offsetMs)}: it is ${formatDuration(Math.abs(offsetMs))} ${side} the vault's. What was pulled is proven by its checksums; nothing is removed until the clocks agree`,
    hint: "Let systemd set the clock of this machine (`timedatectl set-ntp true`). If it is right, that of the vault's server is wrong.",
  };
}
