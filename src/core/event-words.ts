import { printableName } from './printable.ts';

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

/** Why it happened, for a person, then whatever else the event tells. */
export function whyWords(detail: Detail): string {
  const why = REASONS.flatMap((name) => (typeof detail[name] === 'string' ? [detail[name]] : []));
  const rest = Object.entries(detail)
    .filter(
      ([name, value]) => value !== null && name !== 'series' && !(REASONS.includes(name) && typeof value === 'string'),
    )
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [...new Set([...why, ...rest])].join('; ');
}
