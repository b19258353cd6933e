import { rmSync } from 'node:fs';
import t from 'tap';
import type { ArchiveRow } from '../../src/store/catalog/archive-row.ts';
import { createCommandFixture, DAY, parseOutput } from '../support/command-fixture.ts';

const fixture = createCommandFixture({
  yaml: 'series: [ { name: files, vault: web, match: "web1/{name}", expectEvery: 1d } ]',
});
t.teardown(() => fixture.remove());

const now = Date.now();
const [hopeless, missing] = fixture.store(
  ...['a', 'b', 'c'].map((key, index) => ({
    key: `web1/${key}`,
    content: key,
    series: 'files',
    lastModifiedMs: now - (4 - index) * DAY,
  })),
) as [ArchiveRow, ArchiveRow, ArchiveRow];

t.test('a file that is gone is called missing, and what the vault still has is not to be given up', async (t) => {
  rmSync(fixture.fileOf(missing));
  t.equal((await fixture.run(['verify'])).status, 3);
  const [words, json, resolve, list] = await Promise.all([
    fixture.run(['status']),
    fixture.run(['status', '--json']),
    fixture.run(['resolve', 'web1/b']),
    fixture.run(['list']),
  ]);
  t.match(words.stdout, `  web/web1/b (archive ${missing.id}): the file is missing from the disk\n`);
  t.notMatch(words.stdout, '--drop');
  t.match(words.stdout, /files +web +OVERDUE .* ago\n/, 'what is hashed is told');
  t.match(parseOutput('status', json.stdout).series[0], { oldestVerified: String });
  t.match(resolve.stdout, 'damaged: the file is missing from the disk\n');
  t.match(list.stdout, /DAMAGED .*web\/web1\/b {2}\(the file is missing from the disk\)\n/);
});

t.test('what the vault has lost can be given up, by its own number', async (t) => {
  fixture.edit(({ archives }) => archives.markGone(hopeless.id, now));
  rmSync(fixture.fileOf(hopeless));
  t.equal((await fixture.run(['verify'])).status, 3);
  const { stdout } = await fixture.run(['status']);
  t.match(stdout, `(archive ${hopeless.id}): the file is missing from the disk, and the vault no longer has it\n`);
  t.match(stdout, `\`pullmirror resolve --archive ${hopeless.id} --drop\` gives it up`);
});

t.test('what is right again has no reason left', async (t) => {
  fixture.edit(({ archives }) => {
    archives.recordVerified(missing.id, now);
    t.match(archives.byId(missing.id), { damagedAtMs: null, reason: null });
  });
});
