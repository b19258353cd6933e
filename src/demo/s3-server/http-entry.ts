import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../core/clock.ts';
import { type Answer, type Authorize, Call } from './call.ts';
import type { Counters } from './counters.ts';
import { decodeUriBytes, type KeyBytes, requireKeyLength } from './key-bytes.ts';
import { newId, type ObjectStore } from './object-store.ts';
import { RequestBody } from './request-body.ts';
import { routeOperation } from './route.ts';
import { S3Error } from './s3-error.ts';
import { type S3User, verifySignature } from './sigv4.ts';
import { escapeXml } from './xml.ts';

export interface HttpEntryOptions {
  readonly store: ObjectStore;
  readonly users: readonly S3User[];
  readonly clock: Clock;
  readonly region: string;
  readonly authorize: Authorize;
  readonly counters: Counters;
  readonly countersPath: string | null;
  readonly bytesPerSecond: number;
}

/** Resolves when the line has carried so many bytes more. */
type Line = (bytes: number) => Promise<void>;

/** Turns HTTP requests into calls and answers into HTTP. Path-style addressing only: `/bucket/key`. */
export function createHttpEntry(options: HttpEntryOptions) {
  const line = createLine(options);
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url === options.countersPath) {
      response.setHeader('Content-Type', 'application/json');
      return void response.end(JSON.stringify(options.counters));
    }
    const requestId = newId();
    response.sendDate = false;
    response.setHeader('Date', new Date(options.clock.now()).toUTCString());
    response.setHeader('Server', 'pullmirror-demo');
    response.setHeader('x-amz-request-id', requestId);
    // A client that goes away is not this server's trouble: the pump sees `destroyed`.
    response.on('error', () => undefined);
    try {
      const answer = await answerRequest(options, request);
      await send(options, line, request, response, answer);
    } catch (error) {
      if (response.headersSent || response.destroyed || request.errored) return void response.destroy();
      const known = error instanceof S3Error ? error : new S3Error('InternalError', { message: String(error) });
      sendError(request, response, known, requestId);
    }
    // What the operation did not read is read and forgotten, so that the client can send it and see the answer.
    request.resume();
  };
}

async function answerRequest(options: HttpEntryOptions, request: IncomingMessage): Promise<Answer> {
  const { counters, store } = options;
  counters.requests += 1;
  const method = request.method ?? '';
  const target = request.url ?? '/';
  const mark = target.indexOf('?');
  const rawPath = mark === -1 ? target : target.slice(0, mark);
  const query = parseQuery(mark === -1 ? '' : target.slice(mark + 1));
  const headers = joinHeaders(request.rawHeaders);
  const { bucketName, key } = parsePath(rawPath);
  const on = bucketName === '' ? 'service' : key === '' ? 'bucket' : 'object';
  const byName = new Map(query);

  const verified = verifySignature(
    { method, rawPath, query, headers },
    options.users,
    options.region,
    options.clock.now(),
  );
  if (byName.size !== query.length) throw new S3Error('InvalidArgument', { message: 'A query parameter is repeated.' });
  const operation = routeOperation(method, on, byName, headers);
  counters.count(operation.name);
  requireKeyLength(key);
  const call = new Call({
    method,
    bucketName,
    key,
    query: byName,
    headers,
    user: verified.user,
    body: new RequestBody({ request, headers, verified, blobs: store.blobs }),
    store,
    clock: options.clock,
    region: options.region,
    authorize: options.authorize,
  });
  return operation.run(call);
}

async function send(
  options: HttpEntryOptions,
  line: Line,
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
): Promise<void> {
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  response.statusCode = answer.status;
  if (answer.xml !== undefined) {
    const body = Buffer.from(answer.xml);
    response.setHeader('Content-Type', 'application/xml');
    response.setHeader('Content-Length', body.byteLength);
    response.end(body);
    return;
  }
  if (answer.object === undefined || request.method === 'HEAD') {
    if (answer.object === undefined && answer.status === 200) response.setHeader('Content-Length', 0);
    response.end();
    return;
  }
  const { content, start, end } = answer.object;
  const { blobs } = options.store;
  blobs.retain(content);
  try {
    await pump(response, content.read(start, end), line, options.counters);
  } finally {
    blobs.release(content);
  }
}

/** Writes a body no faster than the line carries and the client takes it, and counts what went out. */
async function pump(
  response: ServerResponse,
  chunks: AsyncIterable<Uint8Array>,
  line: Line,
  counters: Counters,
): Promise<void> {
  for await (const chunk of chunks) {
    await line(chunk.byteLength);
    const goesOn = response.write(chunk, (error) => {
      if (error === null || error === undefined) counters.bytesServed += chunk.byteLength;
    });
    if (!goesOn && !response.destroyed) await drained(response);
    if (response.destroyed) return;
  }
  response.end();
}

function createLine({ bytesPerSecond, clock }: HttpEntryOptions): Line {
  // One chunk after the other, and nothing saved up while it was idle: as a line is.
  let freeAtMs = 0;
  return async (bytes) => {
    const nowMs = clock.now();
    freeAtMs = Math.max(freeAtMs, nowMs) + (bytes / bytesPerSecond) * 1000;
    if (freeAtMs > nowMs) await clock.sleep(freeAtMs - nowMs);
  };
}

/** Resolves when the response takes more, or never will. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}

function sendError(request: IncomingMessage, response: ServerResponse, error: S3Error, requestId: string): void {
  response.statusCode = error.status;
  for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value);
  if (request.method === 'HEAD') return void response.end();
  const body = Buffer.from(errorDocument(error, request.url ?? '', requestId));
  response.setHeader('Content-Type', 'application/xml');
  response.setHeader('Content-Length', body.byteLength);
  response.end(body);
}

function errorDocument(error: S3Error, target: string, requestId: string): string {
  const details = Object.entries(error.details).map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`);
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${error.code}</Code>` +
    `<Message>${escapeXml(error.message)}</Message>${details.join('')}` +
    `<Resource>${escapeXml(target.split('?')[0] ?? '')}</Resource><RequestId>${requestId}</RequestId></Error>`
  );
}

function parsePath(rawPath: string): { bucketName: string; key: KeyBytes } {
  if (!rawPath.startsWith('/')) throw new S3Error('InvalidURI');
  const slash = rawPath.indexOf('/', 1);
  const bucketName = decodeUriBytes(slash === -1 ? rawPath.slice(1) : rawPath.slice(1, slash), false);
  const key = slash === -1 ? '' : decodeUriBytes(rawPath.slice(slash + 1), false);
  if (bucketName === null || key === null) throw new S3Error('InvalidURI');
  return { bucketName, key };
}

function parseQuery(raw: string): [KeyBytes, KeyBytes][] {
  return raw
    .split('&')
    .filter((field) => field !== '')
    .map((field) => {
      const equals = field.indexOf('=');
      const name = decodeUriBytes(equals === -1 ? field : field.slice(0, equals), true);
      const value = decodeUriBytes(equals === -1 ? '' : field.slice(equals + 1), true);
      if (name === null || value === null) throw new S3Error('InvalidURI');
      return [name, value];
    });
}

function joinHeaders(raw: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase();
    const value = raw[at + 1] ?? '';
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return headers;
}
