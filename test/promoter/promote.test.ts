import { DeleteObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import t from 'tap';
import { earlierUploads } from '../../src/promoter/earlier-uploads.ts';
import { createNaming, type NamedUpload } from '../../src/promoter/naming.ts';
import type { PromoterStorage } from '../../src/promoter/promoter-storage.ts';
import { createS3Storage } from '../../src/promoter/s3-storage.ts';
import { StorageError } from '../../src/promoter/storage-error.ts';
import { s3Error } from '../support/fault.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { HOUR_MS, NOON_MS, SETTINGS, startWorld } from './promoter-fixture.ts';

const BACKUP = 'web1/backup.tar.gz.gpg';
const SQL = 'web1/sql.gz.gpg';
const TODAY = 'web1/2026-11-20.tar.gz.gpg';

t.test('an upload moves to the name of its time, with its origin beside it', async (t) => {
  const { promoter, put, contents, versionIds, s3, copiesUnderWay } = await startWorld(t);
  const sha256 = 'AB'.repeat(32);
  const upload = await put(BACKUP, 'a tarball', { sha256, colour: 'red' });
  t.match(await promoter.handle(upload), { kind: 'promoted', vaultKey: TODAY, proof: 'etag', sizeBytes: 9 });
  t.same(await contents('vault', TODAY), ['a tarball']);
  t.same(versionIds('inbox', BACKUP), []);
  t.equal(await copiesUnderWay(), 0);
  const head = await s3.send(new HeadObjectCommand({ Bucket: 'vault', Key: TODAY, ChecksumMode: 'ENABLED' }));
  t.same(head.Metadata, {
    'source-key': BACKUP,
    'source-version': upload.versionId,
    'uploaded-at': '2026-11-20T11:00:00Z',
    sha256: sha256.toLowerCase(),
  });
  t.equal(head.ChecksumType, 'FULL_OBJECT');
  t.ok(head.ChecksumCRC64NVME);
  t.match(await promoter.handle(upload), { kind: 'already-moved' }, 'the same event again');
});

t.test('what is no SHA-256 is not passed on as one', async (t) => {
  const { promoter, put, s3 } = await startWorld(t);
  await promoter.handle(await put(BACKUP, 'a tarball', { sha256: `${'ab'.repeat(31)}zz` }));
  const { Metadata = {} } = await s3.send(new HeadObjectCommand({ Bucket: 'vault', Key: TODAY }));
  t.same(Object.keys(Metadata).sort(), ['source-key', 'source-version', 'uploaded-at']);
});

t.test('large uploads are copied in parts', async (t) => {
  const { promoter, server, now, s3 } = await startWorld(t);
  const sizeBytes = 130 * 2 ** 20 + 1;
  server.seed('inbox', [{ key: BACKUP, body: { sizeBytes, seed: 1 }, versionId: 'v1', partSizes: [sizeBytes - 1, 1] }]);
  const decision = await promoter.handle({ bucket: 'inbox', key: BACKUP, versionId: 'v1', eventTimeMs: now() });
  t.match(decision, { kind: 'promoted', proof: 'checksum', sizeBytes });
  const head = await s3.send(new HeadObjectCommand({ Bucket: 'vault', Key: TODAY }));
  t.match(head.ETag, /-2"$/);
  t.equal(head.ContentLength, sizeBytes);
});

t.test('a taken name is never given again; the upload stays', async (t) => {
  const { promoter, put, contents, at } = await startWorld(t);
  await promoter.handle(await put(BACKUP, 'the first'));
  at(NOON_MS + HOUR_MS);
  const second = await put(BACKUP, 'the second');
  const why = 'by the upload of 2026-11-20T11:00:00Z';
  t.match(await promoter.handle(second), { kind: 'name-taken', vaultKey: TODAY, why });
  t.match(await promoter.handle(second), { kind: 'name-taken', vaultKey: TODAY });
  t.same(await contents('vault', TODAY), ['the first']);
  t.same(await contents('inbox', BACKUP), ['the second']);
});

t.test('what is not promoted, and why', async (t) => {
  const { promoter, put, server, now, contents } = await startWorld(t);
  t.match(await promoter.handle(await put(BACKUP, '')), { kind: 'empty' });
  t.match(await promoter.handle(await put(BACKUP, 'ab')), { kind: 'too-small', sizeBytes: 2 });
  const upload = { bucket: 'inbox', key: BACKUP, versionId: 'huge', eventTimeMs: now() };
  server.seed('inbox', [
    { key: BACKUP, body: { sizeBytes: 2 ** 30 + 1 }, versionId: 'huge', etag: 'x', checksum: null },
    { key: BACKUP, body: 'archived', versionId: 'cold', storageClass: 'GLACIER' },
  ]);
  t.match(await promoter.handle(upload), { kind: 'too-large', sizeBytes: 2 ** 30 + 1 });
  t.match(await promoter.handle({ ...upload, versionId: 'cold' }), { kind: 'archived-class' });
  t.match(await promoter.handle({ ...upload, versionId: 'no-such' }), { kind: 'already-moved' });
  t.match(await promoter.handle({ ...upload, versionId: null }), { kind: 'not-versioned' });
  t.match(await promoter.handle({ ...upload, versionId: 'null' }), { kind: 'not-versioned' });
  t.match(await promoter.handle({ ...upload, bucket: 'elsewhere' }), { kind: 'other-bucket' });
  for (const key of [
    `web1/${'\u{1f4be}'.repeat(254)}abc`,
    'web1/backup.tar.gz.gpg\u202e',
    'web1/other.gpg',
    'web2/backup.tar.gz.gpg',
    'web1/../web1/backup.tar.gz.gpg',
    'web1/',
    '/',
    'web1',
  ]) {
    t.match(await promoter.handle(await put(key, 'abc')), { kind: 'unknown-name', key }, key);
  }
  t.same(await contents('vault', TODAY), []);
  t.equal(server.versionsOf('inbox', BACKUP).length, 4, 'nothing was deleted');
});

t.test('a delete marker on top hides nothing from the promoter', async (t) => {
  const { promoter, put, s3, contents } = await startWorld(t);
  const upload = await put(BACKUP, 'a tarball');
  await s3.send(new DeleteObjectCommand({ Bucket: 'inbox', Key: BACKUP }));
  t.match(await promoter.handle(upload), { kind: 'promoted' });
  t.same(await contents('vault', TODAY), ['a tarball']);
});

t.test('events in any order: the first upload of the period gets the name', async (t) => {
  const { promoter, put, contents, at, entries } = await startWorld(t);
  await put(BACKUP, 'ab'); // too small to count
  const first = await put(BACKUP, 'first of its second');
  const second = await put(BACKUP, 'second in the same second');
  at(NOON_MS + 2 * HOUR_MS);
  const third = await put(BACKUP, 'third');
  at('2026-11-21T02:00:00Z');
  const tomorrows = await put(BACKUP, 'tomorrow’s');
  t.match(await promoter.handle(third), { kind: 'name-taken' }, 'its event comes first, and late');
  t.same(await contents('vault', TODAY), ['first of its second']);
  t.match(await promoter.handle(second), { kind: 'name-taken' });
  t.match(await promoter.handle(first), { kind: 'already-moved' });
  t.match(await promoter.handle(tomorrows), { kind: 'promoted', vaultKey: 'web1/2026-11-21.tar.gz.gpg' });
  t.same(
    entries.flatMap((entry) => (entry.event === 'decision' ? [entry.decision.kind] : [])),
    ['promoted', 'name-taken', 'name-taken', 'already-moved', 'promoted'],
  );
});

t.test('what earlier periods have left in a flood is told apart by one name each', async (t) => {
  const { put, storage, at, now } = await startWorld(t);
  for (let index = 0; index < 3; index += 1) await put(SQL, 'of the hour before');
  at(NOON_MS + HOUR_MS);
  const source = { key: SQL, versionId: (await put(SQL, 'of this hour')).versionId ?? '' };
  const signal = new AbortController().signal;
  const facts = await storage.headUpload(source, signal);
  const real = createNaming(SETTINGS).find(SQL);
  if (facts === 'gone' || real === null) throw new Error('it was just put');
  const named: NamedUpload = {
    ...real,
    keysBetween: () => {
      throw new Error('all names of a span were computed');
    },
  };
  const vaultKey = real.keyAt(now()) ?? '';
  const promotion = { source, vaultKey, uploadedAtMs: now(), rule: real.rule };
  t.same(await earlierUploads(storage, { promotion, named, facts }, now(), signal), []);
});

t.test('an upload in parts whose event is late comes first only where it has one name', async (t) => {
  const partSizes = [5, 4];
  for (const [handledAt, expected] of [
    ['2026-11-20T22:58:59Z', 'in parts!'],
    // A minute for clocks that are apart.
    ['2026-11-20T22:59:00Z', 'whole'],
  ] as const) {
    const { promoter, put, server, contents, at } = await startWorld(t);
    server.seed('inbox', [{ key: BACKUP, body: 'in parts!', partSizes, lastModifiedMs: NOON_MS, versionId: 'parts' }]);
    at(NOON_MS + HOUR_MS);
    const whole = await put(BACKUP, 'whole');
    at(handledAt);
    await promoter.handle(whole);
    t.same(await contents('vault', TODAY), [expected], `at ${handledAt}`);
  }
});

t.test(
  'an upload in the last second of its hour, whose own event may be of the next, comes before nobody',
  async (t) => {
    const { promoter, put, contents, at } = await startWorld(t);
    at('2026-11-20T11:59:59.100Z');
    const first = await put(SQL, 'first');
    at('2026-11-20T11:59:59.200Z');
    const second = await put(SQL, 'second');
    at('2026-11-20T12:00:05Z');
    const twelve = 'web1/2026-11-20.12.sql.gz.gpg';
    t.match(await promoter.handle(second), { kind: 'promoted', vaultKey: twelve });
    t.same(await contents('vault', twelve), ['second']);
    const event = { ...first, eventTimeMs: Date.parse('2026-11-20T12:00:00.100Z') };
    t.match(await promoter.handle(event), { kind: 'promoted', vaultKey: 'web1/2026-11-20.13.sql.gz.gpg' });
  },
);

t.test('names that need encoding on every way: prefix and rule of the owner, words of the uploader', async (t) => {
  const rule = {
    upload: 'täglich +%20&?/{name}.gpg',
    becomes: '{date} +%20&?/{name}.gpg',
    minSizeBytes: 1,
    maxSizeBytes: 100,
  };
  const settings = { ...SETTINGS, servers: [{ name: 'web1', prefix: 'wéb#1="/', rules: [rule] }] };
  const { promoter, put, contents } = await startWorld(t, { settings });
  const key = `wéb#1="/täglich +%20&?/${'a.'.repeat(50)}.gpg`;
  const vaultKey = `wéb#1="/2026-11-20 +%20&?/${'a.'.repeat(50)}.gpg`;
  t.match(await promoter.handle(await put(key, 'a tarball')), { kind: 'promoted', vaultKey });
  t.same(await contents('vault', vaultKey), ['a tarball']);
  t.same(await contents('inbox', key), []);
  const again = await put(key, 'again');
  t.match(await promoter.handle(again), { kind: 'name-taken' });
  t.match(await promoter.sweep(), { listed: 1, decisions: { 'name-taken': 1 } });
});

t.test('the repeated hour keeps both snapshots', async (t) => {
  const { promoter, put, at } = await startWorld(t);
  at('2026-10-25T00:30:00Z');
  t.match(await promoter.handle(await put(SQL, 'summer')), { vaultKey: 'web1/2026-10-25.02.sql.gz.gpg' });
  at('2026-10-25T01:30:00Z');
  const winter = await promoter.handle(await put(SQL, 'winter'));
  t.match(winter, { kind: 'promoted', vaultKey: 'web1/2026-10-25.02b.sql.gz.gpg' });
});

t.test('all events at once, each several times', async (t) => {
  const { promoter, put, contents, copiesUnderWay } = await startWorld(t);
  const uploads = [];
  for (const body of ['one', 'two', 'three']) uploads.push(await put(BACKUP, body));
  const decisions = await Promise.all(
    [...uploads, ...uploads.toReversed(), ...uploads].map((one) => promoter.handle(one)),
  );
  t.same(await contents('vault', TODAY), ['one']);
  t.same(await contents('inbox', BACKUP), ['three', 'two']);
  t.equal(await copiesUnderWay(), 0);
  t.notOk(decisions.some(({ kind }) => kind === 'mismatch'));
});

t.test('a crash between any two requests, then the event again', async (t) => {
  const { promoter, promoterOn, storage, put, contents, server, at } = await startWorld(t);
  let day = 0;
  for (const when of ['before', 'after'] as const) {
    for (let nth = 1, isOver = false; !isOver; nth += 1) {
      day += 1;
      at(NOON_MS + day * 24 * HOUR_MS);
      await put(BACKUP, 'first');
      const upload = await put(BACKUP, 'second');
      const broken = breakAt(storage, nth, when);
      const hasEnded = await promoterOn(broken.storage)
        .handle(upload)
        .then(
          () => true,
          () => false,
        );
      const { kind, vaultKey } = await promoter.handle(upload);
      t.equal(kind, 'name-taken', `${when} request ${nth}`);
      t.same(await contents('vault', vaultKey ?? ''), ['first']);
      // Whoever dies between copying and deleting leaves that to the first upload's own event, or to the sweep.
      await promoter.sweep();
      t.same(await contents('inbox', BACKUP), ['second']);
      server.remove('inbox', BACKUP);
      isOver = !broken.hasBroken();
      if (isOver) t.ok(hasEnded && nth > 8, `${nth} requests`);
    }
  }
});

t.test('a lost answer to the completion is found out', async (t) => {
  const { server, connect, promoterOn, put, contents, copiesUnderWay } = await startWorld(t);
  let lost = 0;
  const proxy = await startFaultProxy(server.url, ({ method, path, nthOfTarget }) => {
    const isCompletion = method === 'POST' && path.includes('uploadId=') && nthOfTarget === 1;
    if (isCompletion) lost += 1;
    return isCompletion ? { cut: { at: 'before-head', how: 'rst' } } : null;
  });
  t.teardown(() => proxy.close());
  const upload = await put(BACKUP, 'a tarball');
  const decision = await promoterOn(createS3Storage(connect(proxy.url, 3), SETTINGS)).handle(upload);
  t.equal(lost, 1);
  t.match(decision, { kind: 'finished', vaultKey: TODAY });
  t.same(await contents('vault', TODAY), ['a tarball']);
  t.same(await contents('inbox', BACKUP), []);
  t.equal(await copiesUnderWay(), 0);
});

t.test('a completion that is refused after its 200 was sent', async (t) => {
  const { server, connect } = await startWorld(t);
  for (const [code, outcome] of [
    ['PreconditionFailed', 'exists'],
    ['ConditionalRequestConflict', 'conflict'],
    ['NoSuchUpload', 'no-copy'],
  ] as const) {
    const proxy = await startFaultProxy(server.url, () => ({ replaceBy: s3Error(200, code) }));
    const storage = createS3Storage(connect(proxy.url), SETTINGS);
    const copy = { vaultKey: TODAY, uploadId: 'upload' };
    const parts = [{ partNumber: 1, etag: 'x', checksumCrc64Nvme: null }];
    const completion = { copy, parts, sizeBytes: 1, checksumCrc64Nvme: null };
    t.equal(await storage.completeCopy(completion, new AbortController().signal), outcome, code);
    await proxy.close();
  }
});

t.test('a source that vanishes while it is copied, and one whose archive differs', async (t) => {
  const { promoterOn, promoter, storage, server, put, contents, copiesUnderWay, s3 } = await startWorld(t);
  const upload = await put(BACKUP, 'a tarball');
  const vanishing: PromoterStorage = {
    ...storage,
    copyPart: (request, signal) => {
      server.remove('inbox', BACKUP);
      return storage.copyPart(request, signal);
    },
  };
  t.match(await promoterOn(vanishing).handle(upload), { kind: 'already-moved', why: /deleted/ });
  t.same(await contents('vault', TODAY), []);
  t.equal(await copiesUnderWay(), 0);

  const next = await put(BACKUP, 'a tarball');
  const { versionId } = next;
  const Metadata = { 'source-key': BACKUP, 'source-version': versionId ?? '' };
  await s3.send(
    new PutObjectCommand({ Bucket: 'vault', Key: TODAY, Body: 'a tarbalL', Metadata, ChecksumAlgorithm: 'CRC32' }),
  );
  t.match(await promoter.handle(next), { kind: 'mismatch' });
  t.same(await contents('inbox', BACKUP), ['a tarball']);
});

t.test('other writers at work: the copy is made anew, but not for ever', async (t) => {
  const { promoterOn, storage, put, contents, copiesUnderWay } = await startWorld(t);
  const upload = await put(BACKUP, 'a tarball');
  let conflicts = 0;
  const busy = (times: number): PromoterStorage => ({
    ...storage,
    completeCopy: async (completion, signal) => {
      conflicts += 1;
      return conflicts <= times ? 'conflict' : storage.completeCopy(completion, signal);
    },
  });
  await t.rejects(promoterOn(busy(100)).handle(upload), { message: /4 times in a row/ });
  t.equal(await copiesUnderWay(), 0);
  conflicts = 0;
  t.match(await promoterOn(busy(3)).handle(upload), { kind: 'promoted' });
  t.same(await contents('vault', TODAY), ['a tarball']);
});

t.test('when time runs out the copy is given up', async (t) => {
  const { promoterOn, storage, put, contents, copiesUnderWay } = await startWorld(t);
  const upload = await put(BACKUP, 'a tarball');
  const stop = new AbortController();
  const slow: PromoterStorage = {
    ...storage,
    copyPart: (request, signal) => {
      stop.abort(new Error('time is over'));
      return storage.copyPart(request, signal);
    },
  };
  await t.rejects(promoterOn(slow).handle(upload, stop.signal), { message: 'time is over' });
  t.equal(await copiesUnderWay(), 0);
  t.same(await contents('inbox', BACKUP), ['a tarball']);
});

t.test('an upload that S3 refuses to copy does not keep a later one from its name; a busy S3 does', async (t) => {
  const { promoterOn, storage, put, contents } = await startWorld(t);
  const first = await put(BACKUP, 'encrypted with a key of its own');
  const second = await put(BACKUP, 'a tarball');
  const refusing = (status: number): PromoterStorage => ({
    ...storage,
    copyPart: (request, signal) => {
      if (request.source.versionId !== first.versionId) return storage.copyPart(request, signal);
      const fields = { operation: 'UploadPartCopy', place: BACKUP, code: 'Some', detail: '' };
      return Promise.reject(new StorageError({ ...fields, status }));
    },
  });
  await t.rejects(promoterOn(refusing(503)).handle(second), { name: 'StorageError', status: 503 });
  t.same(await contents('vault', TODAY), []);
  t.match(await promoterOn(refusing(403)).handle(second), { kind: 'promoted', versionId: second.versionId });
  t.same(await contents('inbox', BACKUP), ['encrypted with a key of its own']);
});

/** The same storage, dead from before its nth request is sent, or from after it took effect. */
function breakAt(storage: PromoterStorage, nth: number, when: 'before' | 'after') {
  let count = 0;
  const dead = (): Error => new Error('the process died here');
  const call =
    <Args extends unknown[], T>(run: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      count += 1;
      if (count > nth || (count === nth && when === 'before')) throw dead();
      const answer = await run(...args);
      if (count === nth) throw dead();
      return answer;
    };
  const broken: PromoterStorage = {
    headUpload: call(storage.headUpload),
    headArchive: call(storage.headArchive),
    beginCopy: call(storage.beginCopy),
    copyPart: call(storage.copyPart),
    completeCopy: call(storage.completeCopy),
    abortCopy: call(storage.abortCopy),
    deleteUpload: call(storage.deleteUpload),
    async *listUploads(prefix, signal) {
      await call(async () => undefined)();
      yield* storage.listUploads(prefix, signal);
    },
  };
  return { storage: broken, hasBroken: () => count >= nth };
}
