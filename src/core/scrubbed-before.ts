import type { Config } from './config/config.ts';

/** So many intervals after it was hashed last nothing is known of an archive any more. */
const SCRUB_GRACE = 1.5;

/** Archives that were hashed last before this time are overdue. Milliseconds since 1970 UTC, as `nowMs`. */
export function scrubbedBeforeMs(config: Pick<Config, 'retention'>, nowMs: number): number {
  return nowMs - SCRUB_GRACE * config.retention.scrubEveryMs;
}
