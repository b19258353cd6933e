/** Time comes from outside, so that tests own it. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC, as this machine believes. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Uniform in [0, 1). */
export type Random = () => number;
