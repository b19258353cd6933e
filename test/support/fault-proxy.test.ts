import { createHash } from 'node:crypto';
import { Agent, createServer, type IncomingHttpHeaders, type RequestListener, request } from 'node:http';
import t, { type Test } from 'tap';
import { type FaultPlan, s3Error, shortenListing } from './fault.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';

const BODY = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));

interface Received {
  readonly status: number | null;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** System error code when the answer broke off, 'ok' when it was complete. */
  readonly end: string;
  readonly localPort: number | undefined;
}

interface Sending {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer;
  readonly agent?: Agent;
  /** Give up when nothing has come for so long. */
  readonly idleMs?: number;
}

function ask(url: string, sending: Sending = {}): Promise<Received> {
  const { method = 'GET', headers = {}, body, agent, idleMs = 2000 } = sending;
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let seen: { status: number | null; headers: IncomingHttpHeaders } = { status: null, headers: {} };
    let localPort: number | undefined;
    const finish = (end: string): void => resolve({ ...seen, body: Buffer.concat(parts), end, localPort });
    const outgoing = request(url, { method, headers, ...(agent === undefined ? {} : { agent }) }, (answer) => {
      seen = { status: answer.statusCode ?? null, headers: answer.headers };
      localPort = answer.socket.localPort;
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
      answer.on('end', () => finish('ok'));
    });
    outgoing.setTimeout(idleMs, () => {
      finish('idle');
      outgoing.destroy();
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
    if (headers.expect === undefined) outgoing.end(body);
    else outgoing.on('continue', () => outgoing.end(body));
  });
}

async function serve(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

async function proxyTo(t: Test, listener: RequestListener, plan?: FaultPlan): Promise<FaultProxy> {
  const proxy = await startFaultProxy(await serve(t, listener), plan);
  t.teardown(() => proxy.close());
  return proxy;
}

const giveBody: RequestListener = (incoming, answer) => {
  incoming.resume();
  answer.writeHead(200, { 'Content-Length': BODY.length, ETag: '"right"' });
  answer.end(incoming.method === 'HEAD' ? undefined : BODY);
};

t.test('passes everything untouched, on one connection', async (t) => {
  const hosts = new Set<string | undefined>();
  const proxy = await proxyTo(t, (incoming, answer) => {
    hosts.add(incoming.headers.host);
    giveBody(incoming, answer);
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  const ports = new Set<number | undefined>();
  for (const method of ['GET', 'HEAD', 'GET']) {
    const got = await ask(`${proxy.url}/a?b=c%20d`, { method, agent });
    ports.add(got.localPort);
    t.equal(got.end, 'ok');
    t.equal(got.headers.etag, '"right"');
    t.ok(method === 'HEAD' ? got.body.length === 0 : got.body.equals(BODY), `${method} body`);
  }
  t.equal(ports.size, 1, 'one connection of the client carried all three');
  t.same([...hosts], [new URL(proxy.url).host], 'the Host header stays as the client sent it');
  t.same(proxy.counters, { requests: 3, faults: 0, bytesToClient: 2 * BODY.length, bytesToUpstream: 0 });
});

t.test('passes uploads: with a length, chunked, after 100 Continue; and chunked answers', async (t) => {
  const proxy = await proxyTo(t, (incoming, answer) => {
    const hash = createHash('sha256');
    incoming.on('data', (part: Buffer) => hash.update(part));
    incoming.on('end', () => {
      answer.write('part ');
      answer.end(hash.digest('hex'));
    });
  });
  const expected = `part ${createHash('sha256').update(BODY).digest('hex')}`;
  const length = String(BODY.length);
  for (const headers of [
    { 'content-length': length },
    { 'transfer-encoding': 'chunked' },
    { expect: '100-continue', 'content-length': length },
  ]) {
    const got = await ask(proxy.url, { method: 'PUT', headers, body: BODY });
    t.equal(got.headers['transfer-encoding'], 'chunked');
    t.equal(got.body.toString(), expected, JSON.stringify(headers));
  }
  t.equal(proxy.counters.bytesToUpstream, 3 * BODY.length);
});

t.test('an answer that lasts until the connection closes', async (t) => {
  const proxy = await proxyTo(t, (_incoming, answer) => {
    answer.useChunkedEncodingByDefault = false;
    answer.removeHeader('transfer-encoding');
    answer.writeHead(200, { Connection: 'close' });
    answer.end(BODY);
  });
  const got = await ask(proxy.url);
  t.equal(got.headers['content-length'], undefined);
  t.equal(got.headers['transfer-encoding'], undefined);
  t.ok(got.body.equals(BODY));
});

t.test('the plan sees method, path, headers and which request this is', async (t) => {
  const seen: unknown[] = [];
  const proxy = await proxyTo(t, giveBody, ({ method, path, headers, nth, nthOfTarget }) => {
    seen.push([method, path, headers['x-test'], nth, nthOfTarget]);
    return null;
  });
  await ask(`${proxy.url}/a?x=1`, { headers: { 'X-Test': 'one' } });
  await ask(`${proxy.url}/b`, { method: 'HEAD' });
  await ask(`${proxy.url}/a?x=1`);
  t.same(seen, [
    ['GET', '/a?x=1', 'one', 1, 1],
    ['HEAD', '/b', undefined, 2, 1],
    ['GET', '/a?x=1', undefined, 3, 2],
  ]);
});

t.test('cuts', async (t) => {
  for (const how of ['rst', 'fin'] as const) {
    const proxy = await proxyTo(t, giveBody, () => ({ cut: { at: 70_000, how } }));
    const got = await ask(proxy.url);
    t.equal(got.headers['content-length'], String(BODY.length), 'the promise stays');
    t.equal(got.end, 'ECONNRESET', how);
    t.ok(got.body.equals(BODY.subarray(0, 70_000)), `${how}: exactly the bytes before the cut`);
    t.equal(proxy.counters.bytesToClient, 70_000);
    proxy.plan(() => ({ cut: { at: BODY.length, how } }));
    t.equal((await ask(proxy.url)).end, 'ok', 'a cut behind the end does not happen');
    proxy.plan(() => ({ cut: { at: 'before-head', how } }));
    const nothing = await ask(proxy.url);
    t.match(nothing, { status: null, end: 'ECONNRESET' });
    t.equal(proxy.counters.faults, 3);
  }
});

t.test('stalls until the client gives up; close() ends a stalled answer', async (t) => {
  const proxy = await proxyTo(t, giveBody, () => ({ stallAt: 1000 }));
  const got = await ask(proxy.url, { idleMs: 150 });
  t.equal(got.end, 'idle');
  t.ok(got.body.equals(BODY.subarray(0, 1000)));
  const hanging = ask(proxy.url, { idleMs: 10_000 });
  while (proxy.counters.bytesToClient < 2000) await new Promise(setImmediate);
  await proxy.close();
  t.equal((await hanging).end, 'ECONNRESET');
});

t.test('truncates so that it looks complete, and the connection goes on', async (t) => {
  const proxy = await proxyTo(t, giveBody, ({ nth }) => (nth === 1 ? { truncateTo: 99_999 } : null));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  const first = await ask(proxy.url, { agent });
  t.equal(first.end, 'ok');
  t.equal(first.headers['content-length'], '99999');
  t.ok(first.body.equals(BODY.subarray(0, 99_999)));
  const second = await ask(proxy.url, { agent });
  t.ok(second.body.equals(BODY));
  t.equal(second.localPort, first.localPort);
});

t.test('flips one byte, wherever it falls', async (t) => {
  for (const at of [0, 65_536, BODY.length - 1]) {
    const proxy = await proxyTo(t, giveBody, () => ({ flipByteAt: at }));
    const { body } = await ask(proxy.url);
    const differing = [...BODY.keys()].filter((index) => body[index] !== BODY[index]);
    t.same(differing, [at]);
    t.equal(body.length, BODY.length);
  }
});

t.test('offsets count content, not the framing of chunks', async (t) => {
  const proxy = await proxyTo(t, (_incoming, answer) => {
    for (const word of ['abc', 'def', 'ghi']) answer.write(word);
    answer.end();
  });
  proxy.plan(() => ({ flipByteAt: 4 }));
  t.equal((await ask(proxy.url)).body.toString('latin1'), `abcd${String.fromCharCode(0x65 ^ 0xff)}fghi`);
  proxy.plan(() => ({ cut: { at: 5, how: 'fin' } }));
  t.equal((await ask(proxy.url)).end, 'ECONNRESET');
});

t.test('replaces the answer; the upstream never hears of the request', async (t) => {
  let reached = 0;
  const proxy = await proxyTo(
    t,
    (incoming, answer) => {
      reached += 1;
      giveBody(incoming, answer);
    },
    ({ nth }) => (nth <= 3 ? { replaceBy: s3Error(503, 'SlowDown', { retryAfterS: 7 }) } : null),
  );
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  const busy = await ask(proxy.url, { agent });
  t.match(busy, { status: 503, headers: { 'retry-after': '7', 'content-type': 'application/xml' }, end: 'ok' });
  t.match(busy.body.toString(), /<Error><Code>SlowDown<\/Code>/);
  const put = await ask(proxy.url, { agent, method: 'PUT', body: BODY });
  t.equal(put.status, 503);
  const doubtful = await ask(proxy.url, { method: 'PUT', headers: { expect: '100-continue' }, body: BODY });
  t.equal(doubtful.status, 503);
  t.equal(reached, 0);
  t.ok((await ask(proxy.url, { agent })).body.equals(BODY), 'the same connection serves on');
});

t.test('alters headers of the answer', async (t) => {
  const proxy = await proxyTo(t, giveBody, () => ({ setHeaders: { etag: '"wrong"', 'X-New': '1', Date: null } }));
  const got = await ask(proxy.url);
  t.match(got, { headers: { etag: '"wrong"', 'x-new': '1' }, end: 'ok' });
  t.notOk('date' in got.headers);
  t.ok(got.body.equals(BODY));
});

t.test('delays and throttles', async (t) => {
  const proxy = await proxyTo(t, giveBody);
  const timed = async (): Promise<number> => {
    const from = performance.now();
    t.ok((await ask(proxy.url)).body.equals(BODY));
    return performance.now() - from;
  };
  proxy.plan(() => ({ delayMs: 150 }));
  t.ok((await timed()) >= 145, 'delayed');
  proxy.plan(() => ({ bytesPerSecond: 1_000_000 }));
  t.ok((await timed()) >= 180, 'throttled: 200 kB at 1 MB/s');
});

const LISTING = (chunked: boolean): RequestListener => {
  const entries = ['a', 'b&amp;c', 'd'].map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`).join('');
  const body = `<ListBucketResult><Name>vault</Name><KeyCount>3</KeyCount><IsTruncated>true</IsTruncated><NextContinuationToken>t/1=</NextContinuationToken>${entries}</ListBucketResult>`;
  return (_incoming, answer) => {
    if (!chunked) answer.setHeader('Content-Length', Buffer.byteLength(body));
    answer.write(body.slice(0, 20));
    answer.end(body.slice(20));
  };
};

t.test('shortens and empties a listing', async (t) => {
  for (const chunked of [false, true]) {
    const proxy = await proxyTo(t, LISTING(chunked), () => ({ rewriteBody: shortenListing(1) }));
    const short = await ask(proxy.url);
    t.equal(
      short.body.toString(),
      '<ListBucketResult><Name>vault</Name><KeyCount>1</KeyCount><IsTruncated>false</IsTruncated><Contents><Key>a</Key><Size>1</Size></Contents></ListBucketResult>',
    );
    t.equal(short.headers['content-length'], String(short.body.length));
    t.equal(short.headers['transfer-encoding'], undefined);
    proxy.plan(() => ({ rewriteBody: shortenListing(0) }));
    const empty = await ask(proxy.url);
    t.match(empty.body.toString(), /<KeyCount>0<\/KeyCount><IsTruncated>false<\/IsTruncated><\/ListBucketResult>$/);
  }
});

t.test('a listing of versions loses its markers too', async (t) => {
  const listing =
    '<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker><NextVersionIdMarker>v</NextVersionIdMarker>' +
    '<Version><Key>a</Key></Version><DeleteMarker><Key>b</Key></DeleteMarker></ListVersionsResult>';
  t.equal(
    shortenListing(1)(listing),
    '<ListVersionsResult><IsTruncated>false</IsTruncated><Version><Key>a</Key></Version></ListVersionsResult>',
  );
});

t.test('a break of either side is seen by the other', async (t) => {
  let upstreamClosed: () => void = () => {};
  const closed = new Promise<void>((resolve) => {
    upstreamClosed = resolve;
  });
  const proxy = await proxyTo(t, (incoming, answer) => {
    answer.on('close', upstreamClosed);
    answer.writeHead(200, { 'Content-Length': 100 });
    answer.write('half', () => {
      if (incoming.url === '/break') answer.destroy();
    });
  });
  t.match(await ask(`${proxy.url}/break`), { status: 200, end: 'ECONNRESET' });
  t.equal((await ask(`${proxy.url}/hang`, { idleMs: 100 })).end, 'idle');
  await closed;
  t.pass('the upstream noticed that the client left');
  const nobody = await startFaultProxy('http://127.0.0.1:1');
  t.teardown(() => nobody.close());
  t.match(await ask(nobody.url), { status: null, end: 'ECONNRESET' });
});

t.test('drops open connections on demand and serves new ones', async (t) => {
  const proxy = await proxyTo(t, giveBody, ({ nth }) => (nth === 1 ? { stallAt: 10 } : null));
  const hanging = ask(proxy.url);
  while (proxy.counters.bytesToClient < 10) await new Promise(setImmediate);
  proxy.dropConnections();
  t.equal((await hanging).end, 'ECONNRESET');
  t.equal((await ask(proxy.url)).end, 'ok');
});

t.test('512 MiB pass, streamed', async (t) => {
  const size = 512 * 1024 ** 2;
  const block = Buffer.alloc(1024 * 1024, 7);
  const proxy = await proxyTo(t, (_incoming, answer) => {
    answer.writeHead(200, { 'Content-Length': size });
    let left = size / block.length;
    const push = (): void => {
      while (left > 0) {
        left -= 1;
        if (!answer.write(block)) {
          answer.once('drain', push);
          return;
        }
      }
      answer.end();
    };
    push();
  });
  const rssBefore = process.memoryUsage().rss;
  const from = performance.now();
  const received = await new Promise<number>((resolve, reject) => {
    let bytes = 0;
    request(proxy.url, (answer) => {
      answer.on('data', (part: Buffer) => {
        bytes += part.length;
      });
      answer.on('end', () => resolve(bytes));
      answer.on('error', reject);
    }).end();
  });
  t.equal(received, size);
  t.equal(proxy.counters.bytesToClient, size);
  t.ok(process.memoryUsage().rss - rssBefore < 300 * 1024 * 1024, 'not collected in memory');
  t.comment(`512 MiB in ${Math.round(performance.now() - from)} ms`);
});
