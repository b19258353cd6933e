import { S3Error } from './s3-error.ts';

const XMLNS = 'http://s3.amazonaws.com/doc/2006-03-01/';
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const MAX_DEPTH = 16;

/** What an element holds: text, child elements, or a mixture of arrays for repeated ones. */
export type XmlValue = string | number | boolean | XmlFields | readonly XmlValue[] | null | undefined;
export interface XmlFields {
  readonly [name: string]: XmlValue;
}

/** A parsed element. Attributes and namespaces are dropped: the S3 API uses none that matter here. */
export interface XmlElement {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/**
 * Text safe in XML. Characters that XML 1.0 forbids become character references, as S3 itself sends them: strict parsers
 * refuse those, which is what `encoding-type=url` is for, but the document's structure is never broken.
 */
export function escapeXml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what has to be escaped
  return text.replace(/[&<>"\u0000-\u001f\u007f\ufffe\uffff]/g, (character) => {
    if (character === '&') return '&amp;';
    if (character === '<') return '&lt;';
    if (character === '>') return '&gt;';
    if (character === '"') return '&quot;';
    return `&#x${character.charCodeAt(0).toString(16)};`;
  });
}

/** A document of the S3 API: fields that are null or undefined are left out, arrays repeat their element. */
export function xmlDocument(rootName: string, fields: XmlFields | string): string {
  const body = typeof fields === 'string' ? escapeXml(fields) : writeFields(fields);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${rootName} xmlns="${XMLNS}">${body}</${rootName}>`;
}

/** The root element of a request body; anything that is not well-formed is MalformedXML. */
export function parseXml(text: string, rootName: string): XmlElement {
  const root = new XmlParser(text).parse();
  if (root.name !== rootName) throw new S3Error('MalformedXML');
  return root;
}

export function childrenOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

/** The text of the only child of that name, or undefined. */
export function childText(element: XmlElement, name: string): string | undefined {
  return element.children.find((child) => child.name === name)?.text;
}

function writeFields(fields: XmlFields): string {
  let out = '';
  for (const name of Object.keys(fields)) out += writeElement(name, fields[name]);
  return out;
}

function writeElement(name: string, value: XmlValue): string {
  if (value === null || value === undefined) return '';
  if (isList(value)) return value.map((item) => writeElement(name, item)).join('');
  const inner = typeof value === 'object' ? writeFields(value) : escapeXml(String(value));
  return `<${name}>${inner}</${name}>`;
}

function isList(value: XmlValue): value is readonly XmlValue[] {
  return Array.isArray(value);
}

/** Elements, text, character references, comments, CDATA; no DTD, so that nothing can expand. */
class XmlParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }

  parse(): XmlElement {
    this.#skipMisc();
    const root = this.#element(0);
    this.#skipMisc();
    if (this.#at !== this.#text.length) throw new S3Error('MalformedXML');
    return root;
  }

  #skipMisc(): void {
    for (;;) {
      const skipped = this.#match(/\s+|<\?[\s\S]*?\?>|<!--[\s\S]*?-->/y);
      if (skipped === null) return;
    }
  }

  #element(depth: number): XmlElement {
    const open = this.#match(/<([A-Za-z_][\w.:-]*)(?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(\/?)>/y);
    if (open === null || depth > MAX_DEPTH) throw new S3Error('MalformedXML');
    const qualified = open[1] ?? '';
    const name = qualified.slice(qualified.indexOf(':') + 1);
    if (open[2] === '/') return { name, text: '', children: [] };
    let text = '';
    const children: XmlElement[] = [];
    for (;;) {
      const close = this.#match(/<\/([\w.:-]+)\s*>/y);
      if (close !== null) {
        if (close[1] !== qualified) throw new S3Error('MalformedXML');
        return { name, text, children };
      }
      const plain = this.#match(/[^<]+/y);
      if (plain !== null) {
        text += decodeReferences(plain[0]);
        continue;
      }
      const cdata = this.#match(/<!\[CDATA\[([\s\S]*?)\]\]>/y);
      if (cdata !== null) {
        text += cdata[1] ?? '';
        continue;
      }
      if (this.#match(/<!--[\s\S]*?-->/y) !== null) continue;
      children.push(this.#element(depth + 1));
    }
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found !== null) this.#at = pattern.lastIndex;
    return found;
  }
}

function decodeReferences(text: string): string {
  return text.replace(/&([^;&]*)(;?)/g, (_whole, name: string, end: string) => {
    if (end === '') throw new S3Error('MalformedXML');
    const named = NAMED[name];
    if (named !== undefined) return named;
    const numeric = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(name);
    const code = numeric === null ? Number.NaN : Number.parseInt(numeric[1] ?? numeric[2] ?? '', numeric[1] ? 16 : 10);
    if (!(code <= 0x10ffff)) throw new S3Error('MalformedXML');
    return String.fromCodePoint(code);
  });
}
