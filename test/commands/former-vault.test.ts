import { appendFileSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openStateFile } from '../../src/store/state-file.ts';
import { markSumsBehind } from '../../src/store/sums-repair.ts';
import { runIn } from '../recovery/run-here.ts';
import { type CommandFixture, createCommandFixture, DAY } from '../support/command-fixture.ts';
import { startVaultServer } from '../support/vault-server.ts';

const server = await startVaultServer(t);
server.addBucket('vault-bucket', {});
server.seed('vault-bucket', [{ key: 'a.gpg', body: 'a' }]);

for (const command of ['sync', 'prune']) {
  t.test(`${command} mends SHA256SUMS of a vault that left the configuration, too, after a crash`, async (t) => {
    const fixture = createCommandFixture({ endpoint: server.url });
    t.teardown(() => fixture.remove());
    t.equal((await runIn(fixture, ['sync'])).status, 0);
    const [row] = fixture.store({ vault: 'former', key: 'b.gpg', content: 'b' });
    const list = join(fixture.storeDir, 'former/SHA256SUMS');
    // As `resolve --drop` leaves it when it is killed after it has removed an archive.
    appendFileSync(list, `${'0'.repeat(64)}  dropped.gpg\n`);
    fixture.edit((catalog) => markSumsBehind(catalog, 'former'));
    const ran = await runIn(fixture, [command]);
    t.equal(ran.status, 0, ran.text);
    t.equal(readFileSync(list, 'utf8'), `${row?.sha256}  b.gpg\n`);
  });
}

/** Its SHA256SUMS is to be mended, and its folder is a link to it, which nothing follows. */
function breakFormer(fixture: CommandFixture): void {
  fixture.store({ vault: 'former', key: 'b.gpg', content: 'b' });
  const folder = join(fixture.storeDir, 'former');
  renameSync(folder, `${folder}.elsewhere`);
  symlinkSync(`${folder}.elsewhere`, folder);
  fixture.edit((catalog) => markSumsBehind(catalog, 'former'));
}

t.test(
  'sync tells of a folder of a former vault that cannot be written, and it is no trouble of the others',
  async (t) => {
    const fixture = createCommandFixture({ endpoint: server.url });
    t.teardown(() => fixture.remove());
    breakFormer(fixture);
    const ran = await runIn(fixture, ['sync']);
    t.match(ran.text, /symbolic link/);
    t.not(ran.status, 0, 'somebody has to see to it');
    const { lastPass, vaults } = openStateFile(fixture.stateDir).state;
    t.match(
      { lastPass, vaults },
      { lastPass: { stopped: null }, vaults: { web: { lastPassOk: true, lastError: null } } },
    );
  },
);

t.test('prune announces what is to go all the same', async (t) => {
  const yaml = 'series: [{ name: kept, vault: web, match: "k/*", keep: { last: 1 } }]';
  const fixture = createCommandFixture({ endpoint: server.url, yaml });
  t.teardown(() => fixture.remove());
  const [old] = fixture.store(
    { key: 'k/1', content: '1', series: 'kept', lastModifiedMs: Date.now() - 9 * DAY },
    { key: 'k/2', content: '2', series: 'kept', lastModifiedMs: Date.now() - 8 * DAY },
  );
  breakFormer(fixture);
  const ran = await runIn(fixture, ['prune']);
  t.match(ran.text, /symbolic link/);
  t.not(ran.status, 0);
  fixture.edit((catalog) => t.type(catalog.archives.byId(old?.id ?? 0)?.announcedAtMs, 'number', ran.text));
});
