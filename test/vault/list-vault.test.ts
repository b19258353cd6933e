import t from 'tap';
import { isAppError } from '../../src/core/errors.ts';
import type { ListingPage, VaultReader } from '../../src/vault/vault-reader.ts';
import { signal, startWireServer } from './wire-server.ts';

const ENTRY_TIME = '2026-11-20T03:04:05.000Z';

const entry = (key: string, more: Record<string, string> = {}): string => {
  const fields = { Key: key, LastModified: ENTRY_TIME, ETag: '&quot;abc&quot;', Size: '10', ...more };
  return Object.entries(fields)
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join('');
};

const objects = (entries: readonly string[], rest = '<IsTruncated>false</IsTruncated>', encoding = 'url'): string =>
  `<?xml version="1.0"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>vault</Name>${rest}` +
  `${encoding === '' ? '' : `<EncodingType>${encoding}</EncodingType>`}` +
  `${entries.map((one) => `<Contents>${one}</Contents>`).join('')}</ListBucketResult>`;

const versions = (entries: readonly string[], rest = '<IsTruncated>false</IsTruncated>'): string =>
  `<ListVersionsResult><Name>vault</Name>${rest}<EncodingType>url</EncodingType>` +
  `${entries.join('')}</ListVersionsResult>`;

const version = (key: string, versionId: string, latest: boolean): string =>
  `<Version>${entry(key, { VersionId: versionId, IsLatest: String(latest) })}</Version>`;

async function pagesOf(reader: VaultReader, prefix = '', startAfter?: string): Promise<ListingPage[]> {
  const pages: ListingPage[] = [];
  for await (const page of reader.list({ prefix, signal, ...(startAfter === undefined ? {} : { startAfter }) })) {
    pages.push(page);
  }
  return pages;
}

type Test = Parameters<typeof startWireServer>[0];

/** A reader whose server answers these documents in turn, the last one for ever; each may be wrapped in a status. */
async function listing(t: Test, kind: 'objects' | 'versions', ...documents: (string | Buffer)[]) {
  let next = 0;
  const server = await startWireServer(t, (_request, response) => {
    response.setHeader('date', 'Sat, 21 Nov 2026 12:00:00 GMT');
    response.end(documents[Math.min(next, documents.length - 1)]);
    next += 1;
  });
  return { server, reader: server.reader({ listing: kind }) };
}

t.test('keys are decoded as a form is, byte by byte', async (t) => {
  const { reader } = await listing(
    t,
    'objects',
    objects([
      entry('web1/a+b%2Bc'),
      entry('%C3%A9%20%25'),
      entry('bad%FFkey'),
      entry('half%C3'),
      entry('stray%zz'),
      entry('plain'),
    ]),
  );
  const [page] = await pagesOf(reader);
  t.same(
    page?.objects.map(({ key }) => key),
    ['web1/a b+c', 'é %', 'plain'],
  );
  t.same(page?.undecodableKeys, ['bad%FFkey', 'half%C3', 'stray%zz']);
  t.equal(page?.serverDateMs, Date.UTC(2026, 10, 21, 12));
  t.same(page?.objects[0], {
    key: 'web1/a b+c',
    versionId: null,
    etag: 'abc',
    sizeBytes: 10,
    lastModifiedMs: Date.parse(ENTRY_TIME),
    storageClass: null,
  });
});

t.test('a server that ignores encoding-type sends keys as they are', async (t) => {
  const { reader } = await listing(t, 'objects', objects([entry('a+b%20c'), entry('x&amp;y')], undefined, ''));
  const [page] = await pagesOf(reader);
  t.same(
    page?.objects.map(({ key }) => key),
    ['a+b%20c', 'x&y'],
  );
  const raw = Buffer.from(objects([entry('bad-\u0001-key'), entry('good')], undefined, '').replace('\u0001', '\u0001'));
  raw[raw.indexOf(1)] = 0xff;
  const lossy = await listing(t, 'objects', raw);
  const [mangled] = await pagesOf(lossy.reader);
  t.same(
    mangled?.objects.map(({ key }) => key),
    ['good'],
  );
  t.equal(mangled?.undecodableKeys.length, 1);
});

t.test('pages follow the token, and only the first says where to start', async (t) => {
  const { server, reader } = await listing(
    t,
    'objects',
    objects([entry('a')], '<IsTruncated>true</IsTruncated><NextContinuationToken>to/k=+n</NextContinuationToken>'),
    objects([], '<IsTruncated>true</IsTruncated><NextContinuationToken>two</NextContinuationToken>'),
    objects([entry('b')]),
  );
  const pages = await pagesOf(reader, '', 'Z+ é');
  t.same(
    pages.map((page) => page.objects.length),
    [1, 0, 1],
    'a page without keys is no end',
  );
  t.same(server.seen, [
    'GET /vault/?encoding-type=url&list-type=2&max-keys=1000&prefix=&start-after=Z%2B%20%C3%A9',
    'GET /vault/?continuation-token=to%2Fk%3D%2Bn&encoding-type=url&list-type=2&max-keys=1000&prefix=',
    'GET /vault/?continuation-token=two&encoding-type=url&list-type=2&max-keys=1000&prefix=',
  ]);
  t.equal(reader.requests, 3);
});

t.test('the next page is asked for only when it is wanted', async (t) => {
  const { server, reader } = await listing(
    t,
    'objects',
    objects([entry('a')], '<IsTruncated>true</IsTruncated><NextContinuationToken>one</NextContinuationToken>'),
    objects([entry('b')]),
  );
  for await (const page of reader.list({ prefix: '', signal })) {
    t.equal(page.objects.length, 1);
    break;
  }
  t.equal(server.seen.length, 1);
});

t.test('versions: delete markers are left out, a current "null" names nothing', async (t) => {
  const { server, reader } = await listing(
    t,
    'versions',
    versions(
      [
        version('a+1', 'v2', true),
        version('a+1', 'null', false),
        '<DeleteMarker><Key>b</Key><VersionId>v9</VersionId><IsLatest>true</IsLatest></DeleteMarker>',
        version('c', 'null', true),
      ],
      '<IsTruncated>true</IsTruncated><NextKeyMarker>c+d%C3%A9</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker>',
    ),
    versions([version('e', '', true)]),
  );
  const pages = await pagesOf(reader, '', 'Z');
  t.same(
    pages.map((page) => page.objects.map(({ key, versionId }) => [key, versionId])),
    [
      [
        ['a 1', 'v2'],
        ['a 1', 'null'],
        ['c', null],
      ],
      [['e', null]],
    ],
  );
  t.same(
    pages.map((page) => page.lastKey),
    ['c', 'e'],
  );
  t.same(server.seen, [
    'GET /vault/?encoding-type=url&key-marker=Z&max-keys=1000&prefix=&versions=',
    'GET /vault/?encoding-type=url&key-marker=c%20d%C3%A9&max-keys=1000&prefix=&version-id-marker=v1&versions=',
  ]);
});

t.test('versions: the last key of a page is that of an older delete marker, too, whatever stands first', async (t) => {
  let markers = 0;
  const marker = (key: string, latest: boolean): string =>
    `<DeleteMarker><Key>${key}</Key><VersionId>v${++markers}</VersionId><IsLatest>${latest}</IsLatest></DeleteMarker>`;
  const page = (token: string, ...entries: string[]): string =>
    versions(entries, `<IsTruncated>true</IsTruncated><NextKeyMarker>${token}</NextKeyMarker>`);
  const { reader } = await listing(
    t,
    'versions',
    page('a', marker('a', true), marker('a', false)),
    page('b', marker('a', false), marker('b', false)),
    page('c', version('c', 'v', true), marker('b', true), marker('bad%FF', true)),
    versions([]),
  );
  t.same(
    (await pagesOf(reader)).map(({ deletedKeys, lastKey }) => [deletedKeys, lastKey]),
    [
      [['a'], 'a'],
      [[], 'b'],
      [['b'], 'c'],
      [[], null],
    ],
  );
});

t.test('a marker that cannot be sent back falls back to the last key that can', async (t) => {
  const truncated =
    '<IsTruncated>true</IsTruncated><NextKeyMarker>b%FF</NextKeyMarker><NextVersionIdMarker>x</NextVersionIdMarker>';
  const good = await listing(
    t,
    'versions',
    versions([version('a', 'v1', true), version('b%FF', 'x', true)], truncated),
    versions([version('b%FF', 'x', true), version('c', 'v3', true)]),
  );
  t.same(
    (await pagesOf(good.reader)).flatMap((page) => page.objects.map(({ key }) => key)),
    ['a', 'c'],
  );
  t.match(good.server.seen[1], /key-marker=a&.*version-id-marker=v1/);
  const hopeless = await listing(t, 'versions', versions([version('b%FF', 'x', true)], truncated));
  await t.rejects(pagesOf(hopeless.reader), { code: 'VAULT_BAD_ANSWER' });
});

t.test('a marker that the server left unencoded, as radosgw does', async (t) => {
  const rest = (marker: string): string =>
    `<IsTruncated>true</IsTruncated><NextKeyMarker>${marker}</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker>`;
  for (const [wireKey, marker, asked] of [
    ['a%252Bb', 'a%2Bb', 'a%252Bb'],
    ['a%2Bb', 'a+b', 'a%2Bb'],
    ['a+b', 'a b', 'a%20b'],
    ['a%252Bb', 'a%252Bb', 'a%252Bb'],
    ['a%2Bb', 'a%2Bb', 'a%2Bb'],
    ['a', 'next%2Bone', 'next%2Bone'],
  ] as const) {
    const { server, reader } = await listing(
      t,
      'versions',
      versions([version(wireKey, 'v1', true)], rest(marker)),
      versions([]),
    );
    await pagesOf(reader);
    t.match(server.seen[1], `key-marker=${asked}&`, `${wireKey}, then ${marker}`);
  }
});

t.test('the key to start after is left out, whatever the server does', async (t) => {
  const { reader } = await listing(
    t,
    'versions',
    versions([version('a', 'v', true), version('b', 'v', true), version('c', 'v', true)]),
  );
  const [page] = await pagesOf(reader, '', 'b');
  t.same(
    page?.objects.map(({ key }) => key),
    ['c'],
  );
});

t.test('versions refused: plain objects from then on', async (t) => {
  for (const [status, code] of [
    [403, 'AccessDenied'],
    [501, 'NotImplemented'],
    [405, 'MethodNotAllowed'],
  ] as const) {
    const server = await startWireServer(t, (request, response) => {
      const refused = request.url?.includes('versions');
      if (refused) response.statusCode = status;
      response.end(refused ? `<Error><Code>${code}</Code><Message>no</Message></Error>` : objects([entry('a')]));
    });
    const reader = server.reader();
    t.equal(reader.listing, null);
    t.equal((await pagesOf(reader)).length, 1);
    t.equal(reader.listing, 'objects');
    t.equal((await pagesOf(reader)).length, 1);
    t.equal(reader.requests, 3, 'asked for versions only once');
  }
});

t.test('all refused: the words of the plain listing, and nothing is remembered', async (t) => {
  const server = await startWireServer(t, (_request, response) => {
    response.statusCode = 403;
    response.end('<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>');
  });
  const reader = server.reader();
  await t.rejects(pagesOf(reader), {
    code: 'VAULT_DENIED',
    message: /vault web: listing bucket vault at http:\/\/127/,
  });
  t.equal(reader.listing, null);
  t.equal(reader.requests, 2);
});

t.test('what is no listing never passes for a shorter one', async (t) => {
  const one = objects([entry('a')]);
  const more = (rest: string): string => objects([entry('a')], rest);
  const bad: Readonly<Record<string, string>> = {
    'an empty body': '',
    'a sign-in page': '<html><body>Please sign in</body></html>',
    json: '{"Contents":[]}',
    'another listing': versions([]),
    'a cut document': one.slice(0, -20),
    'cut between entries': one.slice(0, one.indexOf('<Contents>')),
    'cut, then the last tag': `${one.slice(0, one.indexOf('<Size>'))}</ListBucketResult>`,
    'mixed tags': one.replace('</Key>', '</Kee>'),
    'something after the end': `${one}<b>`,
    'no word about more': more(''),
    'truncated without a token': more('<IsTruncated>true</IsTruncated>'),
    'truncated with an empty token': more(
      '<IsTruncated>true</IsTruncated><NextContinuationToken></NextContinuationToken>',
    ),
    'the same token for ever': more('<IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken>'),
    'no time': one.replace(/<LastModified>.*<\/LastModified>/, ''),
    'a negative size': one.replace('<Size>10', '<Size>-10'),
    'half a byte': one.replace('<Size>10', '<Size>1.5'),
    'an absurd size': one.replace('<Size>10', '<Size>99999999999999999999'),
    'a word for a size': one.replace('<Size>10', '<Size>ten'),
    'no size': one.replace('<Size>10</Size>', ''),
    'no ETag': one.replace('<ETag>&quot;abc&quot;</ETag>', ''),
    'no key': one.replace('<Key>a</Key>', ''),
    'nested to the sky': `<ListBucketResult>${'<a>'.repeat(200_000)}</ListBucketResult>`,
  };
  for (const [what, document] of Object.entries(bad)) {
    const { reader } = await listing(t, 'objects', document);
    await t.rejects(pagesOf(reader), { code: 'VAULT_BAD_ANSWER' }, what);
  }
});

t.test('keys outside the prefix that was asked for', async (t) => {
  const { reader } = await listing(t, 'objects', objects([entry('other/a')]));
  await t.rejects(pagesOf(reader, 'web1/'), { code: 'VAULT_BAD_ANSWER', message: /other\/a/ });
});

t.test('circles and endless emptiness', async (t) => {
  let token = 0;
  const server = await startWireServer(t, (request, response) => {
    token += 1;
    const empty = request.url?.includes('prefix=empty');
    const rest = `<IsTruncated>true</IsTruncated><NextContinuationToken>t${token}</NextContinuationToken>`;
    response.end(objects(empty ? [] : [entry(['a', 'b', 'c'][token % 3] ?? '')], rest));
  });
  const reader = server.reader({ listing: 'objects' });
  await t.rejects(pagesOf(reader), { code: 'VAULT_BAD_ANSWER', message: /circles/ });
  t.equal(reader.requests, 4);
  await t.rejects(pagesOf(reader, 'empty'), { code: 'VAULT_BAD_ANSWER', message: /empty pages/ });
  t.equal(reader.requests, 4 + 101);
});

t.test('an error in a 200, a cut answer, an endless answer, a silent server', async (t) => {
  const server = await startWireServer(t, (request, response) => {
    const prefix = new URL(request.url ?? '', 'http://x').searchParams.get('prefix');
    if (prefix === 'error') response.end('<Error><Code>SlowDown</Code><Message>Reduce</Message></Error>');
    else if (prefix === 'cut') {
      response.setHeader('content-length', 1000);
      response.write('<ListBucketResult>');
      setImmediate(() => response.destroy());
    } else if (prefix === 'endless') {
      const chunk = '<a></a>'.repeat(20_000);
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) {}
        response.once('drain', more);
      };
      more();
    } else response.write('<ListBucketResult>');
  });
  const reader = server.reader({ listing: 'objects' });
  await t.rejects(pagesOf(reader, 'error'), { code: 'VAULT_BUSY' });
  await t.rejects(pagesOf(reader, 'cut'), { code: 'TRANSFER_CUT' });
  await t.rejects(pagesOf(reader, 'endless'), { code: 'VAULT_BAD_ANSWER' });
  const impatient = server.reader({ listing: 'objects', idleTimeoutMs: 200 });
  await t.rejects(pagesOf(impatient, 'silent'), { code: 'TRANSFER_STALLED' });
});

t.test('a slow answer that keeps coming is no silence', async (t) => {
  const document = objects([entry('a')]);
  const server = await startWireServer(t, (_request, response) => {
    let at = 0;
    const timer = setInterval(() => {
      response.write(document.slice(at, at + 20));
      at += 20;
      if (at < document.length) return;
      clearInterval(timer);
      response.end();
    }, 120);
  });
  const idleTimeoutMs = 1000;
  const startedMs = performance.now();
  t.equal((await pagesOf(server.reader({ listing: 'objects', idleTimeoutMs }))).length, 1);
  t.ok(performance.now() - startedMs > idleTimeoutMs, 'it took longer than silence may last');
});

t.test('aborted: the reason that was given', async (t) => {
  const server = await startWireServer(t, () => {});
  const controller = new AbortController();
  const reason = new Error('enough');
  const pages = server.reader().list({ prefix: '', signal: controller.signal });
  const first = pages[Symbol.asyncIterator]().next();
  setImmediate(() => controller.abort(reason));
  await t.rejects(first, reason);
  const again = server.reader();
  await t.rejects(again.list({ prefix: '', signal: controller.signal })[Symbol.asyncIterator]().next(), reason);
  t.equal(again.requests, 0);
  t.notOk(isAppError(reason));
});
