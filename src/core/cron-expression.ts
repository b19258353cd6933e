import { type Parsed, parsed, problem } from './parsed.ts';

/**
 * Cron expressions as crontab(5) has them, all of which node-cron, which ticks, takes as well (a test compares). node-cron itself is no part
 * of this: it brings timers and child processes, and every short command would load them.
 */

const NICKNAMES = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const DAYS_OF_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Names that stand for numbers from `min` on. */
  readonly names?: readonly string[];
}

const SECOND: Field = { name: 'second', min: 0, max: 59 };
const DAY: Field = { name: 'day of the month', min: 1, max: 31 };
const MONTH: Field = { name: 'month', min: 1, max: 12, names: MONTHS };
const FIELDS: readonly Field[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  DAY,
  MONTH,
  { name: 'day of the week', min: 0, max: 7, names: WEEKDAYS },
];

/** Checks `minute hour day month weekday`, optionally with seconds in front, or a nickname such as `@hourly`; gives the text back. */
export function parseCron(text: string): Parsed<string> {
  const written = text.trim();
  if (NICKNAMES.includes(written)) return parsed(written);
  const texts = written.split(/ +/);
  const fields = texts.length === FIELDS.length + 1 ? [SECOND, ...FIELDS] : FIELDS;
  if (texts.length !== fields.length) {
    return problem(
      `"${written}" is not a cron expression; write minute hour day month weekday, such as "*/15 * * * *"`,
    );
  }
  const values = new Map<Field, readonly number[]>();
  for (const [index, field] of fields.entries()) {
    const read = valuesOf(texts[index] ?? '', field);
    if (read === null) {
      return problem(
        `"${texts[index]}" is not a ${field.name} of a cron expression (${field.min} to ${field.max}, *, 1-5, 1,3 or */5)`,
      );
    }
    values.set(field, read);
  }
  const days = values.get(DAY) ?? [];
  const months = values.get(MONTH) ?? [];
  if (!months.some((month) => days.some((day) => day <= (DAYS_OF_MONTH[month - 1] ?? 0)))) {
    return problem(`"${written}" names a day that no month has`);
  }
  return parsed(written);
}

/** Every number that a field allows, or null when it cannot be read. */
function valuesOf(text: string, field: Field): readonly number[] | null {
  const values: number[] = [];
  for (const item of text.split(',')) {
    const [, from = '', to, step = '1'] = /^(\*|[A-Za-z0-9]+)(?:-([A-Za-z0-9]+))?(?:\/(\d{1,2}))?$/.exec(item) ?? [];
    const isStar = from === '*';
    // A step needs something to step through; a star is the whole range already.
    if (from === '' || (isStar && to !== undefined) || (item.includes('/') && !isStar && to === undefined)) return null;
    const low = isStar ? field.min : numberOf(from, field);
    const high = isStar ? field.max : numberOf(to ?? from, field);
    if (low === null || high === null || low > high || Number(step) === 0) return null;
    for (let value = low; value <= high; value += Number(step)) values.push(value);
  }
  return values;
}

function numberOf(text: string, { min, max, names = [] }: Field): number | null {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return named + min;
  const number = /^\d{1,2}$/.test(text) ? Number(text) : -1;
  return number >= min && number <= max ? number : null;
}
