import fc from 'fast-check';
import t from 'tap';
import { parseEvent } from '../../src/promoter/parse-event.ts';

const TIME = '2026-11-20T11:00:00.123Z';
const record = (key: string, more: object = {}, object: object = { versionId: 'v1', size: 5, eTag: 'x' }) => ({
  eventVersion: '2.1',
  eventSource: 'aws:s3',
  awsRegion: 'eu-central-1',
  eventTime: TIME,
  eventName: 'ObjectCreated:CompleteMultipartUpload',
  s3: { s3SchemaVersion: '1.0', bucket: { name: 'inbox' }, object: { key, sequencer: '1', ...object } },
  ...more,
});
const upload = { bucket: 'inbox', key: 'web1/a', versionId: 'v1', eventTimeMs: Date.parse(TIME) };
const uploadsOf = (...records: unknown[]) => parseEvent({ Records: records });

t.test('uploads, keys decoded as forms are', async (t) => {
  t.same(uploadsOf(record('web1/a')), { kind: 'uploads', uploads: [upload], problems: [] });
  const two = uploadsOf(record('web1/a'), record('web1%2Fb+c%2B%C3%BC%25.gpg'));
  t.match(two, { uploads: [{ key: 'web1/a' }, { key: 'web1/b c+ü%.gpg' }] });
  t.match(uploadsOf(record('web1/a', {}, {})), { uploads: [{ versionId: null }] });
  t.match(uploadsOf(record('web1/a', {}, { versionId: '' })), { uploads: [{ versionId: null }] });
  const ceph = { eventSource: 'ceph:s3', eventName: 'ObjectCreated:Put' };
  t.match(
    uploadsOf(record('web1/a+b%2B', ceph)),
    { uploads: [{ key: 'web1/a+b%2B' }] },
    'radosgw sends keys as they are',
  );
  const minio = { eventSource: 'minio:s3', eventName: 's3:ObjectCreated:Put' };
  t.match(uploadsOf(record('web1%2Fa', minio)), { uploads: [upload] });
});

t.test('what is no upload', async (t) => {
  t.same(parseEvent({ Service: 'Amazon S3', Event: 's3:TestEvent', Time: TIME, Bucket: 'inbox' }), { kind: 'test' });
  t.same(parseEvent({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} }), { kind: 'sweep' });
  t.same(parseEvent({ sweep: true }), { kind: 'sweep' });
  for (const event of [null, undefined, 1, 'x', [], {}, { Records: {} }, { sweep: 'yes' }]) {
    t.same(parseEvent(event), { kind: 'unknown' }, JSON.stringify(event));
  }
  t.same(uploadsOf(record('web1/a', { eventName: 'ObjectRemoved:Delete' })), {
    kind: 'uploads',
    uploads: [],
    problems: [],
  });
});

t.test('a record that nobody can read hides no other', async (t) => {
  const bad = [
    [null, 'is no object'],
    [{}, 'has no eventName'],
    [record('%ff'), 'has a key that is no text'],
    [record('%zz'), 'has a key that is no text'],
    [record(''), 'has no key'],
    [record('web1/a', { eventTime: 'yesterday' }), 'has no time'],
    [record('web1/a', { s3: { object: { key: 'a' } } }), 'has no bucket'],
    [record('web1/a', { s3: null }), 'has no bucket'],
  ] as const;
  for (const [one, why] of bad) {
    t.same(
      uploadsOf(one, record('web1/a')),
      { kind: 'uploads', uploads: [upload], problems: [`record 1: ${why}`] },
      why,
    );
  }
});

t.test('every key comes back from its form encoding', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (key) => {
      const encoded = new URLSearchParams({ key }).toString().slice('key='.length);
      const message = uploadsOf(record(encoded));
      return message.kind === 'uploads' && message.uploads[0]?.key === key;
    }),
  );
});

t.test('no message makes it throw', async () => {
  const anyRecord = fc.record(
    {
      eventName: fc.oneof(fc.constant('ObjectCreated:Put'), fc.anything()),
      eventTime: fc.anything(),
      eventSource: fc.anything(),
      s3: fc.oneof(fc.anything(), fc.record({ bucket: fc.anything(), object: fc.anything() }, { requiredKeys: [] })),
    },
    { requiredKeys: [] },
  );
  const message = fc.oneof(fc.anything(), fc.record({ Records: fc.array(fc.oneof(anyRecord, fc.anything())) }));
  fc.assert(fc.property(message, (event) => typeof parseEvent(event).kind === 'string'));
});
