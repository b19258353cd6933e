import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { systemClock } from '../../src/commands/system-clock.ts';
import { startS3Server } from '../../src/demo/s3-server/start-s3-server.ts';
import { createCommandFixture, parseOutput } from '../support/command-fixture.ts';

const BUCKET = 'vault-bucket';

t.test(
  'a vault that was emptied for good: by the owner’s word it is no error any more, and all copies stay',
  async (t) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'pullmirror-s3-'));
    const users = [{ accessKeyId: 'AKTEST', secretAccessKey: 'secret-of-the-test' }];
    const server = await startS3Server({ dataDir, users, clock: systemClock });
    server.addBucket(BUCKET, {});
    const fixture = createCommandFixture({ endpoint: server.url, yaml: 'downloads: { concurrency: 1 }' });
    t.teardown(async () => {
      await server.close();
      fixture.remove();
      rmSync(dataDir, { recursive: true, force: true });
    });
    const keys = ['a', 'b'];
    server.seed(
      BUCKET,
      keys.map((key) => ({ key, body: `body of ${key}` })),
    );
    t.equal((await fixture.run(['sync'])).status, 0);
    for (const key of keys) server.remove(BUCKET, key);
    const empty = await fixture.run(['sync']);
    t.equal(empty.status, 3);
    t.match(empty.stdout, /listed nothing[\s\S]*next: .*`pullmirror sync --emptied web`/);
    t.match(await fixture.run(['sync', '--emptied', 'wbe']), { status: 2, stderr: /no vault is called wbe[\s\S]*web/ });
    const said = await fixture.run(['sync', '--emptied', 'web', '--json']);
    t.equal(said.status, 3, said.stdout);
    const { vaults, attention } = parseOutput('sync', said.stdout);
    t.match([vaults, attention], [[{ problem: null }], [{ cause: 'orphan', count: 2 }]]);
    t.equal((await fixture.run(['resolve', '--all', 'orphan', '--acknowledge'])).status, 0);
    t.match(await fixture.run(['sync']), { status: 0 });
    t.match(await fixture.run(['status']), { status: 0 });
    t.same(readdirSync(join(fixture.storeDir, 'web')).sort(), ['SHA256SUMS', ...keys]);
  },
);
