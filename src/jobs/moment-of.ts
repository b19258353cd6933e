import type { SteadyClock } from '../core/clock.ts';
import type { Moment } from '../core/told-time.ts';

/** What this machine's clocks show now. */
export function momentOf(clock: Pick<SteadyClock, 'now' | 'uptimeMs'>): Moment {
  return { localMs: clock.now(), uptimeMs: clock.uptimeMs() };
}
