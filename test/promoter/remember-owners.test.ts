import { PutObjectCommand } from '@aws-sdk/client-s3';
import t from 'tap';
import type { PromoterStorage } from '../../src/promoter/promoter-storage.ts';
import { StorageError } from '../../src/promoter/storage-error.ts';
import type { UploadEvent } from '../../src/promoter/upload-event.ts';
import { HOUR_MS, NOON_MS, startWorld } from './promoter-fixture.ts';

const BACKUP = 'web1/backup.tar.gz.gpg';
const SQL = 'web1/sql.gz.gpg';
const TODAY = 'web1/2026-11-20.tar.gz.gpg';
/** More than a sweep deals with of one name. */
const CROWD = ['one', 'two', 'three', 'four', 'five'];

type World = Awaited<ReturnType<typeof startWorld>>;

/** Uploads of one key within one second; the promotion of the last one dies between its copy and its deletion. */
async function crowdWithOneDead({ put, promoterOn, storage }: World, key: string, eventTimeMs: number) {
  for (const body of CROWD) await put(key, body);
  const upload = await put(key, 'promoted');
  const dying: PromoterStorage = {
    ...storage,
    async *listUploads() {},
    deleteUpload: () => Promise.reject(new Error('the process died here')),
  };
  const event = { ...upload, eventTimeMs };
  await promoterOn(dying)
    .handle(event)
    .then(
      () => Promise.reject(new Error('it should have died')),
      () => undefined,
    );
  return event;
}

t.test('in a crowd, what died before its last step is finished by what its archive tells', async (t) => {
  const world = await startWorld(t);
  const { promoter, versionIds, contents, entries, at } = world;
  const { versionId } = await crowdWithOneDead(world, BACKUP, NOON_MS);
  t.ok(versionIds('inbox', BACKUP).includes(versionId ?? ''));
  at(NOON_MS + HOUR_MS);
  t.match(await promoter.sweep(), { listed: 6, decisions: { finished: 1 }, failed: 0 });
  t.same(await contents('inbox', BACKUP), CROWD.toReversed());
  t.same(await contents('vault', TODAY), ['promoted']);
  t.match(
    entries.find((entry) => entry.event === 'decision' && entry.decision.kind === 'finished'),
    { during: 'sweep', decision: { versionId, vaultKey: TODAY, proof: 'etag', uploadedAtMs: NOON_MS } },
  );
  t.same((await promoter.sweep()).decisions, { 'name-taken': 5 });
});

t.test('also under the name of an hour that is not the one of its LastModified', async (t) => {
  const world = await startWorld(t);
  const { promoter, contents, at } = world;
  await crowdWithOneDead(world, SQL, NOON_MS + HOUR_MS);
  at(NOON_MS + 30 * HOUR_MS);
  t.match(await promoter.sweep(), { decisions: { finished: 1, promoted: 1 } });
  t.same(await contents('vault', 'web1/2026-11-20.13.sql.gz.gpg'), ['promoted']);
  t.notOk((await contents('inbox', SQL)).includes('promoted'));
});

t.test('each name that is taken is asked for once, and so is the upload that has it', async (t) => {
  const world = await startWorld(t);
  const { promoterOn, storage, put, promoter, at } = world;
  await promoter.handle(await put(SQL, 'of twelve'));
  for (const body of CROWD) await put(SQL, body);
  const asked: string[] = [];
  const counting: PromoterStorage = {
    ...storage,
    headArchive: (key, signal) => {
      asked.push(key);
      return storage.headArchive(key, signal);
    },
    headUpload: (upload, signal) => {
      asked.push(upload.versionId);
      return storage.headUpload(upload, signal);
    },
  };
  at(NOON_MS + 1000);
  t.match(await promoterOn(counting).sweep(), { decisions: { 'name-taken': 5 } });
  t.equal(asked.length, 2);
});

t.test('a name that was free is asked for again: it may be taken by now', async (t) => {
  const { promoterOn, storage, put, at } = await startWorld(t);
  await put(BACKUP, 'first');
  const { versionId: second } = await put(BACKUP, 'second');
  const uploadsAsked: string[] = [];
  const counting: PromoterStorage = {
    ...storage,
    headUpload: (upload, signal) => {
      uploadsAsked.push(upload.versionId);
      return storage.headUpload(upload, signal);
    },
  };
  at(NOON_MS + 1000);
  t.match(await promoterOn(counting).sweep(), { decisions: { promoted: 1, 'name-taken': 1 } });
  t.notOk(uploadsAsked.includes(second ?? ''), 'the second is not even looked at');
});

t.test('an archive that differs, or tells of nothing that is here, costs no upload', async (t) => {
  const world = await startWorld(t);
  const { promoter, put, s3, contents, at } = world;
  for (const body of CROWD) await put(BACKUP, body);
  const last = await put(BACKUP, 'the last');
  const source = {
    'source-key': BACKUP,
    'source-version': last.versionId ?? '',
    'uploaded-at': '2026-11-20T11:00:00Z',
  };
  const tells: readonly [Record<string, string>, object][] = [
    [{}, { 'name-taken': 6 }],
    // Looked at, and left.
    [{ ...source, 'source-key': '%' }, { 'name-taken': 7 }],
    [{ ...source, 'source-key': SQL }, { 'name-taken': 7 }],
    [{ ...source, 'source-version': '' }, { 'name-taken': 6 }],
    [{ ...source, 'source-version': 'another' }, { 'name-taken': 6 }],
    [{ ...source, 'uploaded-at': 'yesterday' }, { 'name-taken': 6 }],
    [source, { 'name-taken': 6, mismatch: 1 }],
  ];
  at(NOON_MS + 1000);
  for (const [Metadata, decisions] of tells) {
    await s3.send(new PutObjectCommand({ Bucket: 'vault', Key: TODAY, Body: 'The last', Metadata }));
    const report = await promoter.sweep();
    t.match(report, { decisions, failed: 0 });
    t.same(Object.keys(report.decisions).toSorted(), Object.keys(decisions).toSorted(), JSON.stringify(Metadata));
    t.same(await contents('inbox', BACKUP), ['the last', ...CROWD.toReversed()]);
  }
});

t.test('it cannot be asked for: the sweep comes again; it is refused for good: it is told', async (t) => {
  const world = await startWorld(t);
  const { promoterOn, storage, entries, contents, at } = world;
  const { versionId }: UploadEvent = await crowdWithOneDead(world, BACKUP, NOON_MS);
  at(NOON_MS + HOUR_MS);
  const failing = (status: number): PromoterStorage => ({
    ...storage,
    headUpload: (upload, signal) =>
      upload.versionId === versionId
        ? Promise.reject(new StorageError({ operation: 'HeadObject', place: '', code: '', status, detail: '' }))
        : storage.headUpload(upload, signal),
  });
  t.match(await promoterOn(failing(503)).sweep(), { failed: 1, complete: false });
  t.match(await promoterOn(failing(403)).sweep(), { decisions: { 'name-taken': 6 }, failed: 0, complete: true });
  t.match(
    entries.filter((entry) => entry.event === 'failed'),
    [{ error: { status: 503 } }, { versionId, error: { status: 403 } }],
  );
  t.equal((await contents('inbox', BACKUP)).length, 6);
});
