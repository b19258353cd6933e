import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { CATALOG_NAME, PRIVATE_FOLDER } from '../../src/store/store-layout.ts';
import { createCommandFixture, DAY, parseOutput, type RunResult } from '../support/command-fixture.ts';
import { startVaultServer } from '../support/vault-server.ts';

const NOBODY = 65534;
const server = await startVaultServer(t);
server.addBucket('vault-bucket', {});
const KEYS = ['a', 'b', 'c'].map((name) => `web1/${name}`);
server.seed(
  'vault-bucket',
  KEYS.map((key) => ({ key, body: `the content of ${key}` })),
);
const fixture = createCommandFixture({ endpoint: server.url, yaml: 'retention: { scrubEvery: 30d }' });
t.teardown(() => fixture.remove());
// No mode stops root.
const uid = process.getuid?.() === 0 ? NOBODY : undefined;
const run = (...args: string[]): Promise<RunResult> => fixture.run(args, uid === undefined ? {} : { uid });
const fileOf = (key: string): string => join(fixture.storeDir, 'web', key);

t.test('a file that this user may not read keeps nobody from the others', { buffered: true }, async (t) => {
  if (uid !== undefined) spawnSync('chown', ['-R', `${uid}:${uid}`, fixture.dir]);
  if ((await run('config', 'check')).status !== 0) {
    t.comment('not tried: nobody cannot reach this checkout');
    return;
  }
  t.equal((await run('sync')).status, 0);
  fixture.edit(({ archives }) => {
    for (const key of KEYS) archives.recordVerified(archives.ofKey('web', key)[0]?.id ?? 0, Date.now() - 31 * DAY);
  });
  if (uid !== undefined) spawnSync('chown', ['-R', `${uid}:${uid}`, fixture.dir]);
  chmodSync(fileOf('web1/a'), 0o000);

  const due = await run('verify', '--due');
  t.match(due, { status: 3, stdout: /1 DAMAGED of 3 archives[\s\S]*web1\/a .*cannot be read: .*permission denied/ });
  t.notMatch(due.stdout + due.stderr, /read-only/i);
  t.match((await run('verify', '--due')).stdout, 'Nothing to hash again.\n');
  t.match(await run('status'), { status: 3, stdout: /1 damaged[\s\S]*web1\/a \(archive 1\): the file cannot be read/ });
  t.match(parseOutput('verify', (await run('verify', '--json')).stdout), {
    checked: 3,
    damaged: [{ key: 'web1/a', kind: 'unreadable' }],
  });
  const restored = await run('restore', 'web1/a', '--to', join(fixture.dir, 'restored'));
  t.match(
    restored.stderr,
    /permission denied[\s\S]*next: Run the command as the user that owns the store, or with sudo/,
  );

  t.match(await run('verify', '--repair'), { status: 0, stdout: /Repaired: web\/web1\/a/ });
  t.equal(readFileSync(fileOf('web1/a'), 'utf8'), 'the content of web1/a');
  t.equal((await run('status')).status, 0);

  chmodSync(join(fixture.storeDir, PRIVATE_FOLDER, CATALOG_NAME), 0o444);
  const pin = await run('pin', 'web1/b', '--reason', 'the books');
  t.match(pin, { status: 75, stderr: /catalog\.db cannot be opened or written by this user[\s\S]*chown/ });
  t.notMatch(pin.stderr, /read-?only|dmesg/i);
});
