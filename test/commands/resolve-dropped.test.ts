import t from 'tap';
import { NO_ROOM } from '../../src/core/hold-decision.ts';
import { createCommandFixture, DAY, parseOutput } from '../support/command-fixture.ts';

const fixture = createCommandFixture();
t.teardown(() => fixture.remove());
const now = Date.now();
fixture.store({ key: 'web1/here', content: 'here', series: 'files', lastModifiedMs: now - DAY });
const add = (key: string, reason: string | null) =>
  fixture.edit(({ archives }) => {
    const listed = { key, versionId: null, etag: 'e', sizeBytes: 9, lastModifiedMs: now, storageClass: null };
    return archives.insert('web', { listed, series: 'files', state: 'held', reason, conflict: false }, now);
  });
const rowOf = (id: number) => fixture.edit((catalog) => catalog.archives.byId(id));
const resolve = (...args: string[]) => fixture.run(['resolve', ...args]);

t.test('what the owner dropped by mistake he takes back, as long as the vault has it', async (t) => {
  const id = add('dropped', 'too large');
  await resolve('dropped', '--drop');
  t.match((await fixture.run(['list', '--all'])).stdout, / dropped {2}.*web\/dropped/, 'not as what was pruned');
  const told = await resolve('dropped');
  t.match(told, { status: 0, stdout: /dropped by the owner: too large\n {2}next: .*resolve --archive \d+ --accept/ });
  t.match(await fixture.run(['pin', 'dropped', '--reason', 'x']), {
    stderr: /was dropped.*\n.*resolve --archive \d+ --accept/,
  });

  const { status, stdout, stderr } = await resolve('dropped', '--accept', '--json');
  t.equal(status, 0, stderr);
  t.match(parseOutput('resolve', stdout).resolved, [{ archiveId: id, resolution: 'accepted' }]);
  t.match(rowOf(id), { state: 'wanted', reason: null, acceptedAtMs: Number });
  t.match((await fixture.run(['history', '--event', 'archive.accepted'])).stdout, /web\/dropped/);

  const gone = add('gone', 'x');
  await resolve('gone', '--drop');
  fixture.edit(({ archives }) => archives.markGone(gone, now));
  t.match(await resolve('gone', '--accept'), { status: 1, stderr: /no longer has it/ });
  t.equal(rowOf(gone)?.state, 'pruned');
});

t.test('what the keep rules do not want is had by pinning it', async (t) => {
  const id = add('unwanted', 'x');
  fixture.edit(({ archives, retention }) => {
    archives.markWanted(id, null);
    retention.markUnwanted(id);
  });
  const pin = new RegExp(`pullmirror pin --archive ${id} --reason`);
  t.match(await resolve('unwanted', '--accept'), { status: 1, stderr: pin });
  t.match(await resolve('unwanted'), { status: 0, stdout: pin });
  const pinned = await fixture.run(['pin', 'unwanted', '--reason', 'audit']);
  t.equal(pinned.status, 0, pinned.stderr);
  t.equal(rowOf(id)?.state, 'wanted');
});

t.test('what waits for room is no matter of acceptance', async (t) => {
  add('waiting', `${NO_ROOM}9 B would leave 0 B`);
  t.match(await resolve('waiting'), { status: 0, stdout: /no room: .*\n {2}next: .*prune/ });
  t.match((await resolve('--all', 'held')).stdout, /^held: nothing needs you/m);
});

t.test('an archive that is here says so', async (t) => {
  t.match(await resolve('web1/here'), { status: 0, stdout: /on the disk; nothing needs you/ });
});
