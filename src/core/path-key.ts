import { escapeKey } from './key-path.ts';

const MARK = /%(?:d\d*|f|v-[0-9a-f]{8,16}(?:-\d+)?)$/;
const ESCAPE = /%([0-9A-F]{2})/y;

/**
 * The key of an archive, told from the path that `assignPath` gave it, marks and all: what is left when nothing but the file is. null where
 * the path does not tell (an over-long name, of which it holds a hash) and where it is none of ours.
 */
export function keyOfPath(path: string): string | null {
  const parts: string[] = [];
  const unmarked: string[] = [];
  for (const component of path.split('/')) {
    const body = component.replace(MARK, '');
    const part = unescapePart(body);
    if (part === null) return null;
    parts.push(part);
    unmarked.push(body);
  }
  const key = parts.join('/');
  // A stranger's name may look like one of ours: only what comes back the same is.
  return escapeKey(key) === unmarked.join('/') ? key : null;
}

function unescapePart(body: string): string | null {
  if (body === '%') return '';
  let text = '';
  for (let at = 0; at < body.length; ) {
    if (body[at] !== '%') {
      text += body[at];
      at += 1;
      continue;
    }
    ESCAPE.lastIndex = at;
    const bytes: number[] = [];
    for (let match = ESCAPE.exec(body); match !== null; match = ESCAPE.exec(body)) {
      bytes.push(Number.parseInt(match[1] ?? '', 16));
      at = ESCAPE.lastIndex;
    }
    const decoded = bytes.length === 0 ? null : decode(bytes);
    if (decoded === null) return null;
    text += decoded;
  }
  return text;
}

/** UTF-8, and the three bytes that stand for half a surrogate pair. Overlong forms need no care: they do not come back the same. */
function decode(bytes: readonly number[]): string | null {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] ?? 0;
    const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (at + length > bytes.length) return null;
    let point = length === 1 ? first : first & (0xff >> (length + 1));
    for (const byte of bytes.slice(at + 1, at + length)) point = (point << 6) | (byte & 0x3f);
    if (point > 0x10ffff) return null;
    text += String.fromCodePoint(point);
    at += length;
  }
  return text;
}
