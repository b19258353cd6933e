import { isAbsolute, normalize } from 'node:path/posix';
import { distance } from 'fastest-levenshtein';
import * as z from 'zod';
import { parseCron } from '../cron-expression.ts';
import { DURATION_PATTERN, formatExactDuration, parseDuration } from '../duration.ts';
import { compileMatch } from '../match-pattern.ts';
import { type Parsed, parsed, problem } from '../parsed.ts';
import { parseRate, parseSizeLimit, RATE_PATTERN, SIZE_OR_PERCENT_PATTERN } from '../size.ts';
import { isTimezone } from '../zoned-time.ts';
import type { ListenAddress } from './config.ts';
import { parseDailyWindow, WINDOW_PATTERN } from './daily-window.ts';
import { expects, reading, text } from './text-value.ts';

/** Single values of the configuration: each reads its text once, and says in plain words what is wrong with it. */

const NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$';
/** What a vault's folder would collide with in the store (DESIGN: the store), compared without case. */
const RESERVED_VAULT_NAMES = ['.pullmirror', 'README.txt', 'restore.sh', 'index.html', 'lost+found'];
const CONTROL_CHARACTERS = /\p{Cc}/u;

export const duration = (description: string, { minMs, maxMs }: { minMs: number; maxMs?: number }) =>
  text(
    (written) => {
      const read = parseDuration(written);
      if (!read.ok) return read;
      if (read.value < minMs) return problem(`"${written}" is too short; the least is ${formatExactDuration(minMs)}`);
      if (maxMs === undefined || read.value <= maxMs) return read;
      return problem(`"${written}" is too long; the most is ${formatExactDuration(maxMs)}`);
    },
    { description, pattern: DURATION_PATTERN },
    'must be a duration such as 24h or 30d',
  );

export const sizeLimit = (description: string) =>
  z
    .union([z.string(), z.number()], { error: expects('must be a size such as 20GB, or a share such as 5%') })
    .transform(reading((written: string | number) => parseSizeLimit(written)))
    .meta({ description, pattern: SIZE_OR_PERCENT_PATTERN });

export const rate = (description: string) =>
  text(parseRate, { description, pattern: RATE_PATTERN }, 'must be a rate such as 8MB/s, or unlimited');

export const dailyWindow = (description: string) =>
  text(
    parseDailyWindow,
    { description, pattern: WINDOW_PATTERN },
    'must be a daily window in quotes, such as "01:00-06:00"',
  );

export const matchPattern = (description: string) =>
  text(compileMatch, { description }, 'must be text in quotes, such as "web1/{date}.tar.gz.gpg"');

export const name = (description: string) => text(readName, { description, pattern: NAME_PATTERN });

export const vaultName = (description: string) =>
  text(
    (written) => {
      const reserved = RESERVED_VAULT_NAMES.find((taken) => taken.toLowerCase() === written.toLowerCase());
      return reserved === undefined
        ? readName(written)
        : problem(`"${written}" is kept for the store's own ${reserved}`);
    },
    { description, pattern: NAME_PATTERN },
  );

export const timezone = (description: string) =>
  text(
    (written) => {
      if (isTimezone(written)) return parsed(written);
      return problem(`"${written}" is not a timezone; the nearest one is ${nearestTimezone(written)}`);
    },
    { description },
  );

export const cron = (description: string) =>
  text(parseCron, { description }, 'must be a cron expression in quotes, such as "*/15 * * * *"');

/** An absolute path, without a slash at the end. */
export const absolutePath = (description: string) => text(readAbsolutePath, { description, pattern: '^/' });

/** Text without line breaks and other control characters. */
export const plainText = (description: string) =>
  text(
    (written) => {
      if (written === '') return problem('is empty');
      return CONTROL_CHARACTERS.test(written) ? problem('contains control characters') : parsed(written);
    },
    { description },
  );

export const keyPrefix = (description: string) =>
  text(
    (written) => {
      if (written.startsWith('/')) return problem('begins with "/"; keys do not: "web1/", not "/web1/"');
      if (/^s3:/i.test(written))
        return problem('begins with "s3:"; it is the beginning of the keys, without the bucket');
      return Buffer.byteLength(written) > 1024 ? problem('is longer than any key (1024 bytes)') : parsed(written);
    },
    { description },
  );

export const bucket = (description: string) =>
  text(
    (written) => {
      if (/^s3:|\//i.test(written))
        return problem(`"${written}" is not a bucket name; write it without s3:// and folders`);
      return /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/.test(written)
        ? parsed(written)
        : problem(`"${written}" is not a bucket name (letters, digits, dots and hyphens)`);
    },
    { description },
  );

/** A URL with one of the schemes, such as `https:`; never with a password inside. Without a slash at the end. */
export const url = (description: string, schemes: readonly string[]) =>
  text((written) => readUrl(written, schemes), { description, pattern: `^(${schemes.join('|')})//` });

export const listenAddress = (description: string) => text(readListen, { description });

export const hostName = (description: string) =>
  text(
    (written) => {
      const host = written.toLowerCase();
      if (isHost(host)) return parsed(host);
      return problem(`"${written}" is not a host name; write it without http:// and port, such as raspberrypi.local`);
    },
    { description },
  );

export const emailAddress = (description: string) =>
  text(
    (written) => {
      const fits = /^[^\s@<>,;]+@[^\s@<>,;]+$/.test(written) && !CONTROL_CHARACTERS.test(written);
      return fits ? parsed(written) : problem(`"${written}" is not an e-mail address`);
    },
    { description },
  );

function readName(written: string): Parsed<string> {
  if (new RegExp(NAME_PATTERN).test(written)) return parsed(written);
  return problem(
    `"${written}" is not a name; 1 to 63 letters, digits, dots, hyphens and underscores, a letter or digit first`,
  );
}

function readAbsolutePath(written: string): Parsed<string> {
  if (written.startsWith('~')) return problem('begins with "~", which is not expanded here; write the whole path');
  if (!isAbsolute(written)) return problem(`"${written}" is not an absolute path; it must begin with "/"`);
  if (CONTROL_CHARACTERS.test(written)) return problem('contains control characters');
  if (written.split('/').includes('..')) return problem(`"${written}" contains ".."; write the real path`);
  const path = normalize(written).replace(/\/+$/, '');
  return path === '' ? problem('is the root of the whole system; name a directory below it') : parsed(path);
}

function readUrl(written: string, schemes: readonly string[]): Parsed<string> {
  const read = URL.canParse(written) ? new URL(written) : null;
  // What is written may hold a password: it is not repeated.
  if (read === null || !schemes.includes(read.protocol) || read.hostname === '') {
    return problem(`is not a URL that begins with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`);
  }
  if (read.username !== '' || read.password !== '')
    return problem('carries a user name or password; never keys in this file');
  return CONTROL_CHARACTERS.test(written)
    ? problem('contains control characters')
    : parsed(written.replace(/\/+$/, ''));
}

function readListen(written: string): Parsed<ListenAddress> {
  const [, bracketed, bare, portText] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(written) ?? [];
  const host = bracketed ?? bare ?? '';
  const port = Number(portText);
  const known = bracketed === undefined ? host === 'localhost' || isIpv4(host) : isIpv6(host);
  if (!known || !(port <= 65_535)) {
    return problem(`"${written}" is not an address to listen on; write 127.0.0.1:8420, 0.0.0.0:8420 or [::1]:8420`);
  }
  return parsed({ text: written, host, port, loopback: host === 'localhost' || host === '::1' || /^127\./.test(host) });
}

const isIpv4 = (host: string): boolean => z.ipv4().safeParse(host).success;
const isIpv6 = (host: string): boolean => z.ipv6().safeParse(host).success;

function isHost(host: string): boolean {
  return isIpv4(host) || isIpv6(host) || (host.length <= 253 && /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/.test(host));
}

function nearestTimezone(written: string): string {
  const wanted = written.toLowerCase();
  let nearest = 'UTC';
  for (const candidate of Intl.supportedValuesOf('timeZone')) {
    if (distance(wanted, candidate.toLowerCase()) < distance(wanted, nearest.toLowerCase())) nearest = candidate;
  }
  return nearest;
}
