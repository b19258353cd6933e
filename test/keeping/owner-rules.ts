/*
 * What the owner's rules keep, told a second time and in the plainest way: restic's `forget` on one list of backups, without floods, sets, two
 * opinions or anything else that src/core/keep knows. It shares no code with it. That of restic 0.14, which each bucket's newest is all of; later
 * ones keep the oldest of all besides, while a rule has counts left.
 */

export interface Rules {
  readonly last: number;
  readonly hourly: number;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
  readonly yearly: number;
  readonly withinMs: number | null;
}

export interface LocalTime {
  readonly date: string;
  readonly hour: string;
  readonly minute: string;
}

interface Buckets extends LocalTime {
  readonly hourly: string;
  readonly daily: string;
  readonly weekly: string;
  readonly monthly: string;
  readonly yearly: string;
}

const formats = new Map<string, Intl.DateTimeFormat>();
/** By timezone, then by minute: Intl is slow, and thousands of months ask for the same times again and again. */
const known = new Map<string, Map<number, Buckets>>();
const MOST_KNOWN = 200_000;

/** The owner's calendar, from Intl. */
export function localTime(atMs: number, timezone: string): LocalTime {
  return bucketsOf(atMs, timezone);
}

function bucketsOf(atMs: number, timezone: string): Buckets {
  let ofZone = known.get(timezone);
  if (ofZone === undefined || ofZone.size > MOST_KNOWN) {
    ofZone = new Map();
    known.set(timezone, ofZone);
  }
  const minuteMs = Math.floor(atMs / 60_000) * 60_000;
  let found = ofZone.get(minuteMs);
  if (found === undefined) {
    found = readCalendar(minuteMs, timezone);
    ofZone.set(minuteMs, found);
  }
  return found;
}

function readCalendar(minuteMs: number, timezone: string): Buckets {
  let format = formats.get(timezone);
  if (format === undefined) {
    const fields = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const;
    format = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, hourCycle: 'h23', ...fields });
    formats.set(timezone, format);
  }
  const [date = '', time = ''] = format.format(minuteMs).split(' ');
  const [hour = '', minute = ''] = time.split(':');
  const [weekly, monthly, yearly] = [mondayOf(date), date.slice(0, 7), date.slice(0, 4)];
  return { date, hour, minute, hourly: `${date} ${hour}`, daily: date, weekly, monthly, yearly };
}

/** The Monday of the week of a date. */
function mondayOf(date: string): string {
  const dayMs = Date.parse(`${date}T00:00:00Z`);
  const sinceMonday = (new Date(dayMs).getUTCDay() + 6) % 7;
  return new Date(dayMs - sinceMonday * 86_400_000).toISOString().slice(0, 10);
}

/** Which of these times the rules keep; of equal times all. */
export function keptTimes(timesMs: readonly number[], rules: Rules, timezone: string): Set<number> {
  const newestFirst = [...new Set(timesMs)].sort((a, b) => b - a);
  const kept = new Set(newestFirst.slice(0, rules.last));
  const [newestMs] = newestFirst;
  if (newestMs === undefined) return kept;
  if (rules.withinMs !== null) {
    for (const atMs of newestFirst) if (atMs > newestMs - rules.withinMs) kept.add(atMs);
  }
  for (const rule of ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const) {
    const seen = new Set<string>();
    for (const atMs of newestFirst) {
      const bucket = bucketsOf(atMs, timezone)[rule];
      if (seen.size >= rules[rule] || seen.has(bucket)) continue;
      seen.add(bucket);
      kept.add(atMs);
    }
  }
  return kept;
}
