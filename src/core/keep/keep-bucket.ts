import { DAY_MS, HOUR_MS, WEEK_MS } from '../duration.ts';
import { offsetChangeBetween, offsetMsAt } from '../timezone-offset.ts';
import type { KeepRule } from './keep-entry.ts';

/** A rule that keeps the newest of each hour, day, week, month or year. */
export type BucketRule = Exclude<KeepRule, 'last'>;

/** A stretch of local time: milliseconds since 1970 as if the local clock showed UTC; the end is the start of the next one. */
export interface Bucket {
  readonly startLocalMs: number;
  readonly endLocalMs: number;
}

/** The longest that the calendar makes a bucket, changes of the clock aside. */
export const LONGEST_BUCKET_MS: Readonly<Record<BucketRule, number>> = {
  hourly: HOUR_MS,
  daily: DAY_MS,
  weekly: WEEK_MS,
  monthly: 31 * DAY_MS,
  yearly: 366 * DAY_MS,
};

/** 1970 began on a Thursday: the Monday of its first ISO week was three days before. */
const FIRST_MONDAY_MS = -3 * DAY_MS;

/**
 * The bucket that a local time lies in. Weeks are ISO weeks, from Monday to Sunday. The hour that daylight saving repeats is one bucket of two
 * hours, as the local clock shows the same hour twice; restic has it so, too.
 */
export function bucketAt(rule: BucketRule, localMs: number): Bucket {
  switch (rule) {
    case 'hourly':
      return evenBucket(localMs, 0, HOUR_MS);
    case 'daily':
      return evenBucket(localMs, 0, DAY_MS);
    case 'weekly':
      return evenBucket(localMs, FIRST_MONDAY_MS, WEEK_MS);
    case 'monthly':
      return calendarBucket(localMs, 1);
    case 'yearly':
      return calendarBucket(localMs, 12);
  }
}

/**
 * The instant at which a bucket ends, milliseconds since 1970 UTC: when the local clock first shows its end, or jumps over it. `insideMs` is any
 * instant in the bucket.
 */
export function bucketEndMs({ endLocalMs }: Bucket, insideMs: number, timezone: string): number {
  const first = endLocalMs - offsetMsAt(insideMs, timezone);
  const offsetMs = offsetMsAt(first, timezone);
  const second = endLocalMs - offsetMs;
  if (first === second || second + offsetMsAt(second, timezone) === endLocalMs) return second;
  return offsetChangeBetween(Math.min(first, second), Math.max(first, second), timezone) ?? first;
}

/** For people: `2026-11-20 14 h`, `2026-11-20`, `2026-W47`, `2026-11`, `2026`. */
export function bucketLabel(rule: BucketRule, { startLocalMs }: Bucket): string {
  const text = new Date(startLocalMs).toISOString();
  switch (rule) {
    case 'hourly':
      return `${text.slice(0, 10)} ${text.slice(11, 13)} h`;
    case 'daily':
      return text.slice(0, 10);
    case 'weekly':
      return weekLabel(startLocalMs);
    case 'monthly':
      return text.slice(0, 7);
    case 'yearly':
      return text.slice(0, 4);
  }
}

function evenBucket(localMs: number, originMs: number, lengthMs: number): Bucket {
  const startLocalMs = originMs + Math.floor((localMs - originMs) / lengthMs) * lengthMs;
  return { startLocalMs, endLocalMs: startLocalMs + lengthMs };
}

/** `months` is 1 or 12. Not by Date.UTC, which takes the years 0 to 99 for those of the twentieth century. */
function calendarBucket(localMs: number, months: 1 | 12): Bucket {
  const date = new Date(localMs);
  date.setUTCHours(0, 0, 0, 0);
  date.setUTCMonth(months === 12 ? 0 : date.getUTCMonth(), 1);
  const startLocalMs = date.getTime();
  date.setUTCMonth(date.getUTCMonth() + months);
  return { startLocalMs, endLocalMs: date.getTime() };
}

/** A week belongs to the year that its Thursday is in. */
function weekLabel(mondayMs: number): string {
  const thursday = new Date(mondayMs + 3 * DAY_MS);
  const yearStart = calendarBucket(thursday.getTime(), 12).startLocalMs;
  const week = Math.floor((thursday.getTime() - yearStart) / WEEK_MS) + 1;
  return `${thursday.toISOString().slice(0, 4)}-W${String(week).padStart(2, '0')}`;
}
