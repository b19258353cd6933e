/** What this machine's clocks show at one moment. */
export interface Moment {
  /** Since 1970 UTC; may be set at any time, by anybody with a right to. */
  readonly localMs: number;
  /** See `SteadyClock`. */
  readonly uptimeMs: number;
}

/** The time that a vault told, and when that was heard: it stays good when this machine's clock is set afterwards. */
export interface ToldTime extends Moment {
  /** Its Date header, milliseconds since 1970 UTC. */
  readonly vaultMs: number;
}

/** 'refused': it serves nobody whose clock is as wrong as this machine's. null: it did not answer, or did not say. */
export type TimeAnswer = ToldTime | 'refused' | null;

/** Milliseconds from one moment to the other, however the clock was set between them. */
export function elapsedMs(from: Moment, to: Moment): number {
  return Math.round(to.uptimeMs - from.uptimeMs);
}

/** Each vault's clock minus this machine's as they are now; Infinity where it refused. */
export function offsetsAt(now: Moment, answers: readonly TimeAnswer[]): (number | null)[] {
  return answers.map((answer) => {
    if (answer === null) return null;
    return answer === 'refused' ? Number.POSITIVE_INFINITY : answer.vaultMs + elapsedMs(answer, now) - now.localMs;
  });
}
