import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { markSumsBehind } from '../../src/store/sums-repair.ts';
import { runIn } from '../recovery/run-here.ts';
import { createCommandFixture } from '../support/command-fixture.ts';
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
