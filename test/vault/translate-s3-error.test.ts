import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import t from 'tap';
import { AppError, type ErrorCode } from '../../src/core/errors.ts';
import type { VaultReaderOptions } from '../../src/vault/create-vault-reader.ts';
import { translateS3Error } from '../../src/vault/translate-s3-error.ts';
import type { VaultReader } from '../../src/vault/vault-reader.ts';
import { makeCertificate } from './make-certificate.ts';
import { object, signal, startWireServer, testReader } from './wire-server.ts';

interface Refusal {
  readonly status: number;
  /** The error document; none when absent. */
  readonly code?: string;
  readonly message?: string;
  readonly more?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly page?: string;
}

/** What the reader makes of this answer to a listing, a GET and a HEAD. */
async function verdicts(t: Parameters<typeof startWireServer>[0], refusal: Refusal) {
  const server = await startWireServer(t, (_request, response) => {
    response.writeHead(refusal.status, refusal.headers ?? {});
    const document =
      refusal.code === undefined
        ? refusal.page
        : `<?xml version="1.0"?><Error><Code>${refusal.code}</Code><Message>${refusal.message ?? 'words'}</Message>${refusal.more ?? ''}</Error>`;
    response.end(document);
  });
  const reader = server.reader({ listing: 'objects' });
  return {
    list: await caught(listOnce(reader)),
    get: await caught(reader.get(object(), null, signal)),
    head: await caught(reader.head(object(), signal)),
  };
}

async function listOnce(reader: VaultReader): Promise<void> {
  for await (const _page of reader.list({ prefix: '', signal })) return;
}

async function caught(promise: Promise<unknown>): Promise<AppError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const XML_CASES: readonly [Refusal, ErrorCode, ErrorCode, RegExp][] = [
  [{ status: 403, code: 'InvalidAccessKeyId' }, 'VAULT_WRONG_KEY', 'VAULT_WRONG_KEY', /does not know this access key/],
  [{ status: 403, code: 'SignatureDoesNotMatch' }, 'VAULT_WRONG_KEY', 'VAULT_WRONG_KEY', /secret/],
  [{ status: 400, code: 'ExpiredToken' }, 'VAULT_WRONG_KEY', 'VAULT_WRONG_KEY', /expired/],
  [{ status: 400, code: 'InvalidToken' }, 'VAULT_WRONG_KEY', 'VAULT_WRONG_KEY', /token/],
  [{ status: 403, code: 'AccessDenied' }, 'VAULT_DENIED', 'OBJECT_DENIED', /AccessDenied: words/],
  [{ status: 403, code: 'AllAccessDisabled' }, 'VAULT_DENIED', 'OBJECT_DENIED', /AllAccessDisabled/],
  [{ status: 401, code: 'Unauthorized' }, 'VAULT_DENIED', 'OBJECT_DENIED', /Unauthorized/],
  [{ status: 404, code: 'NoSuchBucket' }, 'VAULT_NO_BUCKET', 'VAULT_NO_BUCKET', /bucket vault/],
  [{ status: 400, code: 'InvalidBucketName' }, 'VAULT_NO_BUCKET', 'VAULT_NO_BUCKET', /no such bucket/],
  [{ status: 404, code: 'NoSuchKey' }, 'VAULT_NO_BUCKET', 'OBJECT_GONE', /./],
  [{ status: 404, code: 'NoSuchVersion' }, 'VAULT_NO_BUCKET', 'OBJECT_GONE', /./],
  [{ status: 405, code: 'MethodNotAllowed' }, 'VAULT_UNSUPPORTED', 'OBJECT_GONE', /./],
  [{ status: 412, code: 'PreconditionFailed' }, 'VAULT_UNSUPPORTED', 'OBJECT_CHANGED', /./],
  [{ status: 416, code: 'InvalidRange' }, 'VAULT_UNSUPPORTED', 'OBJECT_CHANGED', /./],
  [
    { status: 403, code: 'InvalidObjectState', headers: { 'x-amz-storage-class': 'DEEP_ARCHIVE' } },
    'OBJECT_ARCHIVED',
    'OBJECT_ARCHIVED',
    /DEEP_ARCHIVE/,
  ],
  [{ status: 400, code: 'KMS.DisabledException' }, 'VAULT_UNSUPPORTED', 'OBJECT_DENIED', /KMS/],
  [
    { status: 400, code: 'InvalidRequest', message: 'The object was stored using a form of Server Side Encryption.' },
    'VAULT_UNSUPPORTED',
    'OBJECT_DENIED',
    /Server Side|SSE-C/,
  ],
  [{ status: 501, code: 'NotImplemented' }, 'VAULT_UNSUPPORTED', 'VAULT_UNSUPPORTED', /NotImplemented/],
  [{ status: 400, code: 'InvalidArgument' }, 'VAULT_UNSUPPORTED', 'OBJECT_DENIED', /400.*InvalidArgument/],
  [{ status: 500, code: 'InternalError' }, 'VAULT_SERVER_ERROR', 'VAULT_SERVER_ERROR', /500/],
  [{ status: 307, code: 'TemporaryRedirect' }, 'VAULT_SERVER_ERROR', 'VAULT_SERVER_ERROR', /elsewhere/],
  [{ status: 400, code: 'RequestTimeout' }, 'TRANSFER_STALLED', 'TRANSFER_STALLED', /./],
  [{ status: 503, code: 'SlowDown' }, 'VAULT_BUSY', 'VAULT_BUSY', /SlowDown/],
  [{ status: 403, code: 'RequestLimitExceeded' }, 'VAULT_BUSY', 'VAULT_BUSY', /./],
  [{ status: 403, code: 'NeverHeardOf' }, 'VAULT_DENIED', 'OBJECT_DENIED', /NeverHeardOf/],
];

t.test('error documents', async (t) => {
  for (const [refusal, listCode, getCode, words] of XML_CASES) {
    const { list, get } = await verdicts(t, refusal);
    t.equal(list.code, listCode, `listing: ${refusal.code}`);
    t.equal(get.code, getCode, `reading: ${refusal.code}`);
    t.match(list.message, /^vault web: listing bucket vault at http:\/\/127\.0\.0\.1:\d+: /);
    t.match(get.message, /^vault web: reading web1\/a\.tar in bucket vault at /);
    t.match(`${list.message} ${get.message}`, words);
  }
});

t.test('answers without a document: HEAD, proxies, portals', async (t) => {
  const cases: readonly [Refusal, ErrorCode, ErrorCode][] = [
    [{ status: 403, headers: { date: 'Sat, 21 Nov 2026 12:00:00 GMT' } }, 'VAULT_DENIED', 'OBJECT_DENIED'],
    [{ status: 404 }, 'VAULT_NO_BUCKET', 'OBJECT_GONE'],
    [{ status: 400 }, 'VAULT_UNSUPPORTED', 'OBJECT_DENIED'],
    [{ status: 414 }, 'VAULT_UNSUPPORTED', 'OBJECT_DENIED'],
    [{ status: 412 }, 'VAULT_UNSUPPORTED', 'OBJECT_CHANGED'],
    [{ status: 502, page: '<html>Bad gateway</html>' }, 'VAULT_SERVER_ERROR', 'VAULT_SERVER_ERROR'],
    [{ status: 504, page: 'no XML' }, 'VAULT_SERVER_ERROR', 'VAULT_SERVER_ERROR'],
    [{ status: 503, page: '<!DOCTYPE html><p>&broken' }, 'VAULT_BUSY', 'VAULT_BUSY'],
    [{ status: 429 }, 'VAULT_BUSY', 'VAULT_BUSY'],
    [{ status: 407 }, 'VAULT_UNREACHABLE', 'VAULT_UNREACHABLE'],
    [{ status: 302, headers: { location: 'http://portal/' }, page: '<a>' }, 'VAULT_BAD_ANSWER', 'VAULT_BAD_ANSWER'],
    [
      { status: 400, page: '<html>The plain HTTP request was sent to HTTPS port</html>' },
      'VAULT_UNSUPPORTED',
      'OBJECT_DENIED',
    ],
    [{ status: 500, page: '<Error><Code>Broken' }, 'VAULT_SERVER_ERROR', 'VAULT_SERVER_ERROR'],
  ];
  for (const [refusal, listCode, objectCode] of cases) {
    const { list, get, head } = await verdicts(t, refusal);
    t.same([list.code, get.code, head.code], [listCode, objectCode, objectCode], `${refusal.status}`);
  }
});

t.test('the right region is named where the server names it', async (t) => {
  const header = { 'x-amz-bucket-region': 'eu-central-1' };
  for (const refusal of [
    { status: 301, code: 'PermanentRedirect', headers: header },
    { status: 400, code: 'AuthorizationHeaderMalformed', more: '<Region>eu-central-1</Region>' },
    { status: 400, code: 'IllegalLocationConstraintException', headers: header },
    { status: 301, headers: header },
    { status: 400, headers: header },
  ]) {
    const { list, get, head } = await verdicts(t, refusal);
    const label = `${refusal.status} ${refusal.code}`;
    for (const error of 'more' in refusal ? [list, get] : [list, get, head]) {
      t.equal(error.code, 'VAULT_WRONG_REGION', label);
      t.match(error.message, /eu-central-1, not in us-east-1/, label);
      t.equal(error.hint, 'Set `region: eu-central-1` for this vault.', label);
    }
  }
  const { list } = await verdicts(t, { status: 301, code: 'PermanentRedirect' });
  t.match(list.message, /not in us-east-1/);
});

t.test('a clock that is off: by how much, and which way', async (t) => {
  const { list } = await verdicts(t, {
    status: 403,
    code: 'RequestTimeTooSkewed',
    headers: { date: 'Sat, 21 Nov 2026 13:10:00 GMT' },
  });
  t.equal(list.code, 'VAULT_CLOCK_SKEW');
  t.match(list.message, /70 min behind the vault/);
  const { head } = await verdicts(t, { status: 403, headers: { date: 'Sat, 21 Nov 2026 11:30:00 GMT' } });
  t.equal(head.code, 'VAULT_CLOCK_SKEW', 'HEAD has no words, but a Date');
  t.match(head.message, /30 min ahead of/);
  const near = await verdicts(t, { status: 403, headers: { date: 'Sat, 21 Nov 2026 11:50:00 GMT' } });
  t.equal(near.head.code, 'OBJECT_DENIED');
});

t.test('Retry-After in seconds or as a date, against the server’s own clock', async (t) => {
  const after = async (value: string): Promise<number | undefined> => {
    const headers = { 'retry-after': value, date: 'Sat, 21 Nov 2026 10:00:00 GMT' };
    return (await verdicts(t, { status: 503, code: 'SlowDown', headers })).list.retryAfterMs;
  };
  t.equal(await after('7'), 7000);
  t.equal(await after('Sat, 21 Nov 2026 10:00:30 GMT'), 30_000);
  for (const useless of ['soon', '-3', 'Sat, 21 Nov 2026 09:00:00 GMT', '1e9', ''])
    t.equal(await after(useless), undefined, useless);
});

t.test('a server’s words are data: no control characters, no end', async (t) => {
  const { list } = await verdicts(t, {
    status: 403,
    code: 'AccessDenied',
    message: `&#x1b;[2J&#x202e;${'x'.repeat(5000)}`,
  });
  t.notMatch(list.message, /[\p{Cc}\p{Cf}]/u);
  t.ok(list.message.length < 500);
  const key = await caught(
    testReader({ endpoint: 'http://127.0.0.1:1' }).head(object({ key: 'a\nb\u001b[2J' }), signal),
  );
  t.notMatch(key.message, /\p{Cc}/u);
});

t.test('nothing of the secret, the signature or what was signed', async (t) => {
  const server = await startWireServer(t, (request, response) => {
    const signature = /Signature=(\w+)/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    response.statusCode = 403;
    response.end(
      `<Error><Code>SignatureDoesNotMatch</Code><Message>no</Message><AWSAccessKeyId>AKIDTEST</AWSAccessKeyId>` +
        `<SignatureProvided>${signature}</SignatureProvided><StringToSign>AWS4-HMAC-SHA256 signed</StringToSign></Error>`,
    );
  });
  const error = await caught(server.reader().get(object(), null, signal));
  const everything = [error, error.cause]
    .map((one) => `${one instanceof Error ? one.stack : ''} ${JSON.stringify(one, Object.getOwnPropertyNames(one))}`)
    .join();
  t.match(everything, /SignatureDoesNotMatch/);
  t.notMatch(everything, /do-not-print-this-secret|AKIDTEST|AWS4-HMAC|SignatureProvided/);
});

t.test('networks', async (t) => {
  const broken = createServer((socket) => {
    socket.once('data', (data) => {
      if (data.includes('garbage')) socket.end('this is not HTTP at all\r\n\r\n');
      else socket.resetAndDestroy();
    });
  });
  await new Promise<void>((resolve) => {
    broken.listen(0, '127.0.0.1', resolve);
  });
  const address = broken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const tried = async (options: Partial<VaultReaderOptions>, key = 'a'): Promise<AppError> => {
    const reader = testReader(options);
    t.teardown(() => reader.close());
    return await caught(reader.get(object({ key }), null, signal));
  };
  t.match(await tried({ endpoint: 'http://127.0.0.1:1' }), {
    code: 'VAULT_UNREACHABLE',
    message: /refused \(ECONNREFUSED\)/,
  });
  t.match(await tried({ endpoint: 'http://no-such-host.invalid', forcePathStyle: true }), {
    code: 'VAULT_UNREACHABLE',
    message: /name/,
  });
  t.match(await tried({ endpoint: `http://127.0.0.1:${port}` }), { code: 'TRANSFER_CUT' });
  t.match(await tried({ endpoint: `http://127.0.0.1:${port}` }, 'garbage'), {
    code: 'VAULT_BAD_ANSWER',
    message: /not HTTP/,
  });
  const closed = new Promise((resolve) => broken.close(resolve));
  await closed;
});

t.test('addresses that are none', async (t) => {
  t.throws(() => testReader({ endpoint: 'user:secret@host' }), { code: 'VAULT_NO_BUCKET' });
  t.throws(() => testReader({ endpoint: 'not a url' }), { code: 'VAULT_NO_BUCKET' });
  t.throws(() => testReader({ endpoint: 'http://' }), { code: 'VAULT_NO_BUCKET' });
  t.match(await caught(testReader({ region: 'no region!' }).head(object(), signal)), { code: 'VAULT_WRONG_REGION' });
  t.match(await caught(testReader({ bucket: 'a/b' }).head(object(), signal)), { code: 'VAULT_NO_BUCKET' });
});

t.test('certificates', async (t) => {
  const day = 86_400_000;
  const now = Date.now();
  const good = { host: '127.0.0.1', notBefore: new Date(now - day), notAfter: new Date(now + day) };
  const serve = async (options: Partial<typeof good>): Promise<{ endpoint: string; ca: string }> => {
    const { cert, key } = makeCertificate({ ...good, ...options });
    const server = createTlsServer({ cert, key }, (socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        socket.end('HTTP/1.1 200 OK\r\netag: "abc"\r\ncontent-length: 10\r\n\r\n0123456789');
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    t.teardown(() => server.close());
    const address = server.address();
    return { endpoint: `https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, ca: cert };
  };
  const tried = async (options: Partial<VaultReaderOptions>): Promise<AppError | string> => {
    const reader = testReader(options);
    t.teardown(() => reader.close());
    try {
      const body = await reader.get(object(), null, signal);
      let text = '';
      for await (const batch of body.batches) text += Buffer.concat(batch).toString();
      return text;
    } catch (error) {
      if (error instanceof AppError) return error;
      throw error;
    }
  };
  const honest = await serve({});
  t.equal(await tried(honest), '0123456789', 'trusted, it reads over TLS');
  t.match(await tried({ endpoint: honest.endpoint }), { code: 'VAULT_TLS', message: /self-signed/ });
  t.match(await tried(await serve({ host: 'other.example' })), { code: 'VAULT_TLS', message: /another host/ });
  t.match(await tried(await serve({ notAfter: new Date(now - 1000) })), { code: 'VAULT_TLS', message: /expired/ });
  t.match(await tried(await serve({ notBefore: new Date(now + day / 2) })), { code: 'VAULT_TLS', message: /clock/ });
  const plain = await startWireServer(t, (_request, response) => response.end());
  t.match(await tried({ endpoint: plain.endpoint.replace('http:', 'https:') }), {
    code: 'VAULT_TLS',
    message: /does not speak TLS/,
  });
  const toTls = await tried({ endpoint: honest.endpoint.replace('https:', 'http:') });
  t.ok(toTls instanceof AppError && ['TRANSFER_CUT', 'VAULT_BAD_ANSWER'].includes(toTls.code));
});

t.test(
  'what is nobody’s error is no answer that could be read; an AppError keeps its code and gains the place',
  async (t) => {
    const place = {
      vault: 'web',
      bucket: 'vault',
      region: 'r',
      endpoint: null,
      action: 'listing',
      key: null,
      nowMs: 0,
    };
    t.match(translateS3Error(new TypeError('x is undefined'), place), {
      code: 'VAULT_BAD_ANSWER',
      message: 'vault web: listing bucket vault: the answer could not be read',
    });
    t.match(translateS3Error('a string', place), { code: 'VAULT_BAD_ANSWER' });
    const inner = new AppError('VAULT_BUSY', 'slower', { retryAfterMs: 5, hint: 'wait' });
    t.match(translateS3Error(inner, place), {
      code: 'VAULT_BUSY',
      message: /^vault web: listing .*: slower$/,
      hint: 'wait',
      retryAfterMs: 5,
    });
    t.equal(translateS3Error(translateS3Error(inner, place), place).message, translateS3Error(inner, place).message);
  },
);
