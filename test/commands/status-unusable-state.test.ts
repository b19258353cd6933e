import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readMarker } from '../../src/store/marker.ts';
import { createCommandFixture, DAY, parseOutput } from '../support/command-fixture.ts';

t.test('a state directory that nobody can write: status needs you, as no pass can run', async (t) => {
  const fixture = createCommandFixture();
  t.teardown(() => fixture.remove());
  fixture.store({ key: 'web1/2026-11-20.tar.gz.gpg', content: 'x', series: 'files', lastModifiedMs: Date.now() });
  rmSync(fixture.stateDir, { recursive: true });
  writeFileSync(fixture.stateDir, 'a plain file');
  const { status, stdout } = await fixture.run(['status']);
  t.equal(status, 3, stdout);
  t.match(stdout, /^Needs you: .*state directory/);
  t.match(stdout, /next: .*state/);
});

t.test('a store of which no pass has ever been run for days is not shown as good', async (t) => {
  const fixture = createCommandFixture();
  t.teardown(() => fixture.remove());
  t.equal((await fixture.run(['status'])).status, 0, 'it was made just now');
  const marker = join(fixture.storeDir, '.pullmirror/store.json');
  const made = new Date(Date.now() - 2 * DAY).toISOString();
  writeFileSync(marker, JSON.stringify({ ...readMarker(fixture.storeDir), createdAt: made }));
  const { status, stdout } = await fixture.run(['status', '--json']);
  t.equal(status, 3, stdout);
  t.match(parseOutput('status', stdout).stalePasses, { vaults: ['web'], next: /systemctl status pullmirror\.timer/ });
  const told = await fixture.run(['status']);
  t.match(told.stdout, /^Needs you: /);
  t.match(told.stdout, /pullmirror\.timer/);
});
