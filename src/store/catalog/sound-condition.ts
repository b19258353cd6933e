import { CLOCK_TOLERANCE_MS } from '../../core/trusted-now.ts';

/** `isAheadOfTime` of a row of `archives`. */
export const AHEAD = `last_modified > max(first_seen_at, ifnull(stored_at, 0), ifnull(verified_at, 0)) + ${CLOCK_TOLERANCE_MS}`;

/** Of a row of `archives`: does `whyUnsound` say nothing against it? */
export const SOUND = `(damaged_at IS NULL AND suspect IS NULL AND conflict_at IS NULL AND etag NOT LIKE 'own-sums:%' AND NOT (${AHEAD}))`;
