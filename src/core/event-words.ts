import { printableName } from './printable.ts';
import { formatLocal } from './zoned-time.ts';

/** What of an event's detail answers "why", in the order in which it is told. */
const REASONS = ['reason', 'because', 'why', 'suspect', 'remark', 'message'];

type Detail = Readonly<Record<string, unknown>>;

/** What an event is about, for a person: an archive, a series, a vault. */
export function aboutWords(event: {
  readonly vault: string | null;
  readonly key: string | null;
  readonly detail: Detail;
}): string {
  const { vault, key, detail } = event;
  const what = key === null ? detail.series : printableName(key);
  return [vault, what].filter((part) => typeof part === 'string').join('/');
}

/** Why it happened, for a person, then whatever else the event tells, its times in the owner's timezone. */
export function whyWords(detail: Detail, timezone: string): string {
  const why = REASONS.flatMap((name) => (typeof detail[name] === 'string' ? [detail[name]] : []));
  const rest = Object.entries(detail)
    .filter(
      ([name, value]) => value !== null && name !== 'series' && !(REASONS.includes(name) && typeof value === 'string'),
    )
    .map(([name, value]) => `${name}${isObject(value) ? ':' : ''} ${valueWords(value, timezone)}`);
  return [...new Set([...why, ...rest])].join('; ');
}

function valueWords(value: unknown, timezone: string): string {
  if (typeof value === 'string') return UTC_TIME.test(value) ? formatLocal(Date.parse(value), timezone) : value;
  if (Array.isArray(value)) return value.map((one) => valueWords(one, timezone)).join(', ');
  if (!isObject(value)) return String(value);
  return Object.entries(value)
    .filter(([, inner]) => inner !== null)
    .map(([name, inner]) => `${REASONS.includes(name) ? '' : `${name} `}${valueWords(inner, timezone)}`)
    .join(', ');
}

const UTC_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/;

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
