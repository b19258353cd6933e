import { DAY_MS } from './duration.ts';
import type { MirrorState } from './mirror-state.ts';
import { CLOCK_TOLERANCE_MS, timeWords } from './trusted-now.ts';

/** A disk may lie in a drawer, and a mirror may be off for a season; a clock that has jumped is off by years. */
export const BELIEVED_AHEAD_MS = 90 * DAY_MS;

/**
 * The latest time that this mirror knows to be past, by what it recorded with vaults at hand; milliseconds since 1970 UTC, or null. Not when the last
 * pass ended: without a vault, this machine's clock alone says that.
 */
export function knownPastMs(state: Pick<MirrorState, 'vaults'>, lastTrustedMs: number | null): number | null {
  const times = [
    lastTrustedMs,
    ...Object.values(state.vaults).flatMap(({ lastGoodPassAt, lastAgreedAt }) => [lastGoodPassAt, lastAgreedAt]),
  ].filter((time) => time !== null && Number.isFinite(time)) as number[];
  return times.length === 0 ? null : Math.max(...times);
}

/** Is this no time to write down: before what is known to be past, or so long after it that a clock which has jumped is likelier? */
export function isDoubtful(nowMs: number, knownMs: number | null): boolean {
  if (knownMs === null) return false;
  return nowMs < knownMs - CLOCK_TOLERANCE_MS || nowMs > knownMs + BELIEVED_AHEAD_MS;
}

/** For a person, of a clock that `isDoubtful`. `datedBy`: what is written down instead. */
export function doubtWords(nowMs: number, knownMs: number, datedBy: string): string {
  const than = nowMs < knownMs ? 'but' : 'which is long after';
  const known =
    nowMs < knownMs ? `it was ${timeWords(knownMs)} before` : `the last time that is certain, ${timeWords(knownMs)}`;
  return `this machine's clock is in doubt: it says ${timeWords(nowMs)}, ${than} ${known}; what is recorded now is dated by ${datedBy}`;
}
