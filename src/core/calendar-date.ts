/** A day of the Gregorian calendar, years 1 to 9999, months 1 to 12. */
export interface CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

const DAY_MS = 86_400_000;

/** Whether such a day exists: 2026-02-29 does not. */
export function isRealDate({ year, month, day }: CalendarDate): boolean {
  return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
}

/** Reads exactly `YYYY-mm-dd`; null when that is not a real day. */
export function parseDate(text: string): CalendarDate | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const date = { year: Number(text.slice(0, 4)), month: Number(text.slice(5, 7)), day: Number(text.slice(8, 10)) };
  return isRealDate(date) ? date : null;
}

/** `YYYY-mm-dd`. */
export function formatDate({ year, month, day }: CalendarDate): string {
  return `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`;
}

/** Negative when `a` is the earlier day, 0 when equal. */
export function compareDates(a: CalendarDate, b: CalendarDate): number {
  return a.year - b.year || a.month - b.month || a.day - b.day;
}

/** The day `days` later (or earlier); null outside the years 1 to 9999. */
export function addDays(date: CalendarDate, days: number): CalendarDate | null {
  const moved = new Date(utcMs(date) + days * DAY_MS);
  const result = { year: moved.getUTCFullYear(), month: moved.getUTCMonth() + 1, day: moved.getUTCDate() };
  return isRealDate(result) ? result : null;
}

/** Midnight of that day as if it were UTC, epoch milliseconds. */
export function utcMs({ year, month, day }: CalendarDate): number {
  // Date.UTC takes the years 0 to 99 for 1900 to 1999; 400 years are a whole number of calendar cycles (146,097 days).
  return Date.UTC(year + 400, month - 1, day) - 146_097 * DAY_MS;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
