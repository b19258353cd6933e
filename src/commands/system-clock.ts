import { uptime } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SteadyClock } from '../core/clock.ts';

/** The clock of this machine. */
export const systemClock: SteadyClock = {
  now: () => Date.now(),
  // Not performance.now(), which stands still while the machine is suspended.
  uptimeMs: () => uptime() * 1000,
  async sleep(ms, signal) {
    try {
      await sleep(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      // The timer rejects with an AbortError of its own; callers are promised the signal's reason.
      signal?.throwIfAborted();
      throw error;
    }
  },
};
