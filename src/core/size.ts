import { type Parsed, parsed, problem } from './parsed.ts';

const KILO = 1000;
const UNITS = new Map<string, number>([
  ['', 1],
  ['B', 1],
  ['kB', KILO],
  ['KB', KILO],
  ['MB', KILO ** 2],
  ['GB', KILO ** 3],
  ['TB', KILO ** 4],
  ['PB', KILO ** 5],
  ['KiB', 1024],
  ['MiB', 1024 ** 2],
  ['GiB', 1024 ** 3],
  ['TiB', 1024 ** 4],
  ['PiB', 1024 ** 5],
]);
const DISPLAY_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;
const MIN_RATE_BYTES_PER_SECOND = KILO;

/** As JSON Schema patterns, for editors. */
export const SIZE_PATTERN = '^[0-9]{1,16}(\\.[0-9]{1,9})? ?(B|[kK]B|[MGTP]B|[KMGTP]iB)?$';
export const SIZE_OR_PERCENT_PATTERN = '^[0-9]{1,16}(\\.[0-9]{1,9})? ?(B|[kK]B|[MGTP]B|[KMGTP]iB|%)?$';
export const RATE_PATTERN = '^(unlimited|[0-9]{1,16}(\\.[0-9]{1,9})? ?(B|[kK]B|[MGTP]B|[KMGTP]iB)/s)$';

/** An amount of room: so many bytes, or a share of the whole disk. */
export type SizeLimit =
  | { readonly kind: 'bytes'; readonly bytes: number; readonly text: string }
  | { readonly kind: 'percent'; readonly percent: number; readonly text: string };

/** Bytes from `8MB`, `5GiB`, `1.5 TB` or a plain number of bytes. MB counts in thousands, MiB in 1024s. */
export function parseSize(text: string | number): Parsed<number> {
  const written = String(text).trim();
  const parts = /^(\d{1,16}(?:\.\d{1,9})?) ?([A-Za-z]*)$/.exec(written);
  const factor = UNITS.get(parts?.[2] ?? '');
  if (parts === null || factor === undefined) {
    return problem(`"${written}" is not a size; write bytes, 8MB (thousands) or 5GiB (1024s)`);
  }
  const bytes = Math.round(Number(parts[1]) * factor);
  return Number.isSafeInteger(bytes) ? parsed(bytes) : problem(`"${written}" is larger than any disk`);
}

/** As `parseSize`, or a share of the disk such as `5%` (0 to 90). */
export function parseSizeLimit(text: string | number): Parsed<SizeLimit> {
  const written = String(text).trim();
  const share = /^(\d{1,3}(?:\.\d{1,9})?) ?%$/.exec(written);
  if (share !== null) {
    const percent = Number(share[1]);
    return percent <= 90
      ? parsed({ kind: 'percent', percent, text: written })
      : problem(`"${written}" leaves next to nothing; a share is 0% to 90%`);
  }
  const size = parseSize(text);
  if (size.ok) return parsed({ kind: 'bytes', bytes: size.value, text: written });
  return problem(`${size.problem}, or a share of the disk such as 5%`);
}

/** Bytes that a limit means on a disk of `totalBytes`. */
export function sizeLimitBytes(limit: SizeLimit, totalBytes: number): number {
  return limit.kind === 'bytes' ? limit.bytes : Math.ceil((totalBytes * limit.percent) / 100);
}

/** Bytes per second from `8MB/s`; null from `unlimited`. */
export function parseRate(text: string): Parsed<number | null> {
  const written = text.trim();
  if (written === 'unlimited') return parsed(null);
  if (/bit|b\/s$|bps$/.test(written)) {
    return problem(`"${written}" counts bits; write bytes: 8 Mbit/s is 1MB/s`);
  }
  const size = written.endsWith('/s') ? parseSize(written.slice(0, -2)) : undefined;
  if (size === undefined || !size.ok || !/B\/s$/.test(written)) {
    return problem(`"${written}" is not a rate; write 8MB/s, 500kB/s or unlimited`);
  }
  if (size.value < MIN_RATE_BYTES_PER_SECOND) {
    return problem(`"${written}" would never finish an archive; the least is 1kB/s`);
  }
  return parsed(size.value);
}

/** For people: `0 B`, `999 B`, `1.5 kB`, `12 MB`, `2.1 TB`; thousands, as disks are sold. */
export function formatBytes(sizeBytes: number): string {
  const sign = sizeBytes < 0 ? '-' : '';
  let value = Math.abs(sizeBytes);
  let unit = 0;
  // 999.5 would be shown as 1000 of its unit: it belongs to the next one.
  while (Math.round(value) >= KILO && unit < DISPLAY_UNITS.length - 1) {
    value /= KILO;
    unit += 1;
  }
  const digits = unit === 0 || value >= 9.95 ? value.toFixed(0) : value.toFixed(1);
  return `${sign}${digits} ${DISPLAY_UNITS[unit] ?? 'B'}`;
}

/** For people: `8.0 MB/s`, or `unlimited` for null. */
export function formatRate(bytesPerSecond: number | null): string {
  return bytesPerSecond === null ? 'unlimited' : `${formatBytes(bytesPerSecond)}/s`;
}
