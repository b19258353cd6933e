import { addDays, type CalendarDate } from './calendar-date.ts';
import { type DailyWindow, windowContains } from './config/daily-window.ts';
import { epochMsOf, localFieldsAt } from './zoned-time.ts';

/** One day's stretch of a daily window, milliseconds since 1970 UTC; the end is exclusive. */
export interface DailySpan {
  readonly startMs: number;
  readonly endMs: number;
}

const MINUTES_PER_DAY = 24 * 60;

/** The stretch of the window that an instant lies in, or null. Daylight saving may make it an hour longer or shorter. */
export function dailySpanAt(window: DailyWindow, nowMs: number, timezone: string): DailySpan | null {
  const local = localFieldsAt(nowMs, timezone);
  const minute = local.hour * 60 + local.minute;
  if (!windowContains(window, minute)) return null;
  const crosses = window.startMinute >= window.endMinute;
  // After midnight, a window that goes across it began the day before.
  const beganBefore = crosses && minute < window.endMinute ? -1 : 0;
  const startDay = addDays(local, beganBefore);
  const endDay = addDays(local, beganBefore + (crosses ? 1 : 0));
  if (startDay === null || endDay === null) return null;
  return {
    startMs: instant(startDay, window.startMinute, timezone, 'earlier'),
    endMs: instant(endDay, window.endMinute, timezone, 'later'),
  };
}

function instant(date: CalendarDate, minuteOfDay: number, timezone: string, choice: 'earlier' | 'later'): number {
  const day = minuteOfDay === MINUTES_PER_DAY ? addDays(date, 1) : date;
  const minute = minuteOfDay % MINUTES_PER_DAY;
  const time = { hour: Math.floor(minute / 60), minute: minute % 60, second: 0, millisecond: 0 };
  return epochMsOf({ ...(day ?? date), ...time }, timezone, choice);
}
