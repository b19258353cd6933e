import { type Parsed, parsed, problem } from '../parsed.ts';

const MINUTES_PER_DAY = 24 * 60;

/** As a JSON Schema pattern, for editors. */
export const WINDOW_PATTERN = '^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$';

/** A stretch of every day in the owner's timezone, `01:00-06:00`; `22:00-06:00` goes across midnight. */
export interface DailyWindow {
  /** As written, for display. */
  readonly text: string;
  /** Minutes after midnight, 0 to 1439. */
  readonly startMinute: number;
  /** Exclusive, 1 to 1440; smaller than `startMinute` when the window goes across midnight. */
  readonly endMinute: number;
}

export interface TimetableEntry {
  readonly window: DailyWindow;
  /** null is unlimited. */
  readonly limitBytesPerSecond: number | null;
}

/** Reads `HH:MM-HH:MM`; the end is exclusive and may be 24:00. */
export function parseDailyWindow(text: string): Parsed<DailyWindow> {
  if (!new RegExp(WINDOW_PATTERN).test(text)) {
    return problem(`"${text}" is not a daily window; write HH:MM-HH:MM, such as 01:00-06:00`);
  }
  const startMinute = minuteOf(text.slice(0, 5));
  const end = minuteOf(text.slice(6));
  // An end at midnight is the end of the same day.
  const endMinute = end === 0 ? MINUTES_PER_DAY : end;
  if (startMinute === end) return problem(`"${text}" begins and ends at the same minute; the whole day is 00:00-24:00`);
  return parsed({ text, startMinute, endMinute });
}

/** Whether a minute of the day (0 to 1439) lies in the window. */
export function windowContains(window: DailyWindow, minuteOfDay: number): boolean {
  return window.startMinute < window.endMinute
    ? minuteOfDay >= window.startMinute && minuteOfDay < window.endMinute
    : minuteOfDay >= window.startMinute || minuteOfDay < window.endMinute;
}

/** Whether two windows share a minute. */
export function windowsOverlap(a: DailyWindow, b: DailyWindow): boolean {
  return windowContains(a, b.startMinute) || windowContains(b, a.startMinute);
}

/** The limit in force at a minute of the owner's day, bytes a second; null is unlimited. */
export function limitAt(
  downloads: { readonly limitBytesPerSecond: number | null; readonly timetable: readonly TimetableEntry[] },
  minuteOfDay: number,
): number | null {
  const entry = downloads.timetable.find(({ window }) => windowContains(window, minuteOfDay));
  return entry === undefined ? downloads.limitBytesPerSecond : entry.limitBytesPerSecond;
}

function minuteOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));
}
