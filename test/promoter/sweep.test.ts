import t from 'tap';
import { OldestByName } from '../../src/promoter/oldest-by-name.ts';
import type { PromoterStorage } from '../../src/promoter/promoter-storage.ts';
import { StorageError } from '../../src/promoter/storage-error.ts';
import { HOUR_MS, NOON_MS, SETTINGS, startWorld } from './promoter-fixture.ts';

const BACKUP = 'web1/backup.tar.gz.gpg';
const SQL = 'web1/sql.gz.gpg';
const TODAY = 'web1/2026-11-20.tar.gz.gpg';
const DAY_MS = 24 * HOUR_MS;

t.test('missed uploads are promoted, the oldest first; the rest is counted and told', async (t) => {
  const { promoter, put, contents, at, lines, server } = await startWorld(t);
  await put(BACKUP, 'first');
  at(NOON_MS + HOUR_MS);
  await put(BACKUP, 'second');
  await put(BACKUP, '');
  await put('web1/what.gpg', 'abc');
  await put('web9/backup.tar.gz.gpg', 'abc');
  server.seed('inbox', [{ key: BACKUP, body: 'from before versioning', versionId: 'null' }]);
  server.seed('inbox', [{ key: Buffer.from('web1/\xff\xfe', 'latin1'), body: 'no text', versionId: 'odd' }]);
  at(NOON_MS + 3 * HOUR_MS);
  const report = await promoter.sweep();
  t.match(report, { listed: 7, left: 6, failed: 0, complete: true, oldestLeftAtMs: NOON_MS + HOUR_MS });
  t.same(report.decisions, { promoted: 1, 'name-taken': 1, empty: 1, 'unknown-name': 3, 'not-versioned': 1 });
  t.equal(report.examples.length, 6);
  t.same(await contents('vault', TODAY), ['first']);
  const line = JSON.parse(lines.at(-1) ?? '');
  t.match(line, {
    event: 'sweep',
    LeftInInbox: 6,
    OldestLeftHours: 2,
    Inbox: 'inbox',
    _aws: { Timestamp: NOON_MS + 3 * HOUR_MS },
  });
  const [metrics] = line._aws.CloudWatchMetrics;
  t.equal(metrics.Namespace, 'pullmirror');
  for (const { Name } of metrics.Metrics) t.type(line[Name], 'number', Name);
  for (const dimension of metrics.Dimensions.flat()) t.type(line[dimension], 'string', dimension);
});

t.test('an empty inbox is all well', async (t) => {
  const { promoter, lines } = await startWorld(t);
  t.match(await promoter.sweep(), { listed: 0, left: 0, oldestLeftAtMs: null, complete: true });
  t.match(JSON.parse(lines.at(-1) ?? ''), { LeftInInbox: 0, OldestLeftHours: 0 });
});

t.test('while its event may come with another name, an upload waits; then LastModified names it', async (t) => {
  const { promoter, put, contents, at, versionIds } = await startWorld(t);
  const upload = await put(SQL, 'a dump');
  at(NOON_MS + 2 * HOUR_MS);
  t.match(await promoter.sweep(), { decisions: { waits: 1 }, left: 0 });
  t.equal(versionIds('inbox', SQL).length, 1);
  // Its event comes after all, and says 12.
  t.match(await promoter.handle(upload), { kind: 'promoted', vaultKey: 'web1/2026-11-20.12.sql.gz.gpg' });

  await put(SQL, 'another dump');
  at(NOON_MS + 2 * HOUR_MS + DAY_MS);
  t.match(await promoter.sweep(), { decisions: { promoted: 1 } });
  t.same(await contents('vault', 'web1/2026-11-20.14.sql.gz.gpg'), ['another dump']);
});

t.test('where no events are delivered nothing waits', async (t) => {
  const { promoter, put, contents, at } = await startWorld(t);
  await put(SQL, 'a dump');
  at(NOON_MS + 2 * HOUR_MS);
  t.match(await promoter.sweep({ eventDelayMs: 0 }), { decisions: { promoted: 1 } });
  t.same(await contents('vault', 'web1/2026-11-20.12.sql.gz.gpg'), ['a dump']);
});

t.test('a promotion that died before its deletion is finished under the name that it had', async (t) => {
  const { promoter, promoterOn, storage, put, contents, at, versionIds } = await startWorld(t);
  const upload = await put(SQL, 'a dump');
  const dying: PromoterStorage = { ...storage, deleteUpload: () => Promise.reject(new Error('the process died here')) };
  // S3 finished it an hour after LastModified.
  const late = { ...upload, eventTimeMs: NOON_MS + HOUR_MS };
  at(NOON_MS + HOUR_MS);
  await t.rejects(promoterOn(dying).handle(late));
  at(NOON_MS + 30 * HOUR_MS);
  t.match(await promoter.sweep(), { decisions: { finished: 1 }, left: 0 });
  t.same(await contents('vault', 'web1/2026-11-20.13.sql.gz.gpg'), ['a dump']);
  t.same(versionIds('vault', 'web1/2026-11-20.12.sql.gz.gpg'), []);
  t.same(versionIds('inbox', SQL), []);
});

t.test(
  'an upload in parts that no message told of gets no name of an earlier period: its beginning is a date that its uploader chose',
  async (t) => {
    const { promoter, server, versionIds, at, contents } = await startWorld(t);
    const partSizes = [5 * 2 ** 20, 1];
    const body = { sizeBytes: 5 * 2 ** 20 + 1, seed: 1 };
    server.seed('inbox', [
      { key: BACKUP, body, partSizes, versionId: 'parts', lastModifiedMs: NOON_MS },
      { key: SQL, body: 'in one piece', versionId: 'whole', lastModifiedMs: NOON_MS },
    ]);
    at(NOON_MS + DAY_MS - 1000);
    t.match(await promoter.sweep(), { decisions: { waits: 2 } });
    at(NOON_MS + DAY_MS + 1000);
    t.match(await promoter.sweep(), { decisions: { 'time-unknown': 1, promoted: 1 }, left: 1 });
    t.same(versionIds('inbox', BACKUP), ['parts']);
    t.same(await contents('vault', 'web1/2026-11-20.12.sql.gz.gpg'), ['in one piece']);
  },
);

t.test('one that fails keeps no other from being promoted; nor does half a listing', async (t) => {
  const { promoterOn, storage, put, contents, entries } = await startWorld(t);
  await put(BACKUP, 'broken');
  await put(SQL, 'whole');
  const fields = { operation: 'Some', place: '', code: '', detail: '' };
  const failing: PromoterStorage = {
    ...storage,
    headUpload: (upload, signal) =>
      upload.key === BACKUP
        ? Promise.reject(new StorageError({ ...fields, status: 403 }))
        : storage.headUpload(upload, signal),
    async *listUploads(prefix, signal) {
      yield* storage.listUploads(prefix, signal);
      throw new StorageError({ ...fields, status: 500 });
    },
  };
  t.match(await promoterOn(failing).sweep(), { decisions: { promoted: 1 }, failed: 2, complete: false });
  t.same(await contents('vault', 'web1/2026-11-20.12.sql.gz.gpg'), ['whole']);
  t.equal(entries.filter(({ event }) => event === 'failed').length, 2);
});

t.test('when time runs out the sweep ends with what it has', async (t) => {
  const { promoterOn, storage, put } = await startWorld(t);
  await put(BACKUP, 'one');
  await put(SQL, 'two');
  const stop = new AbortController();
  const slow: PromoterStorage = {
    ...storage,
    deleteUpload: async (upload, signal) => {
      await storage.deleteUpload(upload, signal);
      stop.abort(new Error('time is over'));
    },
  };
  t.match(await promoterOn(slow).sweep({ signal: stop.signal }), {
    listed: 2,
    decisions: { promoted: 1 },
    failed: 0,
    complete: false,
  });
});

t.test('the last of all does not end in time: that is told, and nothing calls it well', async (t) => {
  const { promoterOn, storage, put, lines, copiesUnderWay } = await startWorld(t);
  const { key, versionId } = await put(BACKUP, 'too large for the time that is left');
  const stop = new AbortController();
  const slow: PromoterStorage = {
    ...storage,
    copyPart: (request, signal) => {
      stop.abort(new Error('time is over'));
      return storage.copyPart(request, signal);
    },
  };
  t.match(await promoterOn(slow).sweep({ signal: stop.signal }), { left: 0, failed: 1, complete: false });
  t.match(JSON.parse(lines.at(-2) ?? ''), { event: 'failed', key, versionId, error: 'Error: time is over' });
  t.notOk('_aws' in JSON.parse(lines.at(-1) ?? ''), 'no metric: nobody knows how many are left');
  t.equal(await copiesUnderWay(), 0);
});

t.test('when the listing has had its time, what it found is promoted', async (t) => {
  const { promoterOn, storage, put, contents } = await startWorld(t);
  await put(BACKUP, 'one');
  const listing = new AbortController();
  const endless: PromoterStorage = {
    ...storage,
    async *listUploads(prefix, signal) {
      yield* storage.listUploads(prefix, signal);
      listing.abort(new Error('half of the time is over'));
      signal.throwIfAborted();
    },
  };
  const report = await promoterOn(endless).sweep({ listingSignal: listing.signal });
  t.match(report, { listed: 1, decisions: { promoted: 1 }, failed: 0, complete: false });
  t.same(await contents('vault', TODAY), ['one']);
});

t.test(
  'at the end of a period the sweep waits: by the clock of S3 the upload may have been finished in the next',
  async (t) => {
    const { promoter, put, at } = await startWorld(t);
    at('2026-11-20T11:59:59.700Z');
    const upload = await put(SQL, 'a dump');
    t.match(await promoter.sweep(), { decisions: { waits: 1 } });
    const event = { ...upload, eventTimeMs: Date.parse('2026-11-20T12:00:00.100Z') };
    t.match(await promoter.handle(event), { kind: 'promoted', vaultKey: 'web1/2026-11-20.13.sql.gz.gpg' });
  },
);

t.test('a name is kept for its first upload when that fails; not when it is refused for good', async (t) => {
  const { promoterOn, storage, put, contents, at } = await startWorld(t);
  const first = await put(BACKUP, 'first');
  at(NOON_MS + 1000);
  await put(BACKUP, 'second');
  const failing = (status: number, code = '', operation = 'HeadObject'): PromoterStorage => ({
    ...storage,
    headUpload: (upload, signal) =>
      upload.versionId === first.versionId
        ? Promise.reject(new StorageError({ operation, place: '', code, status, detail: '' }))
        : storage.headUpload(upload, signal),
  });
  for (const [status, code, operation] of [
    [503, 'SlowDown', 'UploadPartCopy'],
    [400, 'RequestTimeout', 'UploadPartCopy'],
    [403, 'RequestTimeTooSkewed', 'UploadPartCopy'],
    [400, 'BadDigest', 'CompleteMultipartUpload'],
  ] as const) {
    const busy = await promoterOn(failing(status, code, operation)).sweep();
    t.match(busy, { listed: 2, failed: 1, complete: false }, code);
    t.same([busy.decisions, await contents('vault', TODAY)], [{}, []], code);
  }
  t.match(await promoterOn(failing(403)).sweep(), { decisions: { promoted: 1 }, failed: 1, complete: true });
  t.same(await contents('vault', TODAY), ['second']);
});

t.test('of a flood of versions only the oldest few are asked for', async (t) => {
  const { promoter, server, contents, at } = await startWorld(t);
  const flood = Array.from({ length: 3000 }, (_, index) => ({
    ...{ key: BACKUP, body: `version ${index}`, lastModifiedMs: NOON_MS + index * 1000 },
    checksum: null,
  }));
  server.seed('inbox', flood);
  at(NOON_MS + 2 * HOUR_MS);
  const before = server.requests;
  t.match(await promoter.sweep(), { listed: 3000, decisions: { promoted: 1, 'name-taken': 2999 }, complete: true });
  t.same(await contents('vault', TODAY), ['version 0']);
  t.ok(server.requests - before < 25, `${server.requests - before} requests`);
});

t.test('a listing that cannot go on after a key that is no text: what came before is promoted', async (t) => {
  const { promoter, server, put, entries } = await startWorld(t);
  await put(BACKUP, 'a tarball');
  const key = Buffer.from('web1/\xff', 'latin1');
  server.seed(
    'inbox',
    Array.from({ length: 1001 }, () => ({ key, body: 'x', checksum: null, etag: 'x' })),
  );
  t.match(await promoter.sweep(), { decisions: { promoted: 1, 'unknown-name': 999 }, failed: 1, complete: false });
  t.match(entries, [{ event: 'failed', error: { message: /no text/ } }, { event: 'decision' }, { event: 'sweep' }]);
});

t.test('the oldest of each name, and of the names the oldest', async (t) => {
  const oldest = new OldestByName({ perName: 2, maxNames: 2 });
  const add = (vaultKey: string, uploadedAtMs: number) => oldest.add({ vaultKey, uploadedAtMs })?.uploadedAtMs ?? null;
  t.same([add('a', 30), add('a', 20), add('a', 10), add('a', 40)], [null, null, 30, 40]);
  t.same([add('b', 5), add('c', 6), add('d', 7), add('e', 1)], [null, null, null, null]);
  t.same(
    oldest.inOrder().map((one) => one.uploadedAtMs),
    [1, 5],
  );
  t.equal(oldest.hasForgotten, true);
});

t.test('the sweep meets the event: one version, one name', async (t) => {
  const { promoter, put, server } = await startWorld(t);
  const upload = await put(BACKUP, 'a tarball');
  await Promise.all([promoter.sweep(), promoter.handle(upload), promoter.sweep(), promoter.handle(upload)]);
  t.equal(server.versionsOf('vault', TODAY).length, 1);
  t.equal(server.versionsOf(SETTINGS.inbox, BACKUP).length, 0);
});
