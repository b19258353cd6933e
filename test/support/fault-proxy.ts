import { createServer, connect as netConnect, type Socket } from 'node:net';
import type { Answer, Fault, FaultPlan, SeenRequest } from './fault.ts';
import {
  type BodyPart,
  ByteSource,
  headBytes,
  type MessageHead,
  readBody,
  readHead,
  requestFraming,
  responseFraming,
  statusOf,
  withHeaders,
} from './http-message.ts';

export interface ProxyCounters {
  requests: number;
  /** Requests whose answer got a fault. */
  faults: number;
  /** Content bytes of answers handed to clients. */
  bytesToClient: number;
  /** Content bytes of requests handed to the upstream. */
  bytesToUpstream: number;
}

export interface FaultProxy {
  /** Where clients connect: http://127.0.0.1:PORT. */
  readonly url: string;
  readonly counters: Readonly<ProxyCounters>;
  /** Replaces the plan for requests that arrive from now on. */
  plan(plan: FaultPlan): void;
  /** Breaks every open connection; new ones are served. */
  dropConnections(): void;
  /** Ends everything, stalled answers too. */
  close(): Promise<void>;
}

interface Upstream {
  readonly socket: Socket;
  readonly source: ByteSource;
}

/** Ends the service of one connection; the fault has already been done to it. */
class ConnectionOver extends Error {}

/**
 * A TCP proxy on 127.0.0.1 that understands HTTP/1.1 well enough to break answers on purpose. Everything else passes byte for byte: the Host
 * header stays what the client sent and signed, so that SigV4 still verifies. Each client connection has one upstream connection of its own;
 * when the upstream closes one, its client sees that too.
 */
export async function startFaultProxy(upstreamUrl: string, plan: FaultPlan = () => null): Promise<FaultProxy> {
  const upstream = new URL(upstreamUrl);
  if (upstream.protocol !== 'http:') throw new Error(`fault-proxy: only http upstreams, not ${upstreamUrl}`);
  const address = { host: upstream.hostname.replace(/^\[|\]$/g, ''), port: Number(upstream.port || 80) };
  const counters: ProxyCounters = { requests: 0, faults: 0, bytesToClient: 0, bytesToUpstream: 0 };
  const seenTargets = new Map<string, number>();
  const clients = new Set<Socket>();
  let currentPlan = plan;

  const see = (head: MessageHead): { request: SeenRequest; fault: Fault | null } => {
    const [method = '', path = ''] = head.lines[0]?.split(' ') ?? [];
    const target = `${method} ${path}`;
    const nthOfTarget = (seenTargets.get(target) ?? 0) + 1;
    seenTargets.set(target, nthOfTarget);
    counters.requests += 1;
    const request = { method, path, headers: head.headers, nth: counters.requests, nthOfTarget };
    const fault = currentPlan(request);
    if (fault !== null) counters.faults += 1;
    return { request, fault };
  };

  const server = createServer({ noDelay: true }, (client) => {
    clients.add(client);
    client.on('error', () => {}); // a client that gives up is no error of the proxy; 'close' follows
    client.on('close', () => clients.delete(client));
    void serveConnection(client);
  });

  async function serveConnection(client: Socket): Promise<void> {
    const source = new ByteSource(client);
    let open: Upstream | null = null;
    let idle = true; // during an exchange the one who reads the upstream finds out that it closed
    client.on('close', () => open?.socket.destroy());
    try {
      for (let head = await readHead(source); head !== null; head = await readHead(source)) {
        const { request, fault } = see(head);
        idle = false;
        if (fault?.replaceBy !== undefined) {
          await replaceAnswer(client, source, head, fault, fault.replaceBy);
          idle = true;
          continue;
        }
        if (open === null) {
          const fresh = await openUpstream(address);
          open = fresh;
          fresh.socket.on('close', () => {
            if (idle && open === fresh) client.destroySoon();
          });
        }
        const { socket } = open;
        const [, reusable] = await Promise.all([
          forwardRequest(source, socket, head, counters),
          forwardAnswer(open, client, request, fault, counters),
        ]);
        if (!reusable) {
          open = null;
          socket.destroy();
        } else if (socket.destroyed) break;
        idle = true;
      }
      client.end();
    } catch {
      // Whatever broke one side breaks the other: that is what a direct connection would have looked like.
      client.destroySoon();
    } finally {
      open?.socket.destroy();
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('fault-proxy: no port');

  return {
    url: `http://127.0.0.1:${bound.port}`,
    counters,
    plan: (next) => {
      currentPlan = next;
    },
    dropConnections: () => {
      for (const client of clients) client.resetAndDestroy();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const client of clients) client.destroy();
      }),
  };
}

async function openUpstream(address: { host: string; port: number }): Promise<Upstream> {
  const socket = netConnect({ ...address, noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => {}); // the reader of this socket gets the error as well
  return { socket, source: new ByteSource(socket) };
}

async function forwardRequest(from: ByteSource, to: Socket, head: MessageHead, counters: ProxyCounters): Promise<void> {
  await send(to, headBytes(head));
  for await (const part of readBody(from, requestFraming(head))) {
    if (part.payload) counters.bytesToUpstream += part.bytes.length;
    await send(to, part.bytes);
  }
}

/** False when the upstream connection cannot carry another request. */
async function forwardAnswer(
  upstream: Upstream,
  client: Socket,
  request: SeenRequest,
  fault: Fault | null,
  counters: ProxyCounters,
): Promise<boolean> {
  const received = await readAnswerHead(upstream.source, client);
  if (fault?.delayMs !== undefined) await pause(client, fault.delayMs);
  if (fault?.cut?.at === 'before-head') breakConnection(client, fault.cut.how);
  const framing = responseFraming(received, request.method);
  const head = withHeaders(received, fault?.setHeaders ?? {});
  const body = readBody(upstream.source, framing);

  const hasBody = framing.kind !== 'length' || framing.length > 0;
  if (fault !== null && hasBody && (fault.rewriteBody !== undefined || fault.truncateTo !== undefined)) {
    const whole = reshape(await collect(body, fault.truncateTo), fault);
    await send(
      client,
      headBytes(withHeaders(head, { 'Transfer-Encoding': null, 'Content-Length': String(whole.length) })),
    );
    await sendBody(client, [{ bytes: whole, payload: true }], fault, counters);
    return fault.truncateTo === undefined && framing.kind !== 'until-close';
  }
  await send(client, headBytes(head));
  await sendBody(client, body, fault, counters);
  if (framing.kind === 'until-close') throw new ConnectionOver();
  return true;
}

/** Passes interim answers (100 Continue) on and returns the head of the final one. */
async function readAnswerHead(source: ByteSource, client: Socket): Promise<MessageHead> {
  for (;;) {
    const head = await readHead(source);
    if (head === null) throw new ConnectionOver();
    if (statusOf(head) >= 200) return head;
    await send(client, headBytes(head));
  }
}

async function sendBody(
  client: Socket,
  body: AsyncIterable<BodyPart> | Iterable<BodyPart>,
  fault: Fault | null,
  counters: ProxyCounters,
): Promise<void> {
  const cutAt = typeof fault?.cut?.at === 'number' ? fault.cut.at : Number.POSITIVE_INFINITY;
  const stopAt = Math.min(cutAt, fault?.stallAt ?? Number.POSITIVE_INFINITY);
  let sent = 0;
  const stopHere = async (): Promise<void> => {
    if (fault?.cut !== undefined && cutAt <= stopAt) breakConnection(client, fault.cut.how);
    await closed(client);
    throw new ConnectionOver();
  };
  for await (const part of body) {
    if (!part.payload) {
      await send(client, part.bytes);
      continue;
    }
    const bytes = flip(part.bytes, sent, fault?.flipByteAt).subarray(0, Math.max(0, stopAt - sent));
    await sendThrottled(client, bytes, fault?.bytesPerSecond);
    sent += bytes.length;
    counters.bytesToClient += bytes.length;
    if (bytes.length < part.bytes.length) await stopHere();
  }
}

async function sendThrottled(client: Socket, bytes: Buffer, bytesPerSecond: number | undefined): Promise<void> {
  if (bytesPerSecond === undefined) return send(client, bytes);
  const step = Math.max(1, Math.floor(bytesPerSecond / 20));
  for (let from = 0; from < bytes.length; from += step) {
    const slice = bytes.subarray(from, from + step);
    await pause(client, (slice.length / bytesPerSecond) * 1000);
    await send(client, slice);
  }
}

async function replaceAnswer(
  client: Socket,
  source: ByteSource,
  head: MessageHead,
  fault: Fault,
  answer: Answer,
): Promise<void> {
  // Who asks "may I send the body?" and hears no will perhaps not send it: the connection cannot be read on.
  const bodyMayCome = head.headers.expect === undefined;
  if (bodyMayCome) for await (const _ of readBody(source, requestFraming(head)));
  if (fault.delayMs !== undefined) await pause(client, fault.delayMs);
  const isHead = head.lines[0]?.startsWith('HEAD ') === true;
  const headers = { ...answer.headers, ...fault.setHeaders, 'Content-Length': String(Buffer.byteLength(answer.body)) };
  const lines = [
    `HTTP/1.1 ${answer.status} Fault`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  if (!bodyMayCome) lines.push('Connection: close');
  await send(client, Buffer.from(`${lines.join('\r\n')}\r\n\r\n${isHead ? '' : answer.body}`));
  if (!bodyMayCome) throw new ConnectionOver();
}

function reshape(body: Buffer, fault: Fault): Buffer {
  const rewritten = fault.rewriteBody === undefined ? body : Buffer.from(fault.rewriteBody(body.toString('utf8')));
  return rewritten.subarray(0, fault.truncateTo ?? rewritten.length);
}

/** Enough of the body; a truncated one of many GiB is not read to its end. */
async function collect(body: AsyncIterable<BodyPart>, atLeast: number | undefined): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    if (!part.payload) continue;
    parts.push(part.bytes);
    size += part.bytes.length;
    if (atLeast !== undefined && size >= atLeast) break;
  }
  return Buffer.concat(parts);
}

function flip(bytes: Buffer, offset: number, at: number | undefined): Buffer {
  const index = at === undefined ? -1 : at - offset;
  const byte = bytes[index];
  if (byte === undefined) return bytes;
  const copy = Buffer.from(bytes);
  copy[index] = byte ^ 0xff;
  return copy;
}

function breakConnection(client: Socket, how: 'rst' | 'fin'): never {
  if (how === 'rst') client.resetAndDestroy();
  else client.destroySoon();
  throw new ConnectionOver();
}

/** Resolves when the kernel took the bytes; rejects when the connection is gone, so that nobody waits for a dead peer. */
function send(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.once('close', () => resolve());
  });
}

/** Ends early when the connection does, so that a closed proxy holds no process. */
function pause(socket: Socket, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      socket.off('close', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    socket.once('close', end);
  });
}
