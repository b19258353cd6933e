import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { adoptionFact, endAdoption } from '../../src/store/adoption-note.ts';
import { catalogCopyPath } from '../../src/store/catalog-copy.ts';
import { readMarker } from '../../src/store/marker.ts';
import { CATALOG_NAME, PRIVATE_FOLDER } from '../../src/store/store-layout.ts';
import { runIn } from '../recovery/run-here.ts';
import { createCommandFixture, parseOutput } from '../support/command-fixture.ts';
import { flipRowid } from '../support/flip-rowid.ts';
import { startVaultServer } from '../support/vault-server.ts';

const server = await startVaultServer(t);
server.addBucket('vault-bucket', {});
const yaml = 'series:\n  - { name: files, vault: web, match: "web1/{date}.tar.gz.gpg", keep: { last: 1 } }\n';
const key = 'web1/2026-11-01.tar.gz.gpg';
server.seed('vault-bucket', [{ key, body: 'one' }]);

t.test('an interrupted rebuild or adopt is named, with what goes on with it', async (t) => {
  const fixture = createCommandFixture({ endpoint: server.url, yaml });
  t.teardown(() => fixture.remove());
  t.match(await runIn(fixture, ['sync']), { status: 0 });
  for (const [kind, words] of [
    ['rebuild', /rebuilding the catalog is not finished/],
    ['folder', /taking over this folder .* is not finished/],
  ] as const) {
    const note = { kind, from: 'nothing', aside: 'catalog.damaged-1', beganAtMs: 1, copyMadeAtMs: null } as const;
    fixture.edit((catalog) => catalog.setFact(...adoptionFact(note)));
    const status = await runIn(fixture, ['status']);
    t.match(status, { status: 75, stdout: words });
    t.match(status.stdout, /^Waiting: [^\n]*not finished[^\n]*\n {2}next: The next `pullmirror sync` goes on with it/);
    t.match(parseOutput('status', (await runIn(fixture, ['status', '--json'])).stdout), {
      verdict: 'temporary',
      unfinished: { code: 'CATALOG_UNFINISHED', message: words },
    });
    t.match(
      (await runIn(fixture, ['doctor'])).stdout,
      /bad {6}catalog: .*is not finished[^\n]*\n *next: .*pullmirror sync/,
    );
    t.match(await runIn(fixture, ['prune']), { status: 75, stdout: words });
    t.match(parseOutput('prune', (await runIn(fixture, ['prune', '--json'])).stdout), {
      unfinished: { message: words },
    });
    t.match(await runIn(fixture, ['prune', '--dry-run']), { status: 0, stdout: words });
  }
  fixture.edit(endAdoption);
  t.match(await runIn(fixture, ['status']), { status: 0 });
  t.match(await runIn(fixture, ['prune']), { status: 0 });
});

t.test('a catalog that was damaged since the last look is told, and its good copy brings the pin back', async (t) => {
  const fixture = createCommandFixture({ endpoint: server.url, yaml });
  t.teardown(() => fixture.remove());
  t.match(await runIn(fixture, ['sync']), { status: 0 });
  t.match(await runIn(fixture, ['pin', key, '--reason', 'the books']), { status: 0 });
  fixture.edit(({ history }) => {
    for (let n = 0; n < 20; n += 1) history.append({ actor: 'owner', event: 'archive.pinned' }, n);
  });
  const catalogPath = join(fixture.storeDir, PRIVATE_FOLDER, CATALOG_NAME);
  const copy = catalogCopyPath(fixture.stateDir, readMarker(fixture.storeDir).storeId);
  const before = readFileSync(copy);
  flipRowid(catalogPath, 'history');

  server.seed('vault-bucket', [{ key: 'web1/2026-11-02.tar.gz.gpg', body: 'two' }]);
  const damaged = /is damaged: .*out of order; its copy .* stays as it was/;
  t.match(await runIn(fixture, ['sync']), { status: 78, stdout: damaged });
  t.match(await runIn(fixture, ['sync']), { status: 78, stdout: damaged }, 'each pass tries it again');
  t.match(await runIn(fixture, ['freeze', 'files', '--reason', 'to be sure']), { status: 0, stderr: damaged });
  const status = await runIn(fixture, ['status']);
  t.match(status, { status: 3, stdout: /^Needs you: the copy of the catalog .* could not be renewed/ });
  t.match(status.stdout, /could not be renewed: .*out of order.*\n {2}next: .*pullmirror rebuild/);
  t.match(parseOutput('status', (await runIn(fixture, ['status', '--json'])).stdout), {
    copyProblem: { code: 'CATALOG_CORRUPT' },
  });
  t.ok(readFileSync(copy).equals(before), 'the good copy is as it was');

  const rebuilt = await runIn(fixture, ['rebuild']);
  t.notMatch(rebuilt.stdout, /cannot be used/);
  t.match((await runIn(fixture, ['pin', '--list'])).stdout, /the books/);
  t.notMatch((await runIn(fixture, ['status'])).stdout, /could not be renewed/);
});
