import { addDays, type CalendarDate, formatDate, isRealDate, parseDate, utcMs } from './calendar-date.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from './duration.ts';
import { type Parsed, parsed, problem } from './parsed.ts';
import { offsetChangeBetween, offsetMsAt } from './timezone-offset.ts';

export { isTimezone } from './timezone-offset.ts';

/** A time as the clock on a wall shows it. */
export interface LocalTime extends CalendarDate {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

export interface LocalFields extends LocalTime {
  /** ISO 8601: Monday is 1, Sunday 7. */
  readonly weekday: number;
  /** Local time minus UTC. */
  readonly offsetMs: number;
}

/** Which instant is meant by a local time that daylight saving skips or repeats. */
export type Choice = 'earlier' | 'later';

const DAY_SPAN_MS = 24 * HOUR_MS;

/** What clocks and calendars in the timezone show at an instant. */
export function localFieldsAt(epochMs: number, timezone: string): LocalFields {
  const offsetMs = offsetMsAt(epochMs, timezone);
  const shifted = new Date(epochMs + offsetMs);
  return {
    year: shifted.getUTCFullYear(),
    month: shifted.getUTCMonth() + 1,
    day: shifted.getUTCDate(),
    hour: shifted.getUTCHours(),
    minute: shifted.getUTCMinutes(),
    second: shifted.getUTCSeconds(),
    millisecond: shifted.getUTCMilliseconds(),
    weekday: shifted.getUTCDay() || 7,
    offsetMs,
  };
}

/** True in the second of two local hours that are the same because daylight saving ended: the hour written `HHb`. */
export function isRepeatedHour(epochMs: number, timezone: string): boolean {
  return epochMsOf(localFieldsAt(epochMs, timezone), timezone, 'earlier') < epochMs;
}

/**
 * The instant of a local time. One that happens twice is the earlier or the later of both. One that is skipped is read with the offset
 * after the gap ('earlier') or before it ('later'), as Temporal does: 02:30 in a gap from 02:00 to 03:00 becomes 01:30 or 03:30.
 */
export function epochMsOf(local: LocalTime, timezone: string, choice: Choice): number {
  const { candidates, fitting } = instantsOf(local, timezone);
  const pool = fitting.length > 0 ? fitting : candidates;
  return choice === 'earlier' ? Math.min(...pool) : Math.max(...pool);
}

/** The first instant of a day: 00:00, or where the clock goes forward across midnight, the moment it does. */
export function startOfDay(date: CalendarDate, timezone: string): number {
  const { candidates, fitting } = instantsOf({ ...date, hour: 0, minute: 0, second: 0, millisecond: 0 }, timezone);
  const first = Math.min(...(fitting.length > 0 ? fitting : candidates));
  if (fitting.length > 0) return first;
  return offsetChangeBetween(first, Math.max(...candidates), timezone) ?? first;
}

/** The last millisecond of a day. */
export function endOfDay(date: CalendarDate, timezone: string): number {
  const next = addDays(date, 1);
  // Past the last day of year 9999 there is nothing to come before.
  return next === null ? utcMs(date) + DAY_SPAN_MS - 1 : startOfDay(next, timezone) - 1;
}

/** The instants that a local time could be, by the offsets around it, and those whose clocks really show it. */
function instantsOf(local: LocalTime, timezone: string): { candidates: readonly number[]; fitting: readonly number[] } {
  const asUtc =
    utcMs(local) + local.hour * HOUR_MS + local.minute * MINUTE_MS + local.second * SECOND_MS + local.millisecond;
  const offsets = [offsetMsAt(asUtc - DAY_SPAN_MS, timezone), offsetMsAt(asUtc + DAY_SPAN_MS, timezone)];
  const candidates = offsets.map((offsetMs) => asUtc - offsetMs);
  return { candidates, fitting: candidates.filter((epochMs) => epochMs + offsetMsAt(epochMs, timezone) === asUtc) };
}

const AT_SHAPE = /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?([Zz]|[+-]\d{2}:\d{2})?)?$/;

/**
 * Reads a time as an owner writes it: RFC 3339 with offset; the same without offset, meant in the timezone (a time that happens twice is
 * the later one, so that nothing of it is left out; seconds may be missing); or a bare date, which means the end of that day.
 */
export function parseAt(text: string, timezone: string): Parsed<number> {
  const [, dateText = '', hour, minute, second = '0', fraction = '', offset] = AT_SHAPE.exec(text.trim()) ?? [];
  if (dateText === '') {
    return problem(`"${text}" is not a time; write 2026-11-20, "2026-11-20 14:30" or 2026-11-20T14:30:00+01:00`);
  }
  const date = parseDate(dateText);
  if (date === null) return problem(`"${text}": there is no day ${dateText}`);
  if (hour === undefined || minute === undefined) return parsed(endOfDay(date, timezone));
  const local: LocalTime = {
    ...date,
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    millisecond: Number(fraction.padEnd(3, '0').slice(0, 3)),
  };
  if (local.hour > 23 || local.minute > 59 || local.second > 59) return problem(`"${text}": no clock shows that time`);
  if (offset === undefined) return parsed(epochMsOf(local, timezone, 'later'));
  const offsetMs = parseOffset(offset);
  if (offsetMs === null) return problem(`"${text}": no timezone is ${offset} from UTC`);
  return parsed(epochMsOf(local, 'UTC', 'later') - offsetMs);
}

function parseOffset(text: string): number | null {
  if (text === 'Z' || text === 'z') return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(4, 6));
  if (hours > 23 || minutes > 59) return null;
  return (text.startsWith('-') ? -1 : 1) * (hours * HOUR_MS + minutes * MINUTE_MS);
}

/** RFC 3339 has four digits for the year. */
const LAST_UTC_MS = Date.UTC(9999, 11, 31, 23, 59, 59);

/**
 * RFC 3339 in UTC, `2026-11-20T13:30:00Z`, with milliseconds only where there are some. What is later than it can say (a day after an archive that
 * its vault dates to the end of 9999) is its last second.
 */
export function formatUtc(epochMs: number): string {
  return new Date(Math.min(epochMs, LAST_UTC_MS)).toISOString().replace('.000Z', 'Z');
}

/** For people, in the timezone: `2026-11-20 14:30`. The second of two repeated hours is told by its offset: `2026-10-25 02:30 +01:00`. */
export function formatLocal(epochMs: number, timezone: string): string {
  const fields = localFieldsAt(epochMs, timezone);
  const clock = `${dateText(fields)} ${twoDigits(fields.hour)}:${twoDigits(fields.minute)}`;
  return isRepeatedHour(epochMs, timezone) ? `${clock} ${offsetText(fields.offsetMs)}` : clock;
}

/** `YYYY-mm-dd` of an instant in the timezone. */
export function formatLocalDate(epochMs: number, timezone: string): string {
  return dateText(localFieldsAt(epochMs, timezone));
}

function dateText(date: CalendarDate): string {
  return isRealDate(date) ? formatDate(date) : `${date.year}-${twoDigits(date.month)}-${twoDigits(date.day)}`;
}

function offsetText(offsetMs: number): string {
  const minutes = Math.round(Math.abs(offsetMs) / MINUTE_MS);
  return `${offsetMs < 0 ? '-' : '+'}${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
