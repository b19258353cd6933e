import type { Socket } from 'node:net';

/** The head of a request or an answer: its raw lines, and its headers by lower-case name (repeated ones joined by a comma). */
export interface MessageHead {
  /** Start line and header lines without line ends, as they arrived. */
  readonly lines: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
}

/** How many bytes of body follow a head. `until-close` exists for answers only. */
export type Framing =
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' | 'until-close' };

/** A piece of a body: `payload` is content, the rest is the chunk sizes and line ends of a chunked body. */
export interface BodyPart {
  readonly bytes: Buffer;
  readonly payload: boolean;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');
const MAX_HEAD_BYTES = 256 * 1024;

/** Reads a socket piece by piece with backpressure; what was read too far can be put back. */
export class ByteSource {
  readonly #chunks: AsyncIterator<Buffer>;
  #pending: Buffer | null = null;

  constructor(socket: Socket) {
    this.#chunks = socket.iterator({ destroyOnReturn: false });
  }

  /** The next bytes, or null at the end. Throws the socket's error. */
  async read(): Promise<Buffer | null> {
    const pending = this.#pending;
    if (pending !== null) {
      this.#pending = null;
      return pending;
    }
    const next = await this.#chunks.next();
    return next.done === true ? null : next.value;
  }

  unread(bytes: Buffer): void {
    if (bytes.length > 0) this.#pending = this.#pending === null ? bytes : Buffer.concat([bytes, this.#pending]);
  }

  /** Everything up to and including `mark`; null at the end of the stream, also when it ends before the mark. */
  async readThrough(mark: Buffer): Promise<Buffer | null> {
    let seen = Buffer.alloc(0);
    for (;;) {
      const chunk = await this.read();
      if (chunk === null) return null;
      seen = Buffer.concat([seen, chunk]);
      const at = seen.indexOf(mark);
      if (at >= 0) {
        this.unread(seen.subarray(at + mark.length));
        return seen.subarray(0, at + mark.length);
      }
      if (seen.length > MAX_HEAD_BYTES) throw new Error('http-message: a head of more than 256 KiB');
    }
  }
}

/** The next head, or null when the other side ended the connection instead. */
export async function readHead(source: ByteSource): Promise<MessageHead | null> {
  const raw = await source.readThrough(HEAD_END);
  if (raw === null) return null;
  const lines = raw.subarray(0, -HEAD_END.length).toString('latin1').split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return { lines, headers };
}

/** The bytes of a head. For one that was not altered they are the bytes that were read. */
export function headBytes(head: MessageHead): Buffer {
  return Buffer.from(`${head.lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/** The same head with headers replaced, added, or (null) taken out. */
export function withHeaders(head: MessageHead, changes: Readonly<Record<string, string | null>>): MessageHead {
  const names = new Set(Object.keys(changes).map((name) => name.toLowerCase()));
  const lines = head.lines.filter((line, index) => index === 0 || !names.has(headerName(line)));
  const headers = Object.fromEntries(Object.entries(head.headers).filter(([name]) => !names.has(name)));
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) continue;
    lines.push(`${name}: ${value}`);
    headers[name.toLowerCase()] = value;
  }
  return { lines, headers };
}

/** RFC 9112, section 6.3, for requests. */
export function requestFraming(head: MessageHead): Framing {
  return declaredFraming(head) ?? { kind: 'length', length: 0 };
}

/** RFC 9112, section 6.3, for an answer to a request with `method`. */
export function responseFraming(head: MessageHead, method: string): Framing {
  const status = statusOf(head);
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return { kind: 'length', length: 0 };
  return declaredFraming(head) ?? { kind: 'until-close' };
}

export function statusOf(head: MessageHead): number {
  return Number(head.lines[0]?.split(' ')[1]);
}

/** The body that follows a head, piece by piece. Throws if the connection ends before the body does. */
export async function* readBody(source: ByteSource, framing: Framing): AsyncGenerator<BodyPart> {
  if (framing.kind === 'length') {
    yield* readExactly(source, framing.length);
  } else if (framing.kind === 'until-close') {
    for (let bytes = await source.read(); bytes !== null; bytes = await source.read()) yield { bytes, payload: true };
  } else {
    yield* readChunks(source);
  }
}

async function* readExactly(source: ByteSource, length: number): AsyncGenerator<BodyPart> {
  for (let left = length; left > 0; ) {
    const chunk = await source.read();
    if (chunk === null) throw new Error(`http-message: connection ended ${left} bytes before the end of the body`);
    const bytes = chunk.subarray(0, left);
    source.unread(chunk.subarray(bytes.length));
    left -= bytes.length;
    yield { bytes, payload: true };
  }
}

async function* readChunks(source: ByteSource): AsyncGenerator<BodyPart> {
  for (;;) {
    const sizeLine = await readLine(source);
    yield { bytes: sizeLine, payload: false };
    const size = Number.parseInt(sizeLine.toString('latin1'), 16);
    if (size === 0) break;
    yield* readExactly(source, size);
    yield { bytes: await readLine(source), payload: false };
  }
  for (let trailer: Buffer; ; ) {
    trailer = await readLine(source);
    yield { bytes: trailer, payload: false };
    if (trailer.length === LINE_END.length) return;
  }
}

async function readLine(source: ByteSource): Promise<Buffer> {
  const line = await source.readThrough(LINE_END);
  if (line === null) throw new Error('http-message: connection ended inside a chunked body');
  return line;
}

function declaredFraming(head: MessageHead): Framing | null {
  if (/\bchunked$/i.test(head.headers['transfer-encoding'] ?? '')) return { kind: 'chunked' };
  const length = head.headers['content-length'];
  return length === undefined ? null : { kind: 'length', length: Number(length) };
}

function headerName(line: string): string {
  return line.slice(0, line.indexOf(':')).toLowerCase();
}
