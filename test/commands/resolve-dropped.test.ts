import t from 'tap';
import { DROPPED } from '../../src/core/dropped.ts';
import { NO_ROOM } from '../../src/core/hold-decision.ts';
import { resolveArchives } from '../../src/jobs/resolve-archives.ts';
import { createCommandFixture, DAY, parseOutput } from '../support/command-fixture.ts';

const fixture = createCommandFixture();
t.teardown(() => fixture.remove());
const now = Date.now();
fixture.store({ key: 'web1/here', content: 'here', series: 'files', lastModifiedMs: now - DAY });
const add = (key: string, reason: string | null, versionId: string | null = null) =>
  fixture.edit(({ archives }) => {
    const listed = { key, versionId, etag: 'e', sizeBytes: 9, lastModifiedMs: now, storageClass: null };
    return archives.insert('web', { listed, series: 'files', state: 'held', reason, conflict: false }, now);
  });
const addDropped = (key: string, versionId: string) => {
  const id = add(key, 'x', versionId);
  fixture.edit(({ retention }) => retention.drop(id, DROPPED));
  return id;
};
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

t.test('a name means what waits for a word, and what was dropped only where nothing does', async (t) => {
  const [old, older] = [addDropped('versions', 'v1'), addDropped('versions', 'v2')];
  const held = add('versions', 'oversize', 'v3');
  const accepted = async (...args: string[]) => {
    const { stdout } = await resolve(...args, '--accept', '--json');
    return parseOutput('resolve', stdout).resolved.map(({ archiveId }) => archiveId);
  };
  t.strictSame(await accepted('versions'), [held], 'the one that status asked about');
  t.match([rowOf(old), rowOf(older)], [{ state: 'pruned', acceptedAtMs: null }, { state: 'pruned' }]);

  const next = add('versions', 'oversize', 'v4');
  t.strictSame(await accepted('versions', '--archive', `${old}`), [old], 'a number is meant as it is');
  t.strictSame(await accepted('versions'), [next]);
  t.equal(rowOf(older)?.state, 'pruned');
  t.strictSame(await accepted('versions'), [older], 'nothing else of that name waits');
});

t.test('what has become something else meanwhile is not accepted, and not said to be', async (t) => {
  const [held, dropped] = [add('meanwhile', 'x', 'v1'), addDropped('meanwhile', 'v2')];
  const chosen = [rowOf(held), rowOf(dropped)].filter((row) => row !== null);
  fixture.edit(({ archives }) => {
    archives.markWanted(held, null);
    archives.markGone(dropped, now);
  });
  const accept = { verb: 'accept', cause: null } as const;
  t.strictSame(
    fixture.edit((catalog) => resolveArchives(catalog, chosen, accept, now)),
    [],
  );
  t.match([rowOf(held), rowOf(dropped)], [{ acceptedAtMs: null }, { state: 'pruned' }]);
  t.strictSame(
    fixture.edit(({ history }) => history.newest({ key: 'meanwhile' }, 10)),
    [],
  );
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
