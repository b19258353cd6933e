import { type Parsed, parsed, problem } from './parsed.ts';

export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
export const WEEK_MS = 7 * DAY_MS;
const MONTH_MS = 30.4375 * DAY_MS;
const YEAR_MS = 365.25 * DAY_MS;
const MAX_DAYS = 36_500;

/** Largest first: the order in which the parts of a duration are written. */
const UNITS = [
  ['w', WEEK_MS],
  ['d', DAY_MS],
  ['h', HOUR_MS],
  ['m', MINUTE_MS],
  ['s', SECOND_MS],
] as const;

/** As a JSON Schema pattern, for editors. */
export const DURATION_PATTERN = '^(?=.)([0-9]{1,9}w)?([0-9]{1,9}d)?([0-9]{1,9}h)?([0-9]{1,9}m)?([0-9]{1,9}s)?$';

/** Milliseconds from `30d`, `24h`, `15m`, `1w`, `90s` or a sum of them, largest unit first, such as `1h30m`. A day is 24 hours. */
export function parseDuration(text: string): Parsed<number> {
  const written = text.trim();
  const parts = new RegExp(DURATION_PATTERN).exec(written);
  if (parts === null) return problem(`"${written}" is not a duration; ${adviceFor(written)}`);
  const durationMs = UNITS.reduce(
    (sum, [, unitMs], index) => sum + Number.parseInt(parts[index + 1] ?? '0', 10) * unitMs,
    0,
  );
  if (durationMs > MAX_DAYS * DAY_MS) return problem(`"${written}" is longer than a hundred years`);
  return parsed(durationMs);
}

/** Exactly, as `parseDuration` reads it: `30d`, `1h30m`, `0s`; parts of a second are dropped. */
export function formatExactDuration(durationMs: number): string {
  let rest = durationMs;
  let text = '';
  for (const [unit, unitMs] of UNITS) {
    // Weeks are written as days: people say 30d, not 4w2d.
    if (unit === 'w') continue;
    const count = Math.floor(rest / unitMs);
    rest -= count * unitMs;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === '' ? '0s' : text;
}

/** Roughly, for people: `40 s`, `5 min`, `6 h`, `3 days`, `9 months`, `2 years`. */
export function formatDuration(durationMs: number): string {
  const sign = durationMs < 0 ? '-' : '';
  const ms = Math.abs(durationMs);
  if (ms < 99.5 * SECOND_MS) return `${sign}${Math.round(ms / SECOND_MS)} s`;
  if (ms < 99.5 * MINUTE_MS) return `${sign}${Math.round(ms / MINUTE_MS)} min`;
  if (ms < 47.5 * HOUR_MS) return `${sign}${Math.round(ms / HOUR_MS)} h`;
  if (ms < 60 * DAY_MS) return `${sign}${Math.round(ms / DAY_MS)} days`;
  if (ms < 23.5 * MONTH_MS) return `${sign}${Math.round(ms / MONTH_MS)} months`;
  return `${sign}${Math.round(ms / YEAR_MS)} years`;
}

function adviceFor(written: string): string {
  if (/^\d+$/.test(written)) return `say of what: ${written}d, ${written}h, ${written}m (minutes) or ${written}s`;
  if (/^\d+ ?y/i.test(written)) return 'years differ in length: write days, such as 365d';
  if (/^\d+ ?mo|^\d+ ?M$/.test(written)) return 'months differ in length: write days, such as 30d';
  return 'write 30d, 24h, 15m, 1w or 1h30m';
}
