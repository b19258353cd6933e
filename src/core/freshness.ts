import { HOUR_MS } from './duration.ts';

/** fresh: the newest archive is young enough. overdue: it is not. empty: no archive yet. unknown: nothing to judge by, never shown as good. */
export type Freshness = 'fresh' | 'overdue' | 'empty' | 'unknown';

export interface FreshnessVerdict {
  readonly freshness: Freshness;
  /** When the next archive is due (milliseconds since 1970 UTC), or null where nothing is expected. */
  readonly expectedByMs: number | null;
  /** For a person. */
  readonly why: string;
}

export interface FreshnessFacts {
  /** LastModified of the newest archive on the disk that counts; null when there is none, undefined when that is not known. */
  readonly newestMs: number | null | undefined;
  /** That of the newest which does not count, being damaged, suspect, dated in the future, or a replacement of an older one; or null. */
  readonly newestDoubtedMs: number | null;
  /** The configured `expectEvery`, or null. */
  readonly expectEveryMs: number | null;
  readonly nowMs: number;
}

/** How late an archive may be before that is an alarm: half its interval, at least an hour. */
export function graceMs(expectEveryMs: number): number {
  return Math.max(HOUR_MS, expectEveryMs / 2);
}

/** For a person, of archives none of which makes anything fresh. */
export const NOTHING_COUNTS =
  'no archive on the disk counts: they are damaged, suspect, dated in the future, replacements of others, or no vault has told their time';

const ONLY_DOUBTED =
  'a new archive was due, and what came since does not count: it is damaged, suspect, dated in the future, or a replacement of an older one';

/** Is a series as young as its owner expects? */
export function judgeFreshness({ newestMs, newestDoubtedMs, expectEveryMs, nowMs }: FreshnessFacts): FreshnessVerdict {
  if (newestMs === undefined) return { freshness: 'unknown', expectedByMs: null, why: 'the catalog cannot be read' };
  if (newestMs === null) return { freshness: 'empty', expectedByMs: null, why: 'no archive yet' };
  if (expectEveryMs === null) {
    return { freshness: 'unknown', expectedByMs: null, why: 'no expectEvery is set, so nothing is expected' };
  }
  const expectedByMs = newestMs + expectEveryMs;
  // An archive from the future says that one of the two clocks is wrong, and then its age says nothing.
  if (newestMs > nowMs + HOUR_MS) {
    return { freshness: 'unknown', expectedByMs, why: 'the newest archive is later than the clock of this machine' };
  }
  if (nowMs > expectedByMs + graceMs(expectEveryMs)) {
    const isDoubted = newestDoubtedMs !== null && newestDoubtedMs > newestMs;
    return {
      freshness: 'overdue',
      expectedByMs,
      why: isDoubted ? ONLY_DOUBTED : 'a new archive was due and did not come',
    };
  }
  return { freshness: 'fresh', expectedByMs, why: 'the newest archive is as young as expected' };
}
