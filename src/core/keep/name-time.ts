import type { KeyMatch } from '../series-match.ts';
import { epochMsOf, localFieldsAt, startOfDay } from '../zoned-time.ts';

/** Nothing was backed up to S3 before, and a calendar of ten thousand years only costs time. */
const FIRST_YEAR = 1970;
const LAST_YEAR = 2199;

/**
 * The instant that the date in a key means, read in the owner's timezone, milliseconds since 1970 UTC: with an hour that hour (`HHb`: the second of
 * the two that daylight saving repeats), without one the start of the day. null without a date, or with one that no archive can have.
 * It is what the uploader says.
 */
export function nameTimeMs({ date, hour, repeatedHour, minute }: KeyMatch, timezone: string): number | null {
  if (date === null || date.year < FIRST_YEAR || date.year > LAST_YEAR) return null;
  if (hour === null) return startOfDay(date, timezone);
  const local = { ...date, hour, minute: minute ?? 0, second: 0, millisecond: 0 };
  const first = epochMsOf(local, timezone, 'earlier');
  // A time that the clock skips is read as the later one, so that it stays on its day.
  const isSkipped = localFieldsAt(first, timezone).hour !== hour;
  return repeatedHour || isSkipped ? epochMsOf(local, timezone, 'later') : first;
}
