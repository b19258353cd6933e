import { createHash } from 'node:crypto';
import { SUMS_NAME } from './sha256sums.ts';

/*
 * From an object key (untrusted: any text up to 1,024 bytes) to a relative path below the folder of its vault.
 *
 *     path      = component *( "/" component )        one component for each part of the key between slashes
 *     component = ( body / "%" ) [ cut ] [ mark ]     "%" stands for an empty part
 *     body      = *( readable character / "%" 2HEX )  "%XX" is one byte of the character's UTF-8, upper-case hex
 *     cut       = "%~" 32hex                          the body was too long; SHA-256 of the whole body, first 128 bits
 *     mark      = "%d" [n] / "%f" / "%v-" tag ["-" n] given by assignPath, see there
 *     too long  = "%k-" 64hex                         the only component, for a path near PATH_MAX: SHA-256 of the path
 *
 * A literal "%" of a key is always "%25", so whatever else begins with "%" is ours alone: no key can imitate it, two keys never share a
 * path (short of a collision of SHA-256), and `escapeKey` needs no memory.
 */

/** ext4, xfs and btrfs allow 255 bytes in a name. */
const MAX_COMPONENT_BYTES = 255;
/**
 * PATH_MAX is 4,096 with the root and the vault's name. A key of S3 stays below this: with all escapes and a `%d` for each folder it grows to at
 * most three times its 1,024 bytes.
 */
const MAX_PATH_BYTES = 3400;

/**
 * What must not stand in a name: control characters (C0, DEL, C1), `%` and `\`, halves of surrogate pairs (they have no UTF-8), line separators,
 * and characters that are invisible or change the direction of writing: a terminal or a person would see another name than the one that is there.
 */
const UNREADABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}%\\]/gu;

/** Names at the top of a vault folder that are ours, the filesystem's, or (`-`) mean standard input to `sha256sum -c`. */
const RESERVED_AT_TOP: ReadonlySet<string> = new Set([SUMS_NAME, '.pullmirror', 'lost+found', '-']);

const TAG = /^[0-9a-f]{8,16}$/;
const encoder = new TextEncoder();

export type Occupant = 'file' | 'folder' | null;

export interface PathRequest {
  readonly key: string;
  /** 8 to 16 lower-case hex digits that tell this version or content from others of the same key. */
  readonly tag: string;
  /**
   * What stands, or is promised to another archive, at a path below the vault's folder. A promised file makes its parents folders.
   * It is asked about every folder on the way and about the file.
   */
  readonly occupied: (relativePath: string) => Occupant;
}

/** The path that a key has when nothing stands in its way; a function of the key alone. Plain keys stay as they are. */
export function escapeKey(key: string): string {
  return shorten(escapedParts(key))
    .map((part) => fit(part))
    .join('/');
}

/**
 * The path for a new archive. Readable when free; otherwise the part that clashes gets a mark: a folder whose name a file has, `%d`; a file whose
 * name a folder has, `%f`; a file whose name another version of the same key has, `%v-` and the tag. Same answers of `occupied`, same path.
 */
export function assignPath(request: PathRequest): string {
  const { key, tag, occupied } = request;
  if (!TAG.test(tag)) throw new TypeError(`a tag has 8 to 16 lower-case hex digits: ${tag}`);
  const parts = shorten(escapedParts(key));
  let folder = '';
  for (const part of parts.slice(0, -1)) {
    folder = `${firstFit(folder, part, folderMarks(), (path) => occupied(path) !== 'file')}/`;
  }
  const part = parts.at(-1) ?? '%';
  const readable = folder + fit(part);
  const occupant = occupied(readable);
  if (occupant === null) return readable;
  return firstFit(folder, part, fileMarks(tag, occupant), (path) => occupied(path) === null);
}

/** Objects that only show a folder in S3 consoles: zero bytes, key ends in `/`. They are not archives. */
export function isFolderMarker(key: string, sizeBytes: number): boolean {
  return sizeBytes === 0 && key.endsWith('/');
}

function escapedParts(key: string): string[] {
  return key.split('/').map((part, index) => {
    if (part === '') return '%';
    if (part === '.' || part === '..') return part.replaceAll('.', '%2E');
    if (index === 0 && RESERVED_AT_TOP.has(part)) return percent(part.slice(0, 1)) + part.slice(1);
    return part.replace(UNREADABLE, percent);
  });
}

/** A lone surrogate is written as the three bytes that UTF-8 would give it if it were allowed. */
function percent(character: string): string {
  const unit = character.charCodeAt(0);
  const lone = character.length === 1 && unit >= 0xd800 && unit <= 0xdfff;
  const bytes = lone
    ? [0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)]
    : [...encoder.encode(character)];
  return bytes.map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

/** Only a server that allows keys beyond S3's 1,024 bytes gets here; such a key is still mirrored, under a name that says nothing. */
function shorten(parts: string[]): string[] {
  const bytes = parts.reduce((sum, part) => sum + byteLength(fit(part)) + '/%d'.length, 0);
  return bytes <= MAX_PATH_BYTES ? parts : [`%k-${sha256(parts.join('/'))}`];
}

function* folderMarks(): Generator<string> {
  yield '';
  yield '%d';
  for (let n = 2; ; n++) yield `%d${n}`;
}

function* fileMarks(tag: string, occupant: 'file' | 'folder'): Generator<string> {
  if (occupant === 'folder') yield '%f';
  yield `%v-${tag}`;
  for (let n = 2; ; n++) yield `%v-${tag}-${n}`;
}

function firstFit(folder: string, part: string, marks: Generator<string>, free: (path: string) => boolean): string {
  for (const mark of marks) {
    const path = folder + fit(part, mark);
    if (free(path)) return path;
  }
  throw new Error('unreachable: marks do not end');
}

function fit(part: string, mark = ''): string {
  if (byteLength(part) + mark.length <= MAX_COMPONENT_BYTES) return part + mark;
  const cut = `%~${sha256(part).slice(0, 32)}`;
  return truncate(part, MAX_COMPONENT_BYTES - cut.length - mark.length) + cut + mark;
}

/** At most so many bytes, never half a character and never half a `%XX`. */
function truncate(part: string, maxBytes: number): string {
  let kept = '';
  let bytes = 0;
  for (const [token] of part.matchAll(/%[0-9A-F]{2}|./gsu)) {
    bytes += byteLength(token);
    if (bytes > maxBytes) break;
    kept += token;
  }
  return kept;
}

function byteLength(text: string): number {
  return encoder.encode(text).length;
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
