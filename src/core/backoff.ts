import type { Random } from './clock.ts';

export interface BackoffInput {
  /** 0 for the pause after the first failure. */
  readonly attempt: number;
  readonly baseMs: number;
  /** No jittered pause is longer than this; a Retry-After may be, up to `RETRY_AFTER_CAP_MS`. */
  readonly capMs: number;
  readonly random: Random;
  /** What the server asked for (AppError.retryAfterMs). */
  readonly retryAfterMs?: number | undefined;
}

/** A server that asks for more than this is not obeyed to the letter: the next pass tries again anyway. */
export const RETRY_AFTER_CAP_MS = 5 * 60_000;

/**
 * Milliseconds to wait before the next attempt: "full jitter", uniform between 0 and `min(capMs, baseMs * 2^attempt)`, which spreads
 * many clients better than equal or no jitter (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
 * A Retry-After is a floor, and jitter is added above it so that everybody who was told the same does not come back at once.
 */
export function backoffMs({ attempt, baseMs, capMs, random, retryAfterMs }: BackoffInput): number {
  const jitterMs = Math.floor(random() * Math.min(capMs, baseMs * 2 ** Math.max(0, attempt)));
  if (retryAfterMs === undefined || !(retryAfterMs > 0)) return jitterMs;
  return Math.min(retryAfterMs, RETRY_AFTER_CAP_MS) + jitterMs;
}
