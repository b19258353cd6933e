import { CompleteMultipartUploadCommand, S3Client } from '@aws-sdk/client-s3';
import t from 'tap';
import { assertConditionalHeader } from '../../src/promoter/assert-conditional-header.ts';
import { createHandler } from '../../src/promoter/lambda.ts';
import { NOON_MS, SETTINGS, startWorld } from './promoter-fixture.ts';

const context = (remainingMs = 900_000) => ({ getRemainingTimeInMillis: () => remainingMs });
const record = (key: string, versionId: string | null) => ({
  eventSource: 'aws:s3',
  eventName: 'ObjectCreated:Put',
  eventTime: new Date(NOON_MS).toISOString(),
  s3: { bucket: { name: 'inbox' }, object: { key: encodeURIComponent(key), versionId } },
});

async function startFunction(t: Parameters<typeof startWorld>[0], options: Parameters<typeof startWorld>[1] = {}) {
  const world = await startWorld(t, options);
  const lines: Record<string, unknown>[] = [];
  const handler = createHandler(SETTINGS, {
    client: world.s3,
    now: world.now,
    write: (line) => lines.push(JSON.parse(line)),
  });
  return { ...world, handler, logged: lines };
}

t.test('several records: one that fails does not keep the others, and Lambda is told', async (t) => {
  const { handler, put, contents, logged } = await startFunction(t, {
    authorize: ({ action, key }) => !(action === 's3:GetObjectVersion' && String(key).includes('backup')),
  });
  const broken = await put('web1/backup.tar.gz.gpg', 'a tarball');
  const whole = await put('web1/sql.gz.gpg', 'a dump');
  const Records = [record(broken.key, broken.versionId), {}, record(whole.key, whole.versionId)];
  await t.rejects(handler({ Records }, context()), { message: /^2 could not be dealt with/ });
  t.same(await contents('vault', 'web1/2026-11-20.12.sql.gz.gpg'), ['a dump']);
  t.match(logged, [
    { level: 'warn', event: 'not-understood', why: 'record 2: has no eventName' },
    {
      level: 'error',
      event: 'failed',
      key: broken.key,
      versionId: broken.versionId,
      error: /^StorageError: HeadObject/,
    },
    {
      level: 'info',
      event: 'decision',
      during: 'event',
      kind: 'promoted',
      key: whole.key,
      uploadedAt: '2026-11-20T11:00:00Z',
    },
  ]);
  t.equal(logged[2]?.time, '2026-11-20T11:00:00Z');
});

t.test('the test message, the schedule, and nonsense', async (t) => {
  const { handler, put, contents, logged } = await startFunction(t);
  await handler({ Service: 'Amazon S3', Event: 's3:TestEvent' }, context());
  t.same(logged, []);
  await put('web1/backup.tar.gz.gpg', 'a tarball');
  await handler({ source: 'aws.events', 'detail-type': 'Scheduled Event' }, context());
  t.same(await contents('vault', 'web1/2026-11-20.tar.gz.gpg'), ['a tarball']);
  await t.rejects(handler('nonsense'), /1 could not be dealt with/);
  t.match(logged.at(-1), { level: 'warn', event: 'not-understood' });
});

t.test('no time left: nothing is begun, and Lambda is told', async (t) => {
  const { handler, put, contents } = await startFunction(t);
  const { key, versionId } = await put('web1/backup.tar.gz.gpg', 'a tarball');
  // The timer fires before the first answer can come.
  await t.rejects(handler({ Records: [record(key, versionId)] }, context(0)));
  t.same(await contents('inbox', key), ['a tarball']);
});

t.test('a sweep that did not come to its end is called again', async (t) => {
  const { handler, put, logged } = await startFunction(t);
  await put('web1/backup.tar.gz.gpg', 'a tarball');
  await t.rejects(handler({ source: 'aws.events' }, context(0)), { message: /^1 could not be dealt with/ });
  t.match(logged.at(-1), { event: 'sweep', complete: false });
});

t.test('keys in the log cannot steer a terminal', async (t) => {
  const { s3, now } = await startWorld(t);
  const raw: string[] = [];
  const handler = createHandler(SETTINGS, { client: s3, now, write: (line) => raw.push(line) });
  await handler({ Records: [record('web1/\u001b[31m\u202egpg\n', 'v')] }, context());
  t.match(raw[0], /\\u001b\[31m\\u202egpg\\n/);
});

t.test('an SDK that drops the header is found out before anything is promoted', async (t) => {
  const credentials = { accessKeyId: 'AKtest', secretAccessKey: 'secret' };
  // Nobody listens there: the assertion sends nothing.
  const client = new S3Client({ region: 'eu-central-1', endpoint: 'http://127.0.0.1:9', credentials });
  t.teardown(() => client.destroy());
  await assertConditionalHeader(client);
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        const { request } = args as { request?: { headers?: Record<string, string> } };
        if (commandName === CompleteMultipartUploadCommand.name) delete request?.headers?.['if-none-match'];
        return next(args);
      },
    { step: 'serialize', priority: 'low' },
  );
  await t.rejects(assertConditionalHeader(client), { message: /could be overwritten/ });
  await t.rejects(createHandler(SETTINGS, { client })({ Records: [] }, context()), { message: /could be overwritten/ });
});
