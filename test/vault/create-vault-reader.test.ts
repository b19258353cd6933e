import { createHash } from 'node:crypto';
import t from 'tap';
import type { ListedObject } from '../../src/core/archive.ts';
import { createArchiveDigests } from '../../src/core/archive-digests.ts';
import { isAppError } from '../../src/core/errors.ts';
import { planProof } from '../../src/core/proof-plan.ts';
import { type S3ServerOptions, startS3Server } from '../../src/demo/s3-server/start-s3-server.ts';
import { hasTime, type VaultReader } from '../../src/vault/vault-reader.ts';
import { signal, testReader } from './wire-server.ts';

// The SDK signs with the machine's clock, so the server must go by it too.
const clock = { now: () => Date.now(), sleep: async () => {} };
const NOW_MS = clock.now();
const MIB = 2 ** 20;

/** The embedded server with one bucket, and a reader for it whose key is the only one that the server knows. */
async function vaultWith(
  t: { testdir(): string; teardown(run: () => unknown): unknown },
  versioning: 'Enabled' | 'Suspended' | null,
  authorize: NonNullable<S3ServerOptions['authorize']> = () => true,
) {
  const server = await startS3Server({
    dataDir: t.testdir(),
    users: [{ name: 'mirror', accessKeyId: 'AKIDTEST', secretAccessKey: 'do-not-print-this-secret' }],
    clock,
    authorize,
  });
  server.addBucket('vault', { versioning });
  const reader = testReader({ endpoint: server.url, region: 'eu-central-1', forcePathStyle: true, clock });
  t.teardown(async () => {
    reader.close();
    await server.close();
  });
  return { server, reader };
}

async function listAll(reader: VaultReader, prefix = '', startAfter?: string): Promise<ListedObject[]> {
  const objects: ListedObject[] = [];
  for await (const page of reader.list({ prefix, signal, ...(startAfter === undefined ? {} : { startAfter }) })) {
    objects.push(...page.objects.filter(hasTime));
  }
  return objects;
}

async function bytesOf(reader: VaultReader, object: ListedObject, range: { start: number; end: number } | null = null) {
  const body = await reader.get(object, range, signal);
  const chunks: Buffer[] = [];
  for await (const batch of body.batches) chunks.push(...batch);
  return Buffer.concat(chunks);
}

t.test('a versioned vault: every version by its own id', async (t) => {
  const { server, reader } = await vaultWith(t, 'Enabled');
  server.seed('vault', [
    { key: 'web1/a', body: 'old', lastModifiedMs: NOW_MS - 2000 },
    { key: 'web1/a', body: 'newer', lastModifiedMs: NOW_MS - 1000 },
    { key: 'web1/before', body: 'from before versioning', versionId: 'null' },
    { key: 'web2/b', body: 'other' },
  ]);
  const listed = await listAll(reader, 'web1/');
  t.same(
    listed.map(({ key, sizeBytes, versionId }) => [key, sizeBytes, typeof versionId]),
    [
      ['web1/a', 5, 'string'],
      ['web1/a', 3, 'string'],
      ['web1/before', 22, 'object'],
    ],
  );
  t.equal(reader.listing, 'versions');
  const contents = await Promise.all(listed.map(async (object) => (await bytesOf(reader, object)).toString()));
  t.same(contents, ['newer', 'old', 'from before versioning']);
  const { serverDateMs, ...probe } = await reader.probe(signal);
  t.same(probe, { versioned: true, listing: 'versions', keysSeen: 1 });
  t.ok(Math.abs((serverDateMs ?? 0) - NOW_MS) < 60_000);
});

t.test('an unversioned vault: If-Match on the ETag', async (t) => {
  const { server, reader } = await vaultWith(t, null);
  server.seed('vault', [{ key: 'a', body: 'one' }]);
  const [object] = await listAll(reader);
  if (object === undefined) throw new Error('nothing listed');
  t.equal(object.versionId, null);
  t.equal((await bytesOf(reader, object)).toString(), 'one');
  t.equal((await bytesOf(reader, object, { start: 1, end: 3 })).toString(), 'ne');
  t.equal((await reader.head(object, signal)).sizeBytes, 3);
  t.equal((await reader.probe(signal)).versioned, false);
  server.seed('vault', [{ key: 'a', body: 'two' }]);
  const changed = { code: 'OBJECT_CHANGED' };
  await t.rejects(reader.get(object, null, signal), changed);
  await t.rejects(reader.get(object, { start: 0, end: 1 }, signal), changed);
  await t.rejects(reader.head(object, signal), changed);
  server.remove('vault', 'a');
  await t.rejects(reader.get(object, null, signal), { code: 'OBJECT_GONE' });
});

t.test('keys of all kinds come back as they went in, in the server’s order', async (t) => {
  const { server, reader } = await vaultWith(t, 'Enabled');
  const keys = [
    'plain',
    'a b',
    'a+b',
    'a%2Bb',
    'é',
    '💾',
    '\uFFFD',
    '../x',
    './y',
    'a//b',
    '/lead',
    'trail/',
    '.',
    '..',
    'q?x=1&y#z',
    'new\nline',
    '\u0001',
    'ab\u0300',
    '\\back',
    '"quote"',
    "it's(a)*!",
    '\uFEFFbom',
    ' lead',
    'k'.repeat(1024),
  ];
  server.seed('vault', [
    ...keys.map((key) => ({ key, body: `body of ${key}` })),
    { key: Buffer.from([0x62, 0xff, 0x63]), body: 'x' },
  ]);
  const listed = await listAll(reader);
  const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  t.same(
    listed.map(({ key }) => key),
    sorted,
  );
  for (const object of listed) {
    const text = (await bytesOf(reader, object)).toString();
    if (text !== `body of ${object.key}`) t.fail(`${JSON.stringify(object.key)} reads as ${text}`);
  }
  const undecodable: string[] = [];
  for await (const page of reader.list({ prefix: 'b', signal })) undecodable.push(...page.undecodableKeys);
  t.same(undecodable, ['b%FFc']);
  t.same(
    (await listAll(reader, '', 'new\nline')).map(({ key }) => key),
    sorted.filter((key) => Buffer.compare(Buffer.from(key), Buffer.from('new\nline')) > 0),
  );
});

t.test('2,500 keys in three pages, either way of listing', async (t) => {
  const denied = await vaultWith(t, 'Enabled', ({ action }) => action !== 's3:ListBucketVersions');
  const allowed = await vaultWith(t, 'Enabled');
  for (const { server, reader } of [denied, allowed]) {
    server.seed(
      'vault',
      Array.from({ length: 2500 }, (_, i) => ({ key: `k/${String(i).padStart(4, '0')}`, body: 'x' })),
    );
    const before = reader.requests;
    t.equal(new Set((await listAll(reader)).map(({ key }) => key)).size, 2500);
    t.equal(reader.requests - before, reader === denied.reader ? 4 : 3);
    t.equal((await listAll(reader, 'k/24')).length, 100);
    t.equal((await listAll(reader, '', 'k/2489')).length, 10);
  }
  t.equal(denied.reader.listing, 'objects');
  t.equal(allowed.reader.listing, 'versions');
});

t.test('where versions were listed once, a refusal is an error and no shorter listing', async (t) => {
  let refused = false;
  const { server, reader } = await vaultWith(
    t,
    'Enabled',
    ({ action }) => !refused || action !== 's3:ListBucketVersions',
  );
  server.seed('vault', [{ key: 'a', body: 'x' }]);
  t.equal((await listAll(reader)).length, 1);
  refused = true;
  await t.rejects(listAll(reader), { code: 'VAULT_DENIED' });
  const later = testReader({
    endpoint: server.url,
    region: 'eu-central-1',
    forcePathStyle: true,
    clock,
    listing: 'versions',
  });
  t.teardown(() => later.close());
  await t.rejects(listAll(later), { code: 'VAULT_DENIED' });
});

t.test('every proof holds against what the server says', async (t) => {
  const { server, reader } = await vaultWith(t, 'Enabled');
  const partSizes = [5 * MIB, 6 * MIB, 1 * MIB];
  const uniform = [5 * MIB, 5 * MIB, 2 * MIB];
  const body = { sizeBytes: 12 * MIB, seed: 7 };
  const composite = (algorithm: 'CRC32' | 'SHA256') => ({ algorithm, type: 'COMPOSITE' }) as const;
  const full = (algorithm: 'CRC64NVME' | 'CRC32' | 'CRC32C' | 'SHA1' | 'SHA256') =>
    ({ algorithm, type: 'FULL_OBJECT' }) as const;
  const expected: Record<
    string,
    [
      string,
      Parameters<typeof server.seed>[1] extends Iterable<infer Seed> ? Omit<Seed & object, 'key' | 'body'> : never,
    ]
  > = {
    crc64: ['checksum-full', { checksum: full('CRC64NVME') }],
    'crc64-parts': ['checksum-full', { checksum: full('CRC64NVME'), partSizes }],
    crc32: ['checksum-full', { checksum: full('CRC32') }],
    crc32c: ['checksum-full', { checksum: full('CRC32C') }],
    sha1: ['checksum-full', { checksum: full('SHA1') }],
    sha256: ['checksum-full', { checksum: full('SHA256') }],
    'composite-odd': ['checksum-parts', { checksum: composite('CRC32'), partSizes }],
    'composite-sha': ['checksum-parts', { checksum: composite('SHA256'), partSizes: uniform }],
    md5: ['etag-md5', { checksum: null }],
    multipart: ['etag-multipart', { checksum: null, partSizes: uniform }],
    kms: ['length-only', { checksum: null, etag: 'opaque-etag' }],
  };
  server.seed(
    'vault',
    Object.entries(expected).map(([key, [, more]]) => ({ key, body, ...more })),
  );
  for (const object of await listAll(reader)) {
    const facts = await reader.head(object, signal);
    const parts = facts.checksumType === 'composite' ? await reader.objectParts(object, signal) : null;
    const firstPart = object.etag.includes('-') ? await reader.firstPart(object, signal) : null;
    const digests = await createArchiveDigests(planProof(facts, parts, firstPart));
    const bytes = await bytesOf(reader, object);
    digests.update(bytes);
    const result = digests.finish();
    t.match(result, { proof: expected[object.key]?.[0], matched: true, accuses: false }, object.key);
    t.equal(result.sha256, createHash('sha256').update(bytes).digest('hex'));
  }
});

t.test('archived, gone, denied, wrong secret', async (t) => {
  const { server, reader } = await vaultWith(t, 'Enabled', ({ key }) => key !== 'secret');
  server.seed(
    'vault',
    ['a', 'frozen', 'secret'].map((key) => ({ key, body: key })),
  );
  server.setClassOf('vault', 'frozen', 'GLACIER');
  const [a, frozen, secret] = await listAll(reader);
  if (a === undefined || frozen === undefined || secret === undefined) throw new Error('not listed');
  t.equal(frozen.storageClass, 'GLACIER');
  await t.rejects(reader.get(frozen, null, signal), { code: 'OBJECT_ARCHIVED' });
  await t.rejects(reader.get(secret, null, signal), { code: 'OBJECT_DENIED' });
  await t.rejects(reader.head(secret, signal), { code: 'OBJECT_DENIED' });
  server.remove('vault', 'a');
  await t.rejects(reader.get(a, null, signal), { code: 'OBJECT_GONE' });

  const failing = async (options: Parameters<typeof testReader>[0]) => {
    const other = testReader({ endpoint: server.url, region: 'eu-central-1', forcePathStyle: true, clock, ...options });
    t.teardown(() => other.close());
    try {
      await listAll(other);
      return 'nothing';
    } catch (error) {
      return isAppError(error) ? error.code : error;
    }
  };
  t.equal(await failing({ bucket: 'elsewhere' }), 'VAULT_NO_BUCKET');
  t.equal(await failing({ region: 'us-west-2' }), 'VAULT_WRONG_REGION');
  const wrong = testReader({ endpoint: server.url, region: 'eu-central-1', forcePathStyle: true, clock });
  t.teardown(() => wrong.close());
  process.env.AWS_SECRET_ACCESS_KEY = 'wrong';
  await t.rejects(listAll(wrong), { code: 'VAULT_WRONG_KEY', message: /secret/ });
});
