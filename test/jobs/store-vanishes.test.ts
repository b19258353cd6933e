import { mkdirSync, readdirSync, renameSync, rmdirSync } from 'node:fs';
import t from 'tap';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { BUCKET, createMirrorFixture, VAULT } from '../support/mirror-fixture.ts';

t.test('a store that vanishes between the request and its answer is missing, and no defect', async (t) => {
  const fixture = await createMirrorFixture();
  t.teardown(() => fixture.close());
  fixture.server.seed(BUCKET, [{ key: 'a', body: 'content of a' }]);
  const away = `${fixture.storeDir}.away`;
  const proxy = await startFaultProxy(fixture.server.url, ({ path }) => {
    if (!path.startsWith(`/${BUCKET}/a`)) return null;
    renameSync(fixture.storeDir, away);
    mkdirSync(fixture.storeDir);
    return null;
  });
  t.teardown(() => proxy.close());
  const report = await fixture.pass({ endpoint: proxy.url });
  t.match(report.vaults, [{ vault: VAULT, downloaded: 0, problem: { code: 'STORE_MISSING' } }]);
  t.strictSame(readdirSync(fixture.storeDir), [], 'nothing was written in its place');
  rmdirSync(fixture.storeDir);
  renameSync(away, fixture.storeDir);
  t.match(await fixture.pass(), { stopped: null, vaults: [{ downloaded: 1, problem: null }] });
});
