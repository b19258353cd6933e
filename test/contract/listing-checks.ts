import assert from 'node:assert/strict';
import {
  DeleteObjectCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { type ContractCheck, check, present, refuses } from './contract-check.ts';

/** In the order of their UTF-8 bytes: U+FF5E comes before U+1F98A there, and after it in UTF-16. */
const ORDERED = ['A', 'a', 'a/1', 'a/2', 'a0', 'b/1', 'é', '～', '🦊'];

/** Order, pages, prefixes and markers of the three listings. */
export const LISTING_CHECKS: readonly ContractCheck[] = [
  check('keys are listed in UTF-8 byte order', async ({ s3, bucket }) => {
    const Bucket = await filled(s3, await bucket());
    const { Contents = [], KeyCount, IsTruncated } = await s3.send(new ListObjectsV2Command({ Bucket }));
    assert.deepEqual(keysOf(Contents), ORDERED);
    assert.equal(KeyCount, ORDERED.length);
    assert.equal(IsTruncated, false);
    const [first] = Contents;
    assert.equal(first?.Size, 1);
    assert.match(first?.ETag ?? '', /^"[0-9a-f]{32}"$/);
    assert.ok(first?.LastModified instanceof Date);
    assert.equal(first?.StorageClass, 'STANDARD');
  }),
  check('pages of two cover every key once', async ({ s3, bucket }) => {
    const Bucket = await filled(s3, await bucket());
    const seen: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 2, ContinuationToken }));
      seen.push(...keysOf(page.Contents));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    assert.deepEqual(seen, ORDERED);
  }),
  check('start-after begins behind the key, whether it exists or not', async ({ s3, bucket }) => {
    const Bucket = await filled(s3, await bucket());
    const after = async (StartAfter: string, Prefix?: string) =>
      keysOf((await s3.send(new ListObjectsV2Command({ Bucket, StartAfter, Prefix }))).Contents);
    assert.deepEqual(await after('a/2'), ORDERED.slice(4));
    assert.deepEqual(await after('a/15'), ORDERED.slice(3));
    assert.deepEqual(await after('～'), ['🦊']);
    assert.deepEqual(await after('a/1', 'a/'), ['a/2']);
    assert.deepEqual(await after('zz', 'a/'), []);
  }),
  check('prefix and delimiter roll keys up', async ({ s3, bucket }) => {
    const Bucket = await filled(s3, await bucket());
    const top = await s3.send(new ListObjectsV2Command({ Bucket, Delimiter: '/' }));
    assert.deepEqual(top.CommonPrefixes, [{ Prefix: 'a/' }, { Prefix: 'b/' }]);
    assert.deepEqual(
      keysOf(top.Contents),
      ORDERED.filter((key) => !key.includes('/')),
    );
    const inside = await s3.send(new ListObjectsV2Command({ Bucket, Delimiter: '/', Prefix: 'a/' }));
    assert.deepEqual(keysOf(inside.Contents), ['a/1', 'a/2']);
    assert.equal(inside.CommonPrefixes, undefined);
  }),
  check('rolled-up groups count as one and are not repeated on the next page', async ({ s3, bucket }) => {
    const Bucket = await filled(s3, await bucket());
    const seen: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await s3.send(new ListObjectsV2Command({ Bucket, Delimiter: '/', MaxKeys: 1, ContinuationToken }));
      seen.push(...keysOf(page.Contents), ...(page.CommonPrefixes ?? []).map(({ Prefix = '' }) => Prefix));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    assert.deepEqual(seen, ['A', 'a', 'a/', 'a0', 'b/', 'é', '～', '🦊']);
  }),
  check('encoding-type=url carries control characters', async ({ s3, bucket }) => {
    const Bucket = await bucket();
    const keys = ['a\u0001b', 'c d', 'e+f', 'g%h', 'i/j', 'k\nl'];
    for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket, Key, Body: '.' }));
    const page = await s3.send(new ListObjectsV2Command({ Bucket, EncodingType: 'url' }));
    assert.equal(page.EncodingType, 'url');
    const decoded = keysOf(page.Contents).map((key) => decodeURIComponent(key.replaceAll('+', ' ')));
    assert.deepEqual(decoded, keys);
  }),
  check('the old listing pages by marker', async ({ s3, bucket }) => {
    const Bucket = await filled(s3, await bucket());
    const first = await s3.send(new ListObjectsCommand({ Bucket, MaxKeys: 3 }));
    assert.deepEqual(keysOf(first.Contents), ORDERED.slice(0, 3));
    assert.equal(first.IsTruncated, true);
    const rest = await s3.send(new ListObjectsCommand({ Bucket, Marker: 'a/1' }));
    assert.deepEqual(keysOf(rest.Contents), ORDERED.slice(3));
  }),
  check('a delete marker hides its key from the object listing', async ({ s3, bucket }) => {
    const Bucket = await filled(s3, await bucket('versioned'));
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket }));
    assert.deepEqual(
      keysOf(Contents),
      ORDERED.filter((key) => key !== 'a'),
    );
  }),
  check('versions are listed newest first, with the latest marked', async ({ s3, bucket }) => {
    const Bucket = await bucket('versioned');
    const ids: string[] = [];
    for (const Body of ['1', '22', '333']) {
      const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body }));
      ids.unshift(present(VersionId, 'VersionId'));
    }
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
    const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    assert.deepEqual(
      Versions.map(({ VersionId }) => VersionId),
      ids,
    );
    assert.deepEqual(
      Versions.map(({ Size }) => Size),
      [3, 2, 1],
    );
    assert.ok(Versions.every(({ IsLatest }) => IsLatest === false));
    assert.equal(DeleteMarkers.length, 1);
    assert.equal(DeleteMarkers[0]?.IsLatest, true);
  }),
  check('pages of versions cover every version once', async ({ s3, bucket }) => {
    const Bucket = await bucket('versioned');
    const written: string[] = [];
    for (const Key of ['a', 'b/x', 'c']) {
      const ids: string[] = [];
      for (const Body of ['1', '2', '3']) {
        const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
        ids.unshift(`${Key} ${VersionId}`);
      }
      written.push(...ids);
    }
    const seen: string[] = [];
    let markers: { KeyMarker?: string; VersionIdMarker?: string } | null = {};
    while (markers !== null) {
      const page: Awaited<ReturnType<typeof listVersions>> = await listVersions(s3, Bucket, markers);
      seen.push(...(page.Versions ?? []).map(({ Key, VersionId }) => `${Key} ${VersionId}`));
      markers = page.IsTruncated ? definedMarkers(page.NextKeyMarker, page.NextVersionIdMarker) : null;
    }
    assert.deepEqual(seen, written);
  }),
  check('in an unversioned bucket the version is null', async ({ s3, bucket }) => {
    const Bucket = await filled(s3, await bucket());
    const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'a/' }));
    assert.deepEqual(
      Versions.map(({ Key, VersionId }) => [Key, VersionId]),
      [
        ['a/1', 'null'],
        ['a/2', 'null'],
      ],
    );
  }),
  check('listing a missing bucket is NoSuchBucket', async ({ s3, bucket }) => {
    const Bucket = `${await bucket()}-no`;
    await refuses(s3.send(new ListObjectsV2Command({ Bucket })), 404, 'NoSuchBucket');
    await refuses(s3.send(new ListObjectVersionsCommand({ Bucket })), 404, 'NoSuchBucket');
  }),
];

async function filled(s3: S3Client, Bucket: string): Promise<string> {
  for (const Key of [...ORDERED].reverse()) await s3.send(new PutObjectCommand({ Bucket, Key, Body: '.' }));
  return Bucket;
}

function keysOf(contents: readonly { readonly Key?: string | undefined }[] = []): string[] {
  return contents.map(({ Key }) => Key ?? '');
}

function listVersions(s3: S3Client, Bucket: string, markers: { KeyMarker?: string; VersionIdMarker?: string }) {
  return s3.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 2, ...markers }));
}

function definedMarkers(KeyMarker = '', VersionIdMarker = ''): { KeyMarker?: string; VersionIdMarker?: string } {
  return VersionIdMarker === '' ? { KeyMarker } : { KeyMarker, VersionIdMarker };
}
