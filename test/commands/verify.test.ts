import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openStoreForWriting } from '../../src/store/open-store.ts';
import { createCommandFixture, parseOutput } from '../support/command-fixture.ts';

const fixture = createCommandFixture({
  yaml: 'series: [ { name: files, vault: web, match: "web1/files/{name}.gpg" } ]',
});
t.teardown(() => fixture.remove());

const rows = fixture.store(
  ...['right', 'truncated', 'changed', 'missing', 'grown'].map((name) => ({
    key: `web1/files/${name}.gpg`,
    content: `content of ${name}`,
    series: 'files',
  })),
  { key: 'web1/other.gpg', content: 'outside the series' },
);
const [right, truncated, changed, missing, grown, other] = rows;
if (!right || !truncated || !changed || !missing || !grown || !other) throw new Error('the fixture is incomplete');

t.test('everything is right', async (t) => {
  const { status, stdout, stderr } = await fixture.run(['verify', '--json']);
  t.equal(status, 0, stderr);
  t.match(parseOutput('verify', stdout), { checked: 6, damaged: [], recovered: 0 });
  fixture.edit((catalog) => {
    const found = catalog.archives.byId(right.id);
    t.ok((found?.verifiedAtMs ?? 0) > (right.verifiedAtMs ?? 0), 'the time is recorded');
  });
});

t.test('files that the catalog does not know are named; the exit status is that of the archives', async (t) => {
  t.same(parseOutput('verify', (await fixture.run(['verify', '--json'])).stdout).unknownFiles, { count: 0, names: [] });
  const strange = join(fixture.storeDir, 'web/web1/deep');
  mkdirSync(strange, { recursive: true });
  writeFileSync(join(strange, 'by-hand\x1b[2J'), 'x');
  symlinkSync('/etc/passwd', join(fixture.storeDir, 'web/link'));
  for (const name of ['SHA256SUMS', 'SHA256SUMS%new']) writeFileSync(join(fixture.storeDir, 'web', name), '');
  const [words, some] = [await fixture.run(['verify']), await fixture.run(['verify', right.key, '--json'])];
  t.equal(words.status, 0, words.stderr);
  t.match(words.stdout, /2 files that pullmirror does not know[\s\S]*\n {2}web\/link\n/);
  t.match(words.stdout, '\n  web/web1/deep/by-hand\\x1b[2J\n');
  t.equal(parseOutput('verify', some.stdout).unknownFiles, null, 'not looked for where some archives were named');
  const json = parseOutput('verify', (await fixture.run(['verify', '--json'])).stdout);
  t.same(json.unknownFiles?.names.toSorted(), ['web/link', 'web/web1/deep/by-hand\x1b[2J']);
  rmSync(strange, { recursive: true });
  rmSync(join(fixture.storeDir, 'web/link'));
  t.notMatch((await fixture.run(['verify'])).stdout, /does not know/);
  fixture.edit((catalog) => {
    const events = catalog.history.newest({ event: 'store.unknown-files' }, 10);
    t.same(
      events.map(({ detail }) => detail.count),
      [0, 2],
      'once for each change',
    );
  });
});

t.test('each kind of damage is named, recorded, and needs the owner', async (t) => {
  for (const row of rows) chmodSync(fixture.fileOf(row), 0o640);
  truncateSync(fixture.fileOf(truncated), 3);
  writeFileSync(fixture.fileOf(changed), 'content of CHANGED');
  writeFileSync(fixture.fileOf(changed), 'content of changeD');
  rmSync(fixture.fileOf(missing));
  writeFileSync(fixture.fileOf(grown), 'content of grown, and more');
  const { status, stdout } = await fixture.run(['verify', 'files', '--json']);
  t.equal(status, 3);
  const report = parseOutput('verify', stdout);
  t.equal(report.checked, 5);
  t.same(Object.fromEntries(report.damaged.map(({ key, kind }) => [key, kind])), {
    [truncated.key]: 'wrong-size',
    [changed.key]: 'wrong-content',
    [missing.key]: 'missing',
    [grown.key]: 'wrong-size',
  });
  fixture.edit((catalog) => {
    t.ok(catalog.archives.byId(missing.id)?.damagedAtMs);
    t.equal(catalog.archives.byId(right.id)?.damagedAtMs, null);
    t.equal(catalog.history.newest({ event: 'archive.damaged' }, 100).length, 4);
  });
});

t.test('status and history tell; what is right again recovers', async (t) => {
  const [status, words] = await Promise.all([
    fixture.run(['status', '--json']),
    fixture.run(['verify', truncated.key]),
  ]);
  t.equal(status.status, 3);
  const damaged = parseOutput('status', status.stdout).attention.find(({ cause }) => cause === 'damaged');
  t.equal(damaged?.count, 4);
  t.equal(words.status, 3);
  t.match(words.stdout, /1 DAMAGED of 1 archive.*\n.*truncated\.gpg \(archive \d+\) is truncated: 3 of 20 bytes/);

  writeFileSync(fixture.fileOf(changed), 'content of changed');
  const again = await fixture.run(['verify', '--archive', String(changed.id)]);
  t.equal(again.status, 0, again.stderr);
  t.match(again.stdout, /1 that were damaged before are right again/);
  const history = await fixture.run(['history', '--event', 'archive', '--json']);
  const events = parseOutput('history', history.stdout).events.map(({ event }) => event);
  t.equal(events[0], 'archive.recovered');
  t.equal(events.filter((event) => event === 'archive.damaged').length, 4, 'known damage is not told again');
});

t.test('a link in place of the folder of a vault is no file of ours, and does not hide the report', async (t) => {
  const folder = join(fixture.storeDir, 'web');
  renameSync(folder, join(fixture.dir, 'elsewhere'));
  symlinkSync(join(fixture.dir, 'elsewhere'), folder);
  const { status, stdout } = await fixture.run(['verify', '--json']);
  rmSync(folder);
  renameSync(join(fixture.dir, 'elsewhere'), folder);
  t.equal(status, 3, stdout);
  t.match(parseOutput('verify', stdout), { unknownFiles: { count: 1, names: ['web'] }, damaged: { length: 6 } });
});

t.test('another process that writes is not disturbed', async (t) => {
  const opened = openStoreForWriting({ path: fixture.storeDir, expectedStoreId: null, nowMs: Date.now() });
  t.teardown(() => opened.close());
  const { status, stdout } = await fixture.run(['verify', '--json']);
  t.equal(status, 75);
  const { error } = parseOutput('error', stdout);
  t.equal(error.code, 'STORE_LOCKED');
  t.match(error.message, new RegExp(`process ${process.pid}`));
});

t.test('a name that is not there', async (t) => {
  t.equal((await fixture.run(['verify', 'nothing.gpg'])).status, 1);
});
