import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { ArchiveRow } from '../../src/store/catalog/archive-row.ts';
import { openStoreForWriting } from '../../src/store/open-store.ts';
import { createCommandFixture, DAY, parseOutput } from '../support/command-fixture.ts';

const fixture = createCommandFixture();
t.teardown(() => fixture.remove());

const now = Date.now();
const spec = (day: number) => ({
  key: `web1/2026-11-1${day}.tar.gz.gpg`,
  content: `content ${day}`,
  series: 'files',
  lastModifiedMs: now - (10 - day) * DAY,
});
const [lost, right, repairable, newest] = fixture.store(spec(1), spec(2), spec(3), spec(9)) as [
  ArchiveRow,
  ArchiveRow,
  ArchiveRow,
  ArchiveRow,
];
const add = (key: string, state: 'held' | 'wanted' | 'unavailable') =>
  fixture.edit(({ archives }) => {
    const listed = { key, versionId: null, etag: 'e', sizeBytes: 9, lastModifiedMs: now, storageClass: null };
    return archives.insert('web', { listed, series: 'files', state, reason: `because ${state}`, conflict: false }, now);
  });
const stateOf = (id: number) => fixture.edit((catalog) => catalog.archives.byId(id));
const resolve = (...args: string[]) => fixture.run(['resolve', ...args]);

t.test(
  'what is held, unavailable or unwanted is never downloaded; what is wanted or pinned is not touched',
  async (t) => {
    const ids = [add('held', 'held'), add('cold', 'unavailable'), add('old', 'wanted'), add('queued', 'wanted')];
    const [held = 0, cold = 0, old = 0, queued = 0] = ids;
    fixture.edit((catalog) => catalog.retention.markUnwanted(old));
    const pass = openStoreForWriting({ path: fixture.storeDir, expectedStoreId: null, nowMs: now });
    const { status, stdout, stderr } = await resolve('held', 'cold', '--archive', `${old}`, '--drop', '--json');
    pass.close();
    t.equal(status, 0, stderr);
    t.match(parseOutput('resolve', stdout).resolved, [
      { archiveId: held, resolution: 'dropped' },
      { archiveId: cold, resolution: 'dropped' },
      { archiveId: old, resolution: 'dropped' },
    ]);
    t.match(stateOf(held), { state: 'pruned', reason: 'dropped by the owner: because held' });
    const unasked = await resolve('--archive', `${queued}`, '--drop');
    t.match(unasked, { status: 1, stderr: /web\/queued \(archive \d+\) is not held/ });
    t.equal(stateOf(queued)?.state, 'wanted');

    const pinned = add('pinned', 'held');
    const other = add('other', 'held');
    await fixture.run(['pin', '--archive', `${pinned}`, '--reason', 'audit']);
    const refused = await resolve('--all', 'held', '--drop');
    t.match(refused, { status: 1, stderr: /web\/pinned \(archive \d+\) is pinned \(audit\); nothing was dropped/ });
    t.equal(stateOf(other)?.state, 'held');
    t.match(await resolve('--archive', `${newest.id}`, '--drop'), {
      status: 1,
      stderr: /is not held, unavailable, unwanted, or both damaged/,
    });
  },
);

t.test(
  'a lost archive is given up: its file in quarantine, its line out of SHA256SUMS, its row a tombstone',
  async (t) => {
    for (const row of [lost, repairable]) {
      chmodSync(fixture.fileOf(row), 0o640);
      writeFileSync(fixture.fileOf(row), 'rotten');
    }
    fixture.edit(({ archives }) => {
      for (const row of [lost, right, repairable]) archives.recordDamaged(row.id, now);
      for (const row of [lost, right]) archives.markGone(row.id, now);
    });
    const args = ['--archive', `${lost.id}`, '--archive', `${right.id}`, '--drop'];
    const pass = openStoreForWriting({ path: fixture.storeDir, expectedStoreId: null, nowMs: now });
    t.match(await resolve(...args), { status: 75, stderr: /in use|lock/i }, 'files are moved, so not during a pass');
    pass.close();
    t.match(await resolve('--archive', `${repairable.id}`, '--drop'), { status: 1, stderr: /The vault still has it/ });

    const { status, stdout, stderr } = await resolve(...args, '--json');
    t.equal(status, 0, stderr);
    t.match(parseOutput('resolve', stdout).resolved, [
      { archiveId: lost.id, resolution: 'given-up' },
      { archiveId: right.id, resolution: 'recovered' },
    ]);
    t.match(stateOf(lost.id), { state: 'pruned', path: null, reason: /given up by the owner/ });
    const { stdout: listed } = await fixture.run(['list', '--all']);
    t.match(listed, / {2}given up .*2026-11-11\.tar\.gz\.gpg/);
    t.notMatch(listed, /DAMAGED .*2026-11-11\.tar\.gz\.gpg/);
    t.match(
      stateOf(right.id),
      { state: 'stored', damagedAtMs: null },
      'its file was right: nothing is given up that is not lost',
    );
    t.equal(readFileSync(fixture.fileOf(right), 'utf8'), 'content 2');
    t.equal(existsSync(fixture.fileOf(lost)), false);
    const sums = readFileSync(join(fixture.storeDir, 'web/SHA256SUMS'), 'utf8');
    t.notMatch(sums, lost.key);
    t.match(sums, right.key);
    const { events } = parseOutput(
      'history',
      (await fixture.run(['history', '--event', 'archive.given-up', '--json'])).stdout,
    );
    t.match(events, [
      { actor: 'owner', archiveId: lost.id, detail: { path: lost.path, sha256: lost.sha256, quarantined: String } },
    ]);
  },
);

t.test('quarantine: explained, and removed by name', async (t) => {
  const folder = join(fixture.storeDir, '.pullmirror/quarantine');
  const listed = await resolve('--quarantine');
  t.equal(listed.status, 0);
  t.match(
    listed.stdout,
    /-stored \(6 B\)\n {2}web\/web1\/2026-11-11\.tar\.gz\.gpg: lay in the place of an archive; .*: is truncated: 6 of 9 bytes\n/,
  );
  const [entry] = parseOutput('resolve', (await resolve('--quarantine', '--json')).stdout).quarantine;
  const name = entry?.name ?? '';
  t.match(entry, { state: 'kept', origin: 'store', sizeBytes: 6, key: lost.key, expected: lost.sha256 });
  t.match(await resolve('--quarantine', '--drop'), { status: 2 });
  t.match(await resolve('--quarantine', '../../store.json', '--drop'), {
    status: 1,
    stderr: /nothing in quarantine is called store.json/,
  });
  t.equal(readdirSync(folder).length, 2);
  t.match(await resolve('--quarantine', `${folder}/${name}.data`, '--drop'), {
    status: 0,
    stdout: `${name}: removed from quarantine\n`,
  });
  t.same(readdirSync(folder), []);
  t.match(await resolve('--quarantine'), { stdout: 'Quarantine is empty.\n' });
  const { events } = parseOutput('history', (await fixture.run(['history', '--event', 'quarantine', '--json'])).stdout);
  t.match(events, [{ actor: 'owner', event: 'quarantine.dropped', key: lost.key, detail: { name, origin: 'store' } }]);
});

t.test('what may be the last that is left of an archive stays', async (t) => {
  fixture.edit((catalog) => catalog.archives.markGone(repairable.id, now));
  const folder = join(fixture.storeDir, '.pullmirror/quarantine');
  const name = '20261120T000000.000Z-0123456789abcdef-stored';
  writeFileSync(join(folder, `${name}.data`), 'rotten');
  const { vault, key, versionId, etag } = repairable;
  const about = { v: 1, origin: 'store', vault, key, versionId, etag, why: 'x', expected: null, actual: null };
  writeFileSync(join(folder, `${name}.reason.json`), JSON.stringify({ ...about, at: '2026-11-20T00:00:00Z' }));
  const refused = await resolve('--quarantine', name, '--drop');
  t.match(refused, { status: 1, stderr: /may be the last that is left of .*\n.*resolve --archive/ });
  t.ok(existsSync(join(folder, `${name}.data`)));

  // It lay in the place of an archive that is right again, and its bytes are those of the one that is not.
  const other = { ...about, key: 'another', versionId: null, etag: 'x', sha256: repairable.sha256 };
  writeFileSync(join(folder, `${name}.reason.json`), JSON.stringify({ ...other, at: '2026-11-20T00:00:00Z' }));
  t.match(await resolve('--quarantine', name, '--drop'), { status: 1, stderr: /may be the last that is left of/ });
  t.ok(existsSync(join(folder, `${name}.data`)));
});
