import type { IncomingMessage, ServerResponse } from 'node:http';
import t from 'tap';
import { freeChunks } from '../../src/vault/free-chunks.ts';
import type { ByteRange, ObjectBody } from '../../src/vault/vault-reader.ts';
import { object, signal, startWireServer } from './wire-server.ts';

const TEN = '0123456789';

async function textOf(body: ObjectBody): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const batch of body.batches) chunks.push(...batch);
  return Buffer.concat(chunks).toString();
}

/** Answers as S3 would, then lets the test spoil it. */
function honest(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('etag', '"abc"');
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  if (first === undefined) {
    // Without it Node's client does not use the connection again after a HEAD.
    response.setHeader('content-length', 10);
    response.end(TEN);
    return;
  }
  response.statusCode = 206;
  response.setHeader('content-range', `bytes ${first}-${last}/10`);
  response.end(TEN.slice(Number(first), Number(last) + 1));
}

t.test('a whole object by If-Match, a version by its id, a range', async (t) => {
  const conditions: unknown[] = [];
  const server = await startWireServer(t, (request, response) => {
    const { range, 'if-match': ifMatch, 'x-amz-checksum-mode': mode } = request.headers;
    conditions.push([range, ifMatch, mode]);
    honest(request, response);
  });
  const reader = server.reader();
  const body = await reader.get(object(), null, signal);
  t.equal(body.lengthBytes, 10);
  t.equal(await textOf(body), TEN);
  t.equal(await textOf(await reader.get(object({ versionId: 'v1' }), { start: 2, end: 5 }, signal)), '234');
  t.equal(
    await textOf(await reader.get(object({ versionId: 'null', key: '../a b/é+%/' }), { start: 9, end: 10 }, signal)),
    '9',
  );
  t.same(conditions, [
    [undefined, '"abc"', 'ENABLED'],
    ['bytes=2-4', undefined, 'ENABLED'],
    ['bytes=9-9', '"abc"', 'ENABLED'],
  ]);
  t.same(server.seen, [
    'GET /vault/web1/a.tar?x-id=GetObject',
    'GET /vault/web1/a.tar?versionId=v1&x-id=GetObject',
    'GET /vault/../a%20b/%C3%A9%2B%25/?versionId=null&x-id=GetObject',
  ]);
});

t.test('facts come from the headers; of a range without checksums', async (t) => {
  const server = await startWireServer(t, (request, response) => {
    response.setHeader('last-modified', 'Sat, 21 Nov 2026 11:00:00 GMT');
    response.setHeader('x-amz-checksum-crc64nvme', 'AAAAAAAAAAA=');
    response.setHeader('x-amz-checksum-crc32', 'not checked by anybody here');
    response.setHeader('x-amz-checksum-type', 'FULL_OBJECT');
    response.setHeader('x-amz-server-side-encryption', 'aws:kms:dsse');
    response.setHeader('x-amz-storage-class', 'STANDARD_IA');
    response.setHeader('x-amz-meta-sha256', 'AB'.repeat(32));
    honest(request, response);
  });
  const reader = server.reader();
  const facts = {
    sizeBytes: 10,
    etag: 'abc',
    checksums: { CRC64NVME: 'AAAAAAAAAAA=', CRC32: 'not checked by anybody here' },
    checksumType: 'full',
    etagIsOpaque: true,
    uploaderSha256: 'ab'.repeat(32),
    storageClass: 'STANDARD_IA',
    lastModifiedMs: Date.UTC(2026, 10, 21, 11),
  };
  const whole = await reader.get(object(), null, signal);
  t.same(whole.facts, facts);
  t.equal(await textOf(whole), TEN, 'the SDK does not compare checksums');
  t.same(await reader.head(object(), signal), facts);
  const range = await reader.get(object(), { start: 0, end: 10 }, signal);
  t.same(range.facts, { ...facts, checksums: {}, checksumType: null });
  range.cancel();
});

t.test('an answer to another question is refused', async (t) => {
  const cases: readonly [string, string, ByteRange | null, (response: ServerResponse) => void][] = [
    ['the whole for a range', 'VAULT_BAD_ANSWER', { start: 0, end: 5 }, (r) => r.writeHead(200)],
    ['a range for the whole', 'VAULT_BAD_ANSWER', null, (r) => r.writeHead(206)],
    ['no Content-Range', 'VAULT_BAD_ANSWER', { start: 0, end: 5 }, (r) => r.writeHead(206)],
    [
      'another start',
      'VAULT_BAD_ANSWER',
      { start: 1, end: 5 },
      (r) => r.writeHead(206, { 'content-range': 'bytes 0-4/10' }),
    ],
    [
      'another end',
      'VAULT_BAD_ANSWER',
      { start: 0, end: 5 },
      (r) => r.writeHead(206, { 'content-range': 'bytes 0-5/10' }),
    ],
    [
      'another total',
      'OBJECT_CHANGED',
      { start: 0, end: 5 },
      (r) => r.writeHead(206, { 'content-range': 'bytes 0-4/11' }),
    ],
    [
      'another range length',
      'VAULT_BAD_ANSWER',
      { start: 0, end: 5 },
      (r) => r.writeHead(206, { 'content-range': 'bytes 0-4/10', 'content-length': 4 }),
    ],
    ['another length', 'OBJECT_CHANGED', null, (r) => r.writeHead(200, { 'content-length': 11 })],
    ['another ETag', 'OBJECT_CHANGED', null, (r) => r.writeHead(200, { etag: '"abd"' })],
    ['another version', 'VAULT_BAD_ANSWER', null, (r) => r.writeHead(200, { 'x-amz-version-id': 'v2' })],
  ];
  for (const [what, code, range, spoil] of cases) {
    const server = await startWireServer(t, (_request, response) => {
      response.setHeader('etag', '"abc"');
      spoil(response);
      response.end();
    });
    await t.rejects(server.reader().get(object({ versionId: 'v1' }), range, signal), { code }, what);
  }
  const noEtag = await startWireServer(t, (_request, response) => response.end(TEN));
  await t.rejects(noEtag.reader().get(object(), null, signal), { code: 'VAULT_BAD_ANSWER' });
});

t.test('too short, too long, cut, silent', async (t) => {
  const server = await startWireServer(t, (request, response) => {
    response.setHeader('etag', '"abc"');
    if (request.url?.includes('silent')) response.write(TEN.slice(0, 4));
    else if (request.url?.includes('mute')) return;
    else if (request.url?.includes('short')) response.end(TEN.slice(0, 4));
    else if (request.url?.includes('long')) {
      // In two writes, so without a Content-Length.
      response.write(TEN);
      response.end('x');
    } else {
      response.setHeader('content-length', 10);
      response.write(TEN.slice(0, 4), () => response.destroy());
    }
  });
  const received = async (key: string, idleTimeoutMs = 20_000): Promise<[string, unknown]> => {
    const reader = server.reader({ idleTimeoutMs });
    let text = '';
    try {
      const body = await reader.get(object({ key }), null, signal);
      for await (const batch of body.batches) text += Buffer.concat(batch).toString();
    } catch (error) {
      return [text, error];
    }
    return [text, null];
  };
  t.match(await received('cut'), ['0123', { code: 'TRANSFER_CUT', message: /vault web: reading cut in bucket vault/ }]);
  t.match(await received('silent', 200), [
    '0123',
    { code: 'TRANSFER_STALLED', message: /vault web: reading silent in bucket vault/ },
  ]);
  t.match(await received('mute', 200), ['', { code: 'TRANSFER_STALLED' }]);
  const [, short] = await received('short');
  t.match(short, { code: 'OBJECT_CHANGED' }, 'its Content-Length betrays it');
  const [text, long] = await received('long');
  t.match(long, { code: 'VAULT_BAD_ANSWER' });
  t.ok(text.length <= 10, 'never more than was asked for');
});

t.test('a short answer without a length', async (t) => {
  const server = await startWireServer(t, (_request, response) => {
    response.setHeader('etag', '"abc"');
    response.write('012');
    response.end('3');
  });
  await t.rejects(textOf(await server.reader().get(object(), null, signal)), {
    code: 'TRANSFER_CUT',
    message: /4 of 10 bytes/,
  });
});

t.test('a slow consumer pauses the server, and is no silence', async (t) => {
  const sizeBytes = 24 * 2 ** 20;
  const pattern = Buffer.from(Uint32Array.from({ length: 2 ** 18 }, (_, i) => i * 2654435761).buffer);
  let writtenBytes = 0;
  const server = await startWireServer(t, (_request, response) => {
    response.setHeader('etag', '"abc"');
    const more = (): void => {
      while (writtenBytes < sizeBytes) {
        writtenBytes += pattern.length;
        if (!response.write(pattern)) {
          response.once('drain', more);
          return;
        }
      }
      response.end();
    };
    more();
  });
  const body = await server.reader({ idleTimeoutMs: 900 }).get(object({ sizeBytes }), null, signal);
  let at = 0;
  let pauses = 0;
  for await (const batch of body.batches) {
    if (pauses < 1) {
      pauses += 1;
      await new Promise((resolve) => {
        setTimeout(resolve, 1_000);
      });
      t.ok(writtenBytes < sizeBytes, `the server waits (${writtenBytes} bytes in)`);
    }
    for (const chunk of batch) {
      const from = at % pattern.length;
      const same = chunk.equals(
        from + chunk.length <= pattern.length
          ? pattern.subarray(from, from + chunk.length)
          : Buffer.concat([pattern.subarray(from), pattern.subarray(0, from + chunk.length - pattern.length)]),
      );
      if (!same) t.fail(`other bytes at ${at}`);
      at += chunk.length;
    }
    freeChunks(batch);
    if (batch.some((chunk) => chunk.length > 0)) t.fail('not freed');
  }
  t.equal(at, sizeBytes);
});

t.test('freeing leaves shared memory alone', async (t) => {
  const whole = Buffer.alloc(100, 1);
  const part = whole.subarray(10, 20);
  freeChunks([part, Buffer.from('small, from the pool')]);
  t.equal(part.length, 10);
  t.equal(whole[15], 1);
});

t.test('connections are used again, also after a refusal, not after a cancel', async (t) => {
  const ports = new Set<number | undefined>();
  const server = await startWireServer(t, (request, response) => {
    ports.add(request.socket.remotePort);
    if (request.url?.includes('gone')) {
      response.statusCode = 404;
      response.setHeader('content-length', 37);
      response.end('<Error><Code>NoSuchKey</Code></Error>');
    } else honest(request, response);
  });
  const reader = server.reader();
  for (let i = 0; i < 3; i += 1) await textOf(await reader.get(object(), null, signal));
  await t.rejects(reader.get(object({ key: 'gone' }), null, signal), { code: 'OBJECT_GONE' });
  await t.rejects(reader.head(object({ key: 'gone' }), signal), { code: 'OBJECT_GONE' });
  await reader.head(object(), signal);
  t.equal(ports.size, 1);
  const body = await reader.get(object(), null, signal);
  body.cancel();
  await t.rejects(textOf(body), { code: 'INTERRUPTED' });
  await textOf(await reader.get(object(), null, signal));
  t.equal(ports.size, 2);
});

t.test('aborted in the middle: the reason that was given', async (t) => {
  const server = await startWireServer(t, (_request, response) => {
    response.setHeader('etag', '"abc"');
    response.write('012');
  });
  const controller = new AbortController();
  const reason = new Error('enough');
  const body = await server.reader().get(object(), null, controller.signal);
  const reading = textOf(body);
  setImmediate(() => controller.abort(reason));
  await t.rejects(reading, reason);
});

t.test('the first part and the list of parts', async (t) => {
  const part = (number: number, size: number): string =>
    `<Part><PartNumber>${number}</PartNumber><Size>${size}</Size><ChecksumCRC32>AAAAAA==</ChecksumCRC32>${number === 1 ? '<ChecksumSHA1>x</ChecksumSHA1>' : ''}</Part>`;
  let mode = 'good';
  const server = await startWireServer(t, (request, response) => {
    response.setHeader('etag', '"abc"');
    if (request.method === 'HEAD') {
      response.statusCode = 206;
      response.setHeader('content-length', 4);
      if (mode === 'good') response.setHeader('x-amz-mp-parts-count', 3);
      response.end();
      return;
    }
    if (mode === 'denied') response.statusCode = 403;
    const second = request.headers['x-amz-part-number-marker'] === '2';
    const parts = second || mode === 'stuck' ? part(3, 2) : part(1, 4) + part(2, mode === 'odd' ? 5 : 4);
    const rest = second ? '' : '<IsTruncated>true</IsTruncated><NextPartNumberMarker>2</NextPartNumberMarker>';
    response.end(
      mode === 'good' || mode === 'odd' || mode === 'stuck'
        ? `<GetObjectAttributesResponse><ObjectParts>${mode === 'stuck' ? '<IsTruncated>true</IsTruncated>' : rest}${parts}</ObjectParts></GetObjectAttributesResponse>`
        : mode === 'denied'
          ? '<Error><Code>AccessDenied</Code></Error>'
          : 'the object itself, from a server that has no ?attributes',
    );
  });
  const reader = server.reader();
  t.same(await reader.firstPart(object(), signal), { sizeBytes: 4, count: 3 });
  t.same(await reader.objectParts(object(), signal), {
    sizesBytes: [4, 4, 2],
    checksums: { CRC32: ['AAAAAA==', 'AAAAAA==', 'AAAAAA=='] },
  });
  for (mode of ['odd', 'stuck', 'denied', 'ignored']) t.equal(await reader.objectParts(object(), signal), null, mode);
  t.equal(await reader.firstPart(object(), signal), null, 'no count');
});
