import t from 'tap';
import { readListedObject } from '../../src/vault/listed-object.ts';
import type { WireEntry } from '../../src/vault/parse-listing.ts';
import { hasTime } from '../../src/vault/vault-reader.ts';

const listedAt = (lastModified: string | undefined) => {
  const rest = { etag: '"abc"', size: '10', storageClass: 'STANDARD', versionId: 'v1', isLatest: 'true' };
  const entry: WireEntry = { key: 'a', lastModified, ...rest, isDeleteMarker: false };
  return readListedObject(entry, 'a');
};

t.test('a time is one from 1970 to 9999', async (t) => {
  const times = [
    '1970-01-01T00:00:00Z',
    '2026-11-20T04:04:05.5+01:00',
    '2100-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999Z',
  ];
  for (const time of times) {
    const object = listedAt(time);
    t.ok(hasTime(object), time);
    t.equal(object.lastModifiedMs, Date.parse(time));
  }
});

t.test('any other text is that of its object alone', async (t) => {
  for (const text of [
    '0001-01-01T00:00:00Z',
    '-0001-11-30T00:00:00Z',
    '1969-12-31T23:59:59.999Z',
    '1970-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-00:01',
    '+292277026596-12-04T15:30:07Z',
    '2026-13-45T00:00:00Z',
    'Fri, 20 Nov 2026 03:04:05 GMT',
    'yesterday',
    '',
  ]) {
    const object = listedAt(text);
    t.notOk(hasTime(object), text);
    t.strictSame(object, {
      key: 'a',
      versionId: 'v1',
      etag: 'abc',
      sizeBytes: 10,
      storageClass: 'STANDARD',
      lastModifiedMs: null,
      lastModified: text,
    });
  }
  t.match(listedAt('x'.repeat(100_000)), { lastModified: 'x'.repeat(40) });
});

t.test('an entry without any is no answer of S3', async (t) => {
  t.throws(() => listedAt(undefined), { code: 'VAULT_BAD_ANSWER', message: /"a" is listed without a time/ });
});
