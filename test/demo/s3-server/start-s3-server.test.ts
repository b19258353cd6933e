import { createHash, createHmac } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import t, { type Test } from 'tap';
import {
  type AuthorizationRequest,
  type S3Server,
  type S3ServerOptions,
  startS3Server,
} from '../../../src/demo/s3-server/start-s3-server.ts';

const USER = { accessKeyId: 'AKtest', secretAccessKey: 'secret', name: 'tester' };
const clock = { now: () => Date.now(), sleep: () => Promise.reject(new Error('the server does not sleep')) };
const Bucket = 'vault';

t.test('seeded objects look like uploaded ones, gigabytes without a disk', async (t) => {
  const { server, s3, dataDir } = await start(t);
  const lastModifiedMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
  server.addBucket(Bucket, { versioning: 'Enabled' });
  server.seed(Bucket, [
    { key: 'small', body: 'abc', lastModifiedMs, versionId: 'v1', metadata: { sha256: 'x' } },
    { key: 'made-up', body: { sizeBytes: 3_000_000, seed: 1 } },
    { key: 'same', body: { sizeBytes: 3_000_000, seed: 1 } },
    { key: 'large', body: { sizeBytes: 3 * 2 ** 30 }, etag: 'given', checksum: null },
    { key: 'parts', body: 'aabbc', partSizes: [2, 2, 1], checksum: { algorithm: 'SHA256', type: 'COMPOSITE' } },
  ]);
  const small = await s3.send(new GetObjectCommand({ Bucket, Key: 'small' }));
  t.match(small, { VersionId: 'v1', ETag: '"900150983cd24fb0d6963f7d28e17f72"', Metadata: { sha256: 'x' } });
  t.equal(small.LastModified?.getTime(), Math.floor(lastModifiedMs / 1000) * 1000);

  const whole = await read(s3, 'made-up');
  t.equal(whole.length, 3_000_000);
  t.ok(whole.equals(await read(s3, 'same')), 'one seed, one content');
  t.ok((await read(s3, 'made-up', 'bytes=1048570-1048590')).equals(whole.subarray(1_048_570, 1_048_591)));
  t.notOk(whole.subarray(0, 1 << 20).equals(whole.subarray(1 << 20, 2 << 20)), 'no two blocks are alike');
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'made-up', ChecksumMode: 'ENABLED' }));
  t.equal(head.ETag, `"${createHash('md5').update(whole).digest('hex')}"`);
  t.ok(head.ChecksumCRC64NVME);

  t.match(await s3.send(new HeadObjectCommand({ Bucket, Key: 'large' })), { ContentLength: 3 * 2 ** 30 });
  t.equal((await read(s3, 'large', 'bytes=-5')).length, 5);
  const parts = await s3.send(new HeadObjectCommand({ Bucket, Key: 'parts', PartNumber: 2, ChecksumMode: 'ENABLED' }));
  t.match(parts, { PartsCount: 3, ContentLength: 2, ETag: /-3"$/ });
  t.same(
    readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()),
    [],
  );
});

t.test('large bodies lie in files, which go with their objects, and all with the server', async (t) => {
  const dataDir = t.testdir();
  const server = await startS3Server({ dataDir, users: [USER], clock });
  const s3 = connect(server);
  server.addBucket(Bucket);
  const files = () => readdirSync(dataDir, { recursive: true }).filter((name) => String(name).endsWith('.body'));
  const body = Buffer.alloc(1_000_000, 'x');
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: body }));
  t.equal(files().length, 1);
  t.ok(body.equals(await read(s3, 'k')));
  await t.rejects(s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: body, IfNoneMatch: '*' })));
  await t.rejects(
    s3.send(new PutObjectCommand({ Bucket, Key: 'n', Body: body, ChecksumSHA256: 'A'.repeat(43).concat('=') })),
  );
  t.equal(files().length, 1, 'what is refused leaves no file');
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: body }));
  t.equal(files().length, 1, 'what is replaced leaves no file');
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  t.equal(files().length, 0);
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: body }));
  s3.destroy();
  await server.close();
  t.same(readdirSync(dataDir), []);
});

t.test('an attacker or an accident: content replaced, class moved, version gone', async (t) => {
  const { server, s3 } = await start(t);
  server.seed(
    Bucket,
    ['a', 'b', 'c'].map((key) => ({ key, body: key.repeat(10) })),
  );
  server.replaceContent(Bucket, { key: 'a', body: 'other' });
  t.equal(String(await read(s3, 'a')), 'other');
  server.setClassOf(Bucket, 'b', 'GLACIER');
  t.match(await s3.send(new HeadObjectCommand({ Bucket, Key: 'b' })), { StorageClass: 'GLACIER' });
  await t.rejects(read(s3, 'b'), { name: 'InvalidObjectState', $metadata: { httpStatusCode: 403 } });
  server.remove(Bucket, 'c');
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
  t.same(
    Contents.map(({ Key, StorageClass }) => [Key, StorageClass]),
    [
      ['a', 'STANDARD'],
      ['b', 'GLACIER'],
    ],
  );
  t.throws(() => server.remove(Bucket, 'c'), RangeError);
});

t.test('policies decide: denied is 403, and a missing key is denied to who may not list', async (t) => {
  const asked: AuthorizationRequest[] = [];
  const allowed = new Set(['s3:GetObject', 's3:PutObject']);
  const authorize = (question: AuthorizationRequest) => {
    asked.push(question);
    return allowed.has(question.action);
  };
  const { server, s3 } = await start(t, { authorize });
  server.addBucket(Bucket);
  await s3.send(new PutObjectCommand({ Bucket, Key: 'ü', Body: 'x', IfNoneMatch: '*' }));
  t.match(asked[0], {
    user: USER,
    action: 's3:PutObject',
    bucket: Bucket,
    key: 'ü',
    conditions: { 's3:if-none-match': '*', 's3:ObjectCreationOperation': 'true', 'aws:SecureTransport': 'false' },
  });
  await t.rejects(s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'p/' })), { name: 'AccessDenied' });
  t.match(asked.at(-1), { action: 's3:ListBucket', key: null, conditions: { 's3:prefix': 'p/' } });
  await t.rejects(read(s3, 'missing'), { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
  allowed.add('s3:ListBucket');
  await t.rejects(read(s3, 'missing'), { name: 'NoSuchKey', $metadata: { httpStatusCode: 404 } });
  await t.rejects(s3.send(new DeleteObjectCommand({ Bucket, Key: 'ü' })), { name: 'AccessDenied' });
  await t.rejects(s3.send(new GetObjectCommand({ Bucket, Key: 'ü', VersionId: 'null' })), { name: 'AccessDenied' });
});

t.test('acts of power are forbidden first and unimplemented second', async (t) => {
  const asked: AuthorizationRequest[] = [];
  let allowed = false;
  const authorize = (question: AuthorizationRequest) => {
    asked.push(question);
    return allowed;
  };
  const { server, s3 } = await start(t, { authorize });
  server.seed(Bucket, [{ key: 'k', body: 'x' }]);
  const putAcl = () => s3.send(new PutObjectAclCommand({ Bucket, Key: 'k', ACL: 'public-read' }));
  const putPolicy = (Policy: string) => s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  const putWithKey = () =>
    raw(server, 'PUT', '/vault/n', '', { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' });
  await t.rejects(putAcl(), { name: 'AccessDenied' });
  t.match(asked.at(-1), { action: 's3:PutObjectAcl', key: 'k', conditions: { 's3:x-amz-acl': 'public-read' } });
  await t.rejects(putPolicy('{}'), { name: 'AccessDenied' });
  t.equal((await putWithKey()).code, 'AccessDenied');
  t.match(asked.at(-1)?.conditions, { 's3:x-amz-server-side-encryption-customer-algorithm': 'AES256' });
  t.equal(server.policyOf(Bucket), null);

  allowed = true;
  await t.rejects(putAcl(), { name: 'NotImplemented' });
  t.equal((await putWithKey()).code, 'NotImplemented');
  t.same(server.versionsOf(Bucket, 'n'), []);
  await t.rejects(putPolicy('no JSON'), { name: 'MalformedPolicy' });
  await putPolicy('{"Statement":[]}');
  t.equal(server.policyOf(Bucket), '{"Statement":[]}');
  await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
  t.equal(server.policyOf(Bucket), null);
});

t.test('an object uploaded in parts bears the time at which its upload began', async (t) => {
  let nowMs = clock.now() - 60_000;
  const { server, s3 } = await start(t, { clock: { ...clock, now: () => nowMs } });
  server.addBucket(Bucket, { versioning: 'Enabled' });
  const begunMs = nowMs;
  const upload = { Bucket, Key: 'k', ChecksumAlgorithm: 'CRC64NVME' } as const;
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(upload));
  nowMs += 60_000;
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'whole' }));
  const { ETag } = await s3.send(new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: 'part' }));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key: 'k', UploadId, MultipartUpload }));
  t.match(await s3.send(new HeadObjectCommand({ Bucket, Key: 'k' })), {
    ContentLength: 4,
    LastModified: new Date(Math.floor(begunMs / 1000) * 1000),
  });
});

t.test('what is not implemented is 501: header, parameter, subresource, presigned URL', async (t) => {
  const { server } = await start(t);
  server.seed(Bucket, [{ key: 'k', body: 'x' }]);
  const status = async (...args: Parameters<typeof raw> extends [S3Server, ...infer Rest] ? Rest : never) =>
    (await raw(server, ...args)).code;
  t.equal(await status('GET', '/vault/k'), undefined);
  t.equal(await status('GET', '/vault', 'acl='), 'NotImplemented');
  t.equal(await status('GET', '/vault', 'list-type=2&new-option=1'), 'NotImplemented');
  t.equal(await status('GET', '/vault/k', 'response-content-type=text%2Fhtml'), 'NotImplemented');
  t.equal(await status('GET', '/vault/k', '', { 'x-amz-expected-bucket-owner': '1' }), 'NotImplemented');
  t.equal(await status('PUT', '/vault/n', '', { 'x-amz-server-side-encryption': 'AES256' }), 'NotImplemented');
  t.equal(await status('PUT', '/vault/n', '', { 'if-modified-since': 'x' }), 'NotImplemented');
  t.equal(await status('PUT', '/vault/n', '', { 'if-none-match': '"0"' }), 'NotImplemented');
  t.equal(await status('PATCH', '/vault/k'), 'NotImplemented');
  t.equal(await status('GET', '/vault/k', 'X-Amz-Signature=0'), 'NotImplemented');
  t.equal(await status('GET', '/vault/%zz'), 'InvalidURI');
  t.equal(await status('GET', '/vault/%ff'), 'NoSuchKey', 'bytes that are no UTF-8 are a key all the same');
  t.same(server.versionsOf(Bucket, 'n'), []);
});

t.test('keys that are no text: listed by bytes, in a document that stays whole', async (t) => {
  const { server } = await start(t);
  server.seed(Bucket, [
    { key: Uint8Array.of(0xff, 0x2f), body: '' },
    { key: 'a\u0001<b', body: '' },
  ]);
  const plain = await raw(server, 'GET', '/vault', 'list-type=2');
  t.match(plain.text, '<Key>a&#x1;&lt;b</Key>');
  const encoded = await raw(server, 'GET', '/vault', 'encoding-type=url&list-type=2');
  t.match(encoded.text, /<Key>a%01%3Cb<\/Key>.*<Key>%FF\/<\/Key>/s);
});

t.test('100,000 keys: seeded, listed page by page, each page at once', async (t) => {
  const { server, s3 } = await start(t);
  const key = (index: number) => `web/${String((index * 7919) % 100_000).padStart(6, '0')}`;
  server.seed(
    Bucket,
    (function* () {
      for (let index = 0; index < 100_000; index += 1) yield { key: key(index), body: { sizeBytes: 100 } };
    })(),
  );
  const page = await s3.send(new ListObjectsV2Command({ Bucket, StartAfter: 'web/099499' }));
  t.equal(page.KeyCount, 500);
  const groups = await s3.send(new ListObjectsV2Command({ Bucket, Delimiter: '/' }));
  t.same(groups.CommonPrefixes, [{ Prefix: 'web/' }]);
  const versions = await s3.send(new ListObjectVersionsCommand({ Bucket, KeyMarker: 'web/050000', MaxKeys: 1 }));
  t.equal(versions.Versions?.[0]?.Key, 'web/050001');
});

t.test('counts requests and bytes; the clock of the answers is the one given', async (t) => {
  const nowMs = Date.now() + 60_000;
  const { server, s3 } = await start(t, { clock: { ...clock, now: () => nowMs }, countersPath: '/-/counters' });
  server.seed(Bucket, [{ key: 'k', body: { sizeBytes: 2_000_000 } }]);
  await read(s3, 'k');
  await read(s3, 'k', 'bytes=0-9');
  await t.rejects(read(s3, 'none'));
  t.match(server, { requests: 3, bytesServed: 2_000_010, requestsByOperation: { GetObject: 3 } });
  const { text, date } = await raw(server, 'GET', '/vault/k');
  t.equal(text.length > 0, true);
  t.equal(Date.parse(date), Math.floor(nowMs / 1000) * 1000);
  const counters = await fetch(`${server.url}/-/counters`);
  t.match(await counters.json(), { requests: 4, requestsByOperation: { GetObject: 4 } });
});

t.test('object data goes out no faster than the line carries it', async (t) => {
  // Nobody waits: the clock goes on by what it is asked to sleep.
  let elapsedMs = 0;
  const sleep = async (ms: number) => {
    elapsedMs += ms;
  };
  const startedMs = clock.now();
  const { server, s3 } = await start(t, {
    clock: { now: () => startedMs + elapsedMs, sleep },
    bytesPerSecond: 1_000_000,
  });
  server.seed(Bucket, [{ key: 'k', body: { sizeBytes: 5_000_000 } }]);
  for (const times of [1, 2]) {
    t.equal((await read(s3, 'k')).length, 5_000_000);
    t.ok(Math.abs(elapsedMs - times * 5000) < 500, `${times * 5} MB in ${Math.round(elapsedMs)} ms`);
  }
});

async function start(t: Test, more: Partial<S3ServerOptions> = {}) {
  const dataDir = t.testdir();
  const server = await startS3Server({ dataDir, users: [USER], clock, ...more });
  const s3 = connect(server);
  t.teardown(async () => {
    s3.destroy();
    await server.close();
  });
  return { server, s3, dataDir };
}

function connect(server: S3Server): S3Client {
  return new S3Client({
    endpoint: server.url,
    region: 'eu-central-1',
    credentials: USER,
    forcePathStyle: true,
    maxAttempts: 1,
  });
}

async function read(s3: S3Client, Key: string, Range?: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, Range }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

/** A request that no SDK would send; `query` must be in canonical order. */
function raw(
  server: S3Server,
  method: string,
  path: string,
  query = '',
  extra: Record<string, string> = {},
): Promise<{ code: string | undefined; text: string; date: string }> {
  const stamp = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, '');
  const day = stamp.slice(0, 8);
  const headers: Record<string, string> = {
    host: `127.0.0.1:${server.port}`,
    'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    'x-amz-date': stamp,
    ...extra,
  };
  const names = Object.keys(headers).sort();
  const canonical = [
    method,
    path.replace(/%(?![0-9a-fA-F]{2})/g, '%25').replace('%ff', '%FF'),
    query,
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    'UNSIGNED-PAYLOAD',
  ].join('\n');
  const scope = `${day}/eu-central-1/s3/aws4_request`;
  const toSign = `AWS4-HMAC-SHA256\n${stamp}\n${scope}\n${createHash('sha256').update(canonical).digest('hex')}`;
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const key = hmac(hmac(hmac(hmac(`AWS4${USER.secretAccessKey}`, day), 'eu-central-1'), 's3'), 'aws4_request');
  const authorization = `AWS4-HMAC-SHA256 Credential=${USER.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${hmac(key, toSign).toString('hex')}`;
  return new Promise((resolve, reject) => {
    const target = { port: server.port, host: '127.0.0.1', method, path: query === '' ? path : `${path}?${query}` };
    const outgoing = request({ ...target, headers: { ...headers, authorization } }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
      });
      response.on('end', () => {
        resolve({ text, code: /<Code>(\w+)<\/Code>/.exec(text)?.[1], date: response.headers.date ?? '' });
      });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}
