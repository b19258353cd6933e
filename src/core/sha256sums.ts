/** The checksum list of a vault folder, as `sha256sum` writes and reads it. */
export const SUMS_NAME = 'SHA256SUMS';

/** Its next version while it is being written. No key maps to this name: `%n` is no escape of key-path. */
export const SUMS_TEMPORARY_NAME = 'SHA256SUMS%new';

export interface ChecksumLine {
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  /** Relative to the folder of the list. */
  readonly path: string;
}

const HEX_64 = /^[0-9a-f]{64}$/;
const LINE = /^(\\?)([0-9a-fA-F]{64}) [ *](.+)$/s;
const NEEDS_ESCAPE = /[\\\n\r]/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r' };
const UNESCAPES: Readonly<Record<string, string>> = { '\\\\': '\\', '\\n': '\n', '\\r': '\r' };

/**
 * One line with its newline, in GNU's text form: `HASH  PATH`. Paths of key-path never need GNU's backslash form (busybox and others do not
 * know it); files adopted from elsewhere may. A path of just `-` would mean standard input and is written as `./-`.
 */
export function formatChecksumLine(line: ChecksumLine): string {
  if (!HEX_64.test(line.sha256)) throw new TypeError(`not a SHA-256 in lower-case hex: ${line.sha256}`);
  if (line.path === '') throw new TypeError('a checksum line needs a path');
  const path = line.path === '-' ? './-' : line.path;
  if (!NEEDS_ESCAPE.test(path)) return `${line.sha256}  ${path}\n`;
  return `\\${line.sha256}  ${path.replace(/[\\\n\r]/g, (character) => ESCAPES[character] ?? character)}\n`;
}

/** Reads one line without its newline; null when it is none. */
export function parseChecksumLine(text: string): ChecksumLine | null {
  const [, escaped, hash, written] = LINE.exec(text) ?? [];
  if (hash === undefined || written === undefined) return null;
  const path = escaped === '\\' ? unescapePath(written) : written;
  if (path === null) return null;
  return { sha256: hash.toLowerCase(), path: path.startsWith('./') ? path.slice(2) : path };
}

function unescapePath(written: string): string | null {
  let valid = true;
  const path = written.replace(/\\.?/gs, (pair) => {
    const character = UNESCAPES[pair];
    if (character === undefined) valid = false;
    return character ?? pair;
  });
  return valid ? path : null;
}
