import { HOUR_MS } from '../../../src/core/duration.ts';

/** A change of the clock's face, and where: the uploads of a world lie around it. */
export interface Place {
  readonly what: string;
  readonly timezone: string;
  readonly changeMs: number;
}

export const PLACES: readonly Place[] = [
  { what: 'midnight', timezone: 'Europe/Berlin', changeMs: Date.parse('2026-06-10T22:00:00Z') },
  { what: 'midnight, new year', timezone: 'Europe/Berlin', changeMs: Date.parse('2026-12-31T23:00:00Z') },
  { what: 'clocks go forward', timezone: 'Europe/Berlin', changeMs: Date.parse('2026-03-29T01:00:00Z') },
  { what: 'clocks go back', timezone: 'Europe/Berlin', changeMs: Date.parse('2026-10-25T01:00:00Z') },
  { what: 'clocks go forward', timezone: 'America/New_York', changeMs: Date.parse('2026-03-08T07:00:00Z') },
  { what: 'clocks go back', timezone: 'America/New_York', changeMs: Date.parse('2026-11-01T06:00:00Z') },
  { what: 'midnight', timezone: 'Asia/Kolkata', changeMs: Date.parse('2026-02-28T18:30:00Z') },
  { what: 'midnight', timezone: 'UTC', changeMs: Date.parse('2028-02-29T00:00:00Z') },
];

const formats = new Map<string, Intl.DateTimeFormat>();

/** Date and hour as names show them, by the platform's own calendar and not by the code under test; `b` marks the repeated hour. */
export function faceAt(epochMs: number, timezone: string): { readonly date: string; readonly hour: string } {
  const face = plainFaceAt(epochMs, timezone);
  const before = plainFaceAt(epochMs - HOUR_MS, timezone);
  const isRepeated = before.date === face.date && before.hour === face.hour;
  return { date: face.date, hour: isRepeated ? `${face.hour}b` : face.hour };
}

function plainFaceAt(epochMs: number, timezone: string): { date: string; hour: string } {
  let format = formats.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('sv-SE', {
      ...{ timeZone: timezone, hourCycle: 'h23' },
      ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
    });
    formats.set(timezone, format);
  }
  const [date = '', time = ''] = format.format(epochMs).split(' ');
  return { date, hour: time.slice(0, 2) };
}
