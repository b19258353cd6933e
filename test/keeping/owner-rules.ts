/*
 * What the owner's rules keep, told a second time and in the plainest way: restic's `forget` on one list of backups, without floods, sets, two
 * opinions or anything else that src/core/keep knows. It shares no code with it.
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

const formats = new Map<string, Intl.DateTimeFormat>();
const known = new Map<string, LocalTime>();

/** The owner's calendar, from Intl. */
export function localTime(atMs: number, timezone: string): LocalTime {
  const minuteMs = Math.floor(atMs / 60_000) * 60_000;
  const name = `${minuteMs} ${timezone}`;
  const cached = known.get(name);
  if (cached !== undefined) return cached;
  let format = formats.get(timezone);
  if (format === undefined) {
    const fields = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const;
    format = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, hourCycle: 'h23', ...fields });
    formats.set(timezone, format);
  }
  const [date = '', time = ''] = format.format(minuteMs).split(' ');
  const [hour = '', minute = ''] = time.split(':');
  const found = { date, hour, minute };
  if (known.size > 200_000) known.clear();
  known.set(name, found);
  return found;
}

/** The Monday of the week of a date. */
function mondayOf(date: string): string {
  const dayMs = Date.parse(`${date}T00:00:00Z`);
  const sinceMonday = (new Date(dayMs).getUTCDay() + 6) % 7;
  return new Date(dayMs - sinceMonday * 86_400_000).toISOString().slice(0, 10);
}

const BUCKETS = {
  hourly: ({ date, hour }: LocalTime) => `${date} ${hour}`,
  daily: ({ date }: LocalTime) => date,
  weekly: ({ date }: LocalTime) => mondayOf(date),
  monthly: ({ date }: LocalTime) => date.slice(0, 7),
  yearly: ({ date }: LocalTime) => date.slice(0, 4),
};

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
      const bucket = BUCKETS[rule](localTime(atMs, timezone));
      // restic keeps the oldest of all as well while a rule has counts left: that makes the history as long as it can be.
      const isOldest = atMs === newestFirst.at(-1);
      if (seen.size >= rules[rule] || (seen.has(bucket) && !isOldest)) continue;
      seen.add(bucket);
      kept.add(atMs);
    }
  }
  return kept;
}
