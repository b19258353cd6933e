/** Time comes from outside, so that tests own it. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC, as this machine believes. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** For who has to know whether the clock was set meanwhile. */
export interface SteadyClock extends Clock {
  /** Milliseconds since some moment that stays the same while this process runs: nobody can set it, and it goes on while the machine sleeps. */
  uptimeMs(): number;
}

/** Uniform in [0, 1). */
export type Random = () => number;
