import { formatDuration, MINUTE_MS } from './duration.ts';

/** Clocks that differ by no more than this tell the same time: S3 refuses requests that are further off (RequestTimeTooSkewed). */
export const CLOCK_TOLERANCE_MS = 15 * MINUTE_MS;

/** What is known of the time. All in milliseconds since 1970 UTC. */
export interface ClockEvidence {
  /** This machine's clock. */
  readonly localNowMs: number;
  /**
   * Each vault's clock minus this machine's, from its Date header just now; null: it did not answer or did not say. Infinity: it refused to answer
   * because this machine's clock is wrong.
   */
  readonly offsetsMs: readonly (number | null)[];
  /** The latest time that was ever trusted before (kept in the catalog), or null. */
  readonly lastTrustedMs: number | null;
}

export type TrustedNow =
  | { readonly trusted: true; readonly nowMs: number }
  /** `why` is for a person. */
  | { readonly trusted: false; readonly why: string; readonly doubt: ClockDoubt };

/** What is in the way: no vault tells the time; this machine's clock; clocks of vaults that disagree; a later time that was trusted before. */
export type ClockDoubt = 'silence' | 'local' | 'vaults' | 'memory';

/**
 * What time it is, where that is certain enough to announce or remove archives by it: a Raspberry Pi has no clock of its own while it is off, and
 * wakes up in 1970 or wherever its last shutdown was. At least one vault has to say the time, all that do have to agree with each other and with
 * this machine, and it must not be earlier than what was trusted before. The earliest of the clocks counts, but time does not run backwards: a
 * clock that is a little off delays a removal and never hastens it.
 */
export function trustNow({ localNowMs, offsetsMs, lastTrustedMs }: ClockEvidence): TrustedNow {
  const offsets = offsetsMs.filter((offset) => offset !== null);
  if (offsets.length === 0) return doubt('silence', 'no vault told the time');
  if (!Number.isFinite(localNowMs) || offsets.some(Number.isNaN)) return doubt('local', 'a clock shows no time at all');
  if (!offsets.every(Number.isFinite))
    return doubt('local', `a vault refuses requests because of this machine's clock`);
  const [least, most] = [Math.min(...offsets), Math.max(...offsets)];
  const furthest = -least > most ? least : most;
  if (Math.abs(furthest) > CLOCK_TOLERANCE_MS) {
    const side = furthest > 0 ? 'behind' : 'ahead of';
    return doubt(
      'local',
      `this machine's clock (${timeWords(localNowMs)}) is ${formatDuration(Math.abs(furthest))} ${side} a vault's`,
    );
  }
  if (most - least > CLOCK_TOLERANCE_MS)
    return doubt('vaults', `the clocks of the vaults differ by ${formatDuration(most - least)}`);
  const earliestMs = localNowMs + Math.min(0, least);
  if (lastTrustedMs === null) return { trusted: true, nowMs: earliestMs };
  if (Number.isNaN(lastTrustedMs)) return doubt('memory', 'what was trusted before is no time at all');
  if (earliestMs < lastTrustedMs - CLOCK_TOLERANCE_MS) {
    return doubt(
      'memory',
      `it is ${timeWords(earliestMs)} by all clocks now, and was ${timeWords(lastTrustedMs)} before`,
    );
  }
  return { trusted: true, nowMs: Math.max(earliestMs, lastTrustedMs) };
}

function doubt(cause: ClockDoubt, why: string): TrustedNow {
  return { trusted: false, why, doubt: cause };
}

/** A clock may show what no calendar has. */
export function timeWords(atMs: number): string {
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? 'no time at all' : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
