import fc from 'fast-check';
import t from 'tap';
import { s3Notification } from '../../src/demo/s3-notification.ts';
import { parseEvent } from '../../src/promoter/parse-event.ts';
import { codePoint } from '../support/code-point.ts';

const UPLOAD = {
  bucket: 'example-inbox',
  key: 'web1/backup of ü+1.tar',
  versionId: 'v1',
  sizeBytes: 5,
  etag: '5d41402abc4b2a76b9719d911017c592',
  finishedAtMs: Date.UTC(2026, 10, 21, 23, 30, 0, 7),
  wasMultipart: false,
};

t.test('the message has the form that S3 gives it', async (t) => {
  const eventTime = '2026-11-21T23:30:00.007Z';
  t.match(s3Notification(UPLOAD), {
    Records: [
      {
        eventSource: 'aws:s3',
        eventName: 'ObjectCreated:Put',
        eventTime,
        s3: {
          bucket: { name: 'example-inbox', arn: 'arn:aws:s3:::example-inbox' },
          object: { key: 'web1/backup+of+%C3%BC%2B1.tar', size: 5, eTag: UPLOAD.etag, versionId: 'v1' },
        },
      },
    ],
  });
  t.match(s3Notification({ ...UPLOAD, wasMultipart: true }), {
    Records: [{ eventName: 'ObjectCreated:CompleteMultipartUpload' }],
  });
});

t.test('the promoter reads from it what was uploaded, whatever the name', async (t) => {
  const key = fc.string({ unit: codePoint, minLength: 1, maxLength: 60 });
  const finishedAtMs = fc.integer({ min: 0, max: 4e12 });
  fc.assert(
    fc.property(key, finishedAtMs, (key, finishedAtMs) => {
      const { bucket, versionId } = UPLOAD;
      t.strictSame(parseEvent(s3Notification({ ...UPLOAD, key, finishedAtMs })), {
        kind: 'uploads',
        uploads: [{ bucket, key, versionId, eventTimeMs: finishedAtMs }],
        problems: [],
      });
    }),
  );
});
