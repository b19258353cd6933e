/**
 * Offsets of IANA timezones by Intl alone. Formatting costs microseconds, and an archive list asks a hundred thousand times; so an offset
 * that is the same at both ends of a six-day stretch is remembered for the whole stretch (no zone changes twice within one), and a stretch
 * with a change is searched once for its moment.
 */

const STRETCH_MS = 2 ** 29;
const MAX_STRETCHES = 4096;

/** A stretch of time: `beforeMs` applies until `changeAt`, `afterMs` from then on. */
interface Stretch {
  readonly beforeMs: number;
  readonly changeAt: number;
  readonly afterMs: number;
}

interface Zone {
  readonly format: Intl.DateTimeFormat;
  readonly stretches: Map<number, Stretch>;
}

const zones = new Map<string, Zone>();

/** Whether this is an IANA name that this Node knows. Bare offsets such as +01:00 are not names: they know no daylight saving. */
export function isTimezone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    zoneOf(name);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Local time minus UTC at an instant, milliseconds (east is positive). Throws a RangeError for an unknown timezone. */
export function offsetMsAt(epochMs: number, timezone: string): number {
  const { beforeMs, changeAt, afterMs } = stretchAt(epochMs, timezone);
  return epochMs < changeAt ? beforeMs : afterMs;
}

/** The first instant after `fromMs`, up to `toMs`, with another offset than at `fromMs`; null when there is none. For spans of a few days. */
export function offsetChangeBetween(fromMs: number, toMs: number, timezone: string): number | null {
  const zone = zoneOf(timezone);
  const before = computeOffsetMs(zone, fromMs);
  return before === computeOffsetMs(zone, toMs) ? null : findChange(zone, fromMs, toMs, before);
}

function stretchAt(epochMs: number, timezone: string): Stretch {
  const zone = zoneOf(timezone);
  const index = Math.floor(epochMs / STRETCH_MS);
  const known = zone.stretches.get(index);
  if (known !== undefined) return known;
  const start = index * STRETCH_MS;
  const end = start + STRETCH_MS;
  const beforeMs = computeOffsetMs(zone, start);
  const afterMs = computeOffsetMs(zone, end);
  const changeAt = beforeMs === afterMs ? end : findChange(zone, start, end, beforeMs);
  const stretch = { beforeMs, changeAt, afterMs };
  // Dates in names are the attacker's: they may come from any century.
  if (zone.stretches.size >= MAX_STRETCHES) zone.stretches.clear();
  zone.stretches.set(index, stretch);
  return stretch;
}

/** Halves (from, to] until the first millisecond with another offset than `before` is left. */
function findChange(zone: Zone, from: number, to: number, before: number): number {
  let low = from;
  let high = to;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (computeOffsetMs(zone, middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

function zoneOf(timezone: string): Zone {
  const known = zones.get(timezone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const zone = { format, stretches: new Map<number, Stretch>() };
  zones.set(timezone, zone);
  return zone;
}

function computeOffsetMs({ format }: Zone, epochMs: number): number {
  const fields = new Map<string, string>();
  for (const { type, value } of format.formatToParts(epochMs)) fields.set(type, value);
  const read = (type: string): number => Number(fields.get(type));
  // Intl counts 1 BC as year 1 of the era before.
  const year = fields.get('era') === 'BC' ? 1 - read('year') : read('year');
  const local = new Date(0);
  local.setUTCFullYear(year, read('month') - 1, read('day'));
  local.setUTCHours(read('hour'), read('minute'), read('second'));
  return local.getTime() - Math.floor(epochMs / 1000) * 1000;
}
