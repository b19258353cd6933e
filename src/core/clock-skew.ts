import { formatDuration } from './duration.ts';
import type { Problem } from './pass-report.ts';
import { CLOCK_TOLERANCE_MS, type ClockEvidence, timeWords } from './trusted-now.ts';

/**
 * What is to be added to this machine's clock, in milliseconds, before a time is recorded: 0 while the clocks agree, or nobody can tell which is
 * right. A vault that is further off is believed, because LastModified, the time of every archive, is told by its clock: then all times of an
 * archive stand on one scale, and a pass at "1970" leaves nothing behind that looks 57 years old afterwards. It is not believed when other vaults
 * contradict it, nor when it tells a time before one that was trusted. Nothing is announced or removed by a time of this kind: that takes `trustNow`.
 */
export function clockCorrectionMs({ localNowMs, offsetsMs, lastTrustedMs }: ClockEvidence): number {
  const offsets = offsetsMs.filter((offset) => offset !== null && Number.isFinite(offset)) as number[];
  if (offsets.length === 0) return 0;
  const [least, most] = [Math.min(...offsets), Math.max(...offsets)];
  if (Math.max(Math.abs(least), Math.abs(most)) <= CLOCK_TOLERANCE_MS || most - least > CLOCK_TOLERANCE_MS) return 0;
  const mayBe = lastTrustedMs === null || localNowMs + least >= lastTrustedMs - CLOCK_TOLERANCE_MS;
  return mayBe ? least : 0;
}

/**
 * The time by a machine's clock that was `correctionMs` off when it showed `heardAtMs`. Somebody may set it right while a pass runs, and then it is
 * not corrected any more: one that was behind has reached the corrected time, one that was ahead shows less than before.
 */
export function correctedNow(localNowMs: number, heardAtMs: number, correctionMs: number): number {
  const wasSet = correctionMs > 0 ? localNowMs >= heardAtMs + correctionMs : localNowMs < heardAtMs;
  return wasSet ? localNowMs : localNowMs + correctionMs;
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
