import { addDays, type CalendarDate, compareDates, formatDate } from './calendar-date.ts';
import { compareKeys } from './key-order.ts';
import { type MatchPattern, matchKey } from './series-match.ts';
import { localFieldsAt } from './zoned-time.ts';

/** One listing to ask for. */
export interface PlannedListing {
  readonly prefix: string;
  /** Only keys after this one in UTF-8 byte order; null for all with the prefix. */
  readonly startAfter: string | null;
  /** Names of the series it serves; empty for a full listing. */
  readonly series: readonly string[];
  /** Why it begins where it does, for logs. */
  readonly reason: string;
}

export interface ListingQuestion {
  /** Series of this vault, in the order of the configuration. */
  readonly series: readonly { readonly name: string; readonly match: MatchPattern }[];
  readonly vaultPrefix: string;
  /** The newest archive known of each series; a series without one is listed from its beginning. */
  readonly newestMatchedKeyBySeries: ReadonlyMap<string, string>;
  /** null while the clock is in doubt: then every folder is listed whole. */
  readonly trustedNowMs: number | null;
  readonly timezone: string;
}

/** Days before the newest name that are listed again: late uploads, and a promoter in another timezone. */
const MARGIN_DAYS = 2;

/**
 * The listings of an ordinary pass: one for each folder of a series, from safely before the newest archive known or today, whichever is
 * earlier (a name dated in the future must not hide what follows). Keys outside the series are left to the daily full listing. Without
 * series it is one full listing.
 */
export function planListings(question: ListingQuestion): readonly PlannedListing[] {
  const { series, vaultPrefix } = question;
  if (series.length === 0) {
    return [{ prefix: vaultPrefix, startAfter: null, series: [], reason: 'no series: everything in the vault' }];
  }
  const wanted: PlannedListing[] = [];
  for (const { name, match } of series) {
    const prefix = longerPrefix(match.literalPrefix, vaultPrefix);
    // A series outside the vault's prefix can have no archives.
    if (prefix === null) continue;
    wanted.push({ prefix, series: [name], ...startOf(name, match, question) });
  }
  return joinListings(wanted);
}

function longerPrefix(a: string, b: string): string | null {
  if (a.startsWith(b)) return a;
  return b.startsWith(a) ? b : null;
}

function startOf(
  name: string,
  match: MatchPattern,
  { newestMatchedKeyBySeries, trustedNowMs, timezone }: ListingQuestion,
): Pick<PlannedListing, 'startAfter' | 'reason'> {
  const whole = (why: string) => ({ startAfter: null, reason: `${name}: ${why}` });
  if (match.firstToken !== '{date}') return whole('its names do not sort by date');
  const newestKey = newestMatchedKeyBySeries.get(name);
  if (newestKey === undefined) return whole('no archive known yet');
  const newest = matchKey(match, newestKey)?.date ?? null;
  if (newest === null) return whole('the newest archive known bears another kind of name');
  if (trustedNowMs === null) return whole('the clock is in doubt');
  const today = localFieldsAt(trustedNowMs, timezone);
  const from = addDays(compareDates(newest, today) <= 0 ? newest : today, -MARGIN_DAYS);
  const dayBefore = from === null ? null : addDays(from, -1);
  if (from === null || dayBefore === null) return whole('dated before the calendar begins');
  return { startAfter: startBefore(match, dayBefore), reason: `${name}: from ${formatDate(from)}` };
}

/**
 * A key before everything of the days after `dayBefore`: a whole date is the text that follows the literal prefix, and dates written as
 * YYYY-mm-dd sort as text. The day itself would not do: a key that ends in its date equals it, and the start is exclusive.
 */
function startBefore(match: MatchPattern, dayBefore: CalendarDate): string {
  return match.literalPrefix + formatDate(dayBefore);
}

/** Lets one listing serve all series of its folder, and a wider one those that lie inside it, so that no key is listed twice. */
function joinListings(wanted: readonly PlannedListing[]): readonly PlannedListing[] {
  const joined: PlannedListing[] = [];
  // Shorter prefixes first: a listing can only lie inside one before it.
  for (const listing of [...wanted].sort((a, b) => compareKeys(a.prefix, b.prefix))) {
    const outerIndex = joined.findIndex(
      (outer) => listing.prefix.startsWith(outer.prefix) && !isBefore(listing, outer),
    );
    const outer = joined[outerIndex];
    if (outer === undefined) joined.push(listing);
    else joined[outerIndex] = joinInto(outer, listing);
  }
  // A start that moved back may have reached a listing that was apart from it before.
  return joined.length < wanted.length ? joinListings(joined) : joined;
}

/** Whether every key of `inner` lies before the start of `outer`, so that the two share none. */
function isBefore(inner: PlannedListing, outer: PlannedListing): boolean {
  const start = outer.startAfter;
  return start !== null && compareKeys(inner.prefix, start) < 0 && !start.startsWith(inner.prefix);
}

function joinInto(outer: PlannedListing, inner: PlannedListing): PlannedListing {
  const series = [...outer.series, ...inner.series];
  const reason = `${outer.reason}; ${inner.reason}`;
  return { prefix: outer.prefix, startAfter: earlierStart(outer, inner), series, reason };
}

function earlierStart(outer: PlannedListing, inner: PlannedListing): string | null {
  if (outer.startAfter === null) return null;
  if (inner.startAfter !== null)
    return compareKeys(inner.startAfter, outer.startAfter) < 0 ? inner.startAfter : outer.startAfter;
  // The whole of the inner folder: covered when it begins after the start, else the start is given up.
  return compareKeys(outer.startAfter, inner.prefix) < 0 ? outer.startAfter : null;
}
