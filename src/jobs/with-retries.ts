import { backoffMs } from '../core/backoff.ts';
import type { Clock, Random } from '../core/clock.ts';
import { type AppError, isAppError } from '../core/errors.ts';
import { throwIfInterrupted } from './interruption.ts';

/** Tries in a row without any progress before giving up until the next pass, unless said. */
const MAX_ATTEMPTS = 6;
const BASE_MS = 250;
const CAP_MS = 30_000;

export interface RetryContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly maxAttempts?: number;
}

/**
 * Repeats `attempt` while it fails with an error that may pass by itself (ErrorKind.retry), with jittered backoff, honouring Retry-After.
 * `attempt` says whether it moved forward before it failed: progress starts the count anew, so a large download over a bad line is
 * finished in as many pieces as it takes. Throws the last error.
 */
export async function withRetries<T>(
  context: RetryContext,
  attempt: () => Promise<T>,
  options: { progressed?: () => boolean; onRetry?: (error: AppError, delayMs: number) => void } = {},
): Promise<T> {
  for (let failures = 0; ; ) {
    throwIfInterrupted(context.signal);
    try {
      return await attempt();
    } catch (error) {
      throwIfInterrupted(context.signal);
      if (!isAppError(error) || !error.kind.retry || isStoreError(error)) throw error;
      failures = options.progressed?.() === true ? 1 : failures + 1;
      if (failures >= (context.maxAttempts ?? MAX_ATTEMPTS)) throw error;
      const delayMs = backoffMs({
        attempt: failures - 1,
        baseMs: BASE_MS,
        capMs: CAP_MS,
        random: context.random,
        ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
      });
      options.onRetry?.(error, delayMs);
      await pause(context, delayMs);
    }
  }
}

/** The disk does not come back within a few seconds: that is for the next pass. */
function isStoreError(error: AppError): boolean {
  return error.code.startsWith('STORE_') || error.code.startsWith('CATALOG_');
}

async function pause(context: RetryContext, delayMs: number): Promise<void> {
  try {
    await context.clock.sleep(delayMs, context.signal);
  } catch (error) {
    throwIfInterrupted(context.signal);
    throw error;
  }
}
