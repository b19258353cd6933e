import type { KeepRule } from '../../../src/core/keep/keep-entry.ts';

/** The keep rules once more, written as plainly as possible and from nothing of the planner's: what its tests compare it with. */

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** What counts as one archive: all times of its parts, in the order of one opinion. */
export interface NaiveArchive {
  readonly id: number;
  readonly timeMs: number;
  readonly set: string;
}

const formats = new Map<string, Intl.DateTimeFormat>();
const labels = new Map<string, string>();
const ends = new Map<string, number>();

/** The name of the hour, day, week, month or year that the clock on the wall shows. */
export function labelOf(rule: KeepRule, timeMs: number, timezone: string): string {
  const minute = Math.floor(timeMs / MINUTE) * MINUTE;
  const cached = `${rule} ${minute} ${timezone}`;
  const known = labels.get(cached);
  if (known !== undefined) return known;
  const label = computeLabel(rule, minute, timezone);
  if (labels.size > 500_000) labels.clear();
  labels.set(cached, label);
  return label;
}

function computeLabel(rule: KeepRule, timeMs: number, timezone: string): string {
  let format = formats.get(timezone);
  if (format === undefined) {
    const digits = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit' } as const;
    format = new Intl.DateTimeFormat('en-GB', { timeZone: timezone, hourCycle: 'h23', ...digits });
    formats.set(timezone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(timeMs).map(({ type, value }) => [type, value]));
  const day = `${parts.year}-${parts.month}-${parts.day}`;
  if (rule === 'hourly') return `${day} ${parts.hour} h`;
  if (rule === 'daily') return day;
  if (rule === 'weekly') return isoWeek(day);
  return rule === 'monthly' ? `${parts.year}-${parts.month}` : `${parts.year}`;
}

/** Counts weeks from the one with 4 January, day by day. */
function isoWeek(day: string): string {
  const monday = mondayOf(Date.parse(`${day}T00:00:00Z`));
  const year = new Date(monday + 3 * DAY).getUTCFullYear();
  const weeks = Math.round((monday - mondayOf(Date.parse(`${year}-01-04T00:00:00Z`))) / (7 * DAY));
  return `${year}-W${`${weeks + 1}`.padStart(2, '0')}`;
}

function mondayOf(dayMs: number): number {
  let monday = dayMs;
  while (new Date(monday).getUTCDay() !== 1) monday -= DAY;
  return monday;
}

const STRIDE: Readonly<Record<KeepRule, number>> = {
  last: DAY,
  hourly: 5 * MINUTE,
  daily: HOUR,
  weekly: HOUR,
  monthly: HOUR,
  yearly: 12 * HOUR,
};

/** The first minute after `timeMs` at which the wall shows another bucket. */
export function endOf(rule: KeepRule, timeMs: number, timezone: string): number {
  const label = labelOf(rule, timeMs, timezone);
  // The hour that is repeated, and the one before it, are told apart by the time, too.
  const cached = `${rule} ${label} ${rule === 'hourly' ? Math.floor(timeMs / HOUR) : ''} ${timezone}`;
  const known = ends.get(cached);
  if (known !== undefined) return known;
  let at = Math.floor(timeMs / (5 * MINUTE)) * 5 * MINUTE;
  for (const stride of [STRIDE[rule], 5 * MINUTE]) {
    while (labelOf(rule, at + stride, timezone) === label) at += stride;
  }
  if (ends.size > 500_000) ends.clear();
  ends.set(cached, at + 5 * MINUTE);
  return at + 5 * MINUTE;
}

/** Newest first: by time, then by number. */
export function newestFirst<A extends NaiveArchive>(archives: readonly A[]): A[] {
  return [...archives].sort((a, b) => b.timeMs - a.timeMs || b.id - a.id);
}

/** The newest part of each set, newest first. */
export function standing<A extends NaiveArchive>(sorted: readonly A[]): A[] {
  return sorted.filter(({ set }, index) => sorted.findIndex((other) => other.set === set) === index);
}

/** What one rule of restic's `forget` keeps of archives that stand alone: id, and which of how many. */
export function resticKeeps(
  archives: readonly NaiveArchive[],
  rule: KeepRule,
  count: number,
  timezone: string,
): Map<number, { readonly nth: number; readonly bucket: string | null }> {
  const kept = new Map<number, { nth: number; bucket: string | null }>();
  let before: string | null = null;
  for (const { id, timeMs } of standing(newestFirst(archives))) {
    const bucket = rule === 'last' ? null : labelOf(rule, timeMs, timezone);
    if (bucket !== null && bucket === before) continue;
    before = bucket;
    if (kept.size === count) break;
    kept.set(id, { nth: kept.size + 1, bucket });
  }
  return kept;
}

const LONGEST: Readonly<Record<KeepRule, number>> = {
  last: 0,
  hourly: HOUR,
  daily: DAY,
  weekly: 7 * DAY,
  monthly: 31 * DAY,
  yearly: 366 * DAY,
};

/** The time that a rule is worth against floods. */
export function worthOf(rule: KeepRule, count: number, expectEveryMs: number): number {
  return count * Math.max(LONGEST[rule], expectEveryMs * 1.125) + (rule === 'last' ? 0 : 2 * HOUR);
}

/** What the protection of one rule keeps of parts: 'any', or the newest of a bucket, or one of the first at its end; and the bucket's name. */
export function floodKeeps(
  archives: readonly NaiveArchive[],
  rule: KeepRule,
  count: number,
  expectEveryMs: number,
  timezone: string,
  nowMs: number,
  /** The order in which archives became known. */
  knownAs: (archive: NaiveArchive) => number,
): Map<number, { readonly which: Set<string>; readonly bucket: string | null }> {
  const gapMs = expectEveryMs * 1.125;
  const sorted = newestFirst(archives);
  const stands = new Set(standing(sorted).map(({ id }) => id));
  const groups: { bucket: string | null; endMs: number; members: NaiveArchive[] }[] = [];
  for (const archive of sorted) {
    const bucket = rule === 'last' ? null : labelOf(rule, archive.timeMs, timezone);
    const group = groups.at(-1);
    if (bucket !== null && group?.bucket === bucket) group.members.push(archive);
    else {
      const endMs = bucket === null ? archive.timeMs : Math.min(nowMs, endOf(rule, archive.timeMs, timezone));
      groups.push({ bucket, endMs, members: [archive] });
    }
  }
  const kept = new Map<number, { which: Set<string>; bucket: string | null }>();
  let spentMs = 0;
  let atMs: number | null = null;
  for (const { bucket, endMs, members } of groups) {
    const untilMs: number = atMs === null ? 0 : spentMs + Math.min(atMs - endMs, Math.max(LONGEST[rule], gapMs));
    if (untilMs > worthOf(rule, count, expectEveryMs)) break;
    if (members.some(({ id }) => stands.has(id))) {
      spentMs = untilMs;
      atMs = endMs;
    }
    const keep = (archive: NaiveArchive | undefined, which: string): void => {
      if (archive === undefined) return;
      const entry = kept.get(archive.id) ?? { which: new Set<string>(), bucket };
      entry.which.add(which);
      kept.set(archive.id, entry);
    };
    if (bucket === null) for (const archive of members) keep(archive, 'any');
    else {
      keep(members[0], 'newest');
      const atEnd = members.filter(({ timeMs }) => timeMs >= endMs - gapMs);
      const byTime = [...atEnd].reverse();
      const byId = [...atEnd].sort((a, b) => knownAs(a) - knownAs(b));
      for (const order of [byTime, byId]) for (const archive of standing(order).slice(0, 3)) keep(archive, 'end');
    }
  }
  return kept;
}
