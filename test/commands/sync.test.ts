import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { listingWords } from '../../src/commands/sync.ts';
import { systemClock } from '../../src/commands/system-clock.ts';
import { startS3Server } from '../../src/demo/s3-server/start-s3-server.ts';
import { openStateFile } from '../../src/store/state-file.ts';
import { createCommandFixture, parseOutput } from '../support/command-fixture.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'pullmirror-s3-'));
const users = [{ accessKeyId: 'AKTEST', secretAccessKey: 'secret-of-the-test' }];
const server = await startS3Server({ dataDir, users, clock: systemClock });
server.addBucket('vault-bucket', { versioning: 'Enabled' });
const fixture = createCommandFixture({ endpoint: server.url, yaml: 'downloads: { limit: 1MB/s }' });
t.teardown(async () => {
  await server.close();
  fixture.remove();
  rmSync(dataDir, { recursive: true, force: true });
});

t.test('doctor before: an empty vault is reached', async (t) => {
  const { status, stdout } = await fixture.run(['doctor', '--json']);
  const { checks } = parseOutput('doctor', stdout);
  const states = Object.fromEntries(checks.map(({ check, state }) => [check, state]));
  t.equal(status, 0, stdout);
  t.match(states, {
    node: 'ok',
    configuration: 'ok',
    'state directory': 'ok',
    disk: 'warn',
    'disk writing': 'ok',
    'disk space': 'ok',
    catalog: 'ok',
    'vault web': 'warn',
    'vault web clock': 'ok',
    'vault web reading': 'unknown',
  });
});

t.test('a pass pulls, and says what it did', async (t) => {
  server.seed('vault-bucket', [{ key: 'web1/2026-11-20.tar.gz.gpg', body: 'twenty' }]);
  server.seed('vault-bucket', [{ key: 'web1/\x1b[31mred', body: 'escape' }]);
  const { status, stdout, stderr } = await fixture.run(['sync']);
  t.equal(status, 0, stderr);
  t.match(stdout, /^web: 2 listed, 2 new, 2 downloaded \(12 B\)\n/);
  t.match(stderr, /2 archives to fetch, 12 B\n/, 'plain lines where there is no terminal');
  t.match(stderr, /stored web\/web1\/\\x1b\[31mred \(6 B\)/);
  t.equal(readFileSync(join(fixture.storeDir, 'web/web1/2026-11-20.tar.gz.gpg'), 'utf8'), 'twenty');
  const { state } = openStateFile(fixture.stateDir);
  t.ok(state.storeId);
  t.match(state.vaults.web?.listingMode, /^versions http:.* vault-bucket$/);
});

t.test('a second one finds nothing new', async (t) => {
  const { status, stdout, stderr } = await fixture.run(['sync', '--json']);
  t.equal(status, 0, stderr);
  t.equal(stderr, '');
  t.match(parseOutput('sync', stdout).vaults, [{ vault: 'web', listing: 'full', downloaded: 0, problem: null }]);
  const full = await fixture.run(['sync', '--full', '--json']);
  t.match(parseOutput('sync', full.stdout).vaults, [{ listing: 'full' }]);
});

t.test('it says when it looked into the folders of the series only', async (t) => {
  const words = (listing: 'full' | 'ordinary' | 'failed', vault: string) =>
    listingWords({ vault, listing, listed: 2, newArchives: 1 }, [{ vault: 'web' }]);
  t.equal(words('ordinary', 'web'), '2 listed (series folders only; the whole vault daily or with --full), 1 new');
  t.equal(words('full', 'web'), '2 listed, 1 new');
  t.equal(words('ordinary', 'sql'), '2 listed, 1 new', 'without series the whole vault is listed each time');
  t.equal(words('failed', 'web'), 'not listed');
});

t.test('doctor after: list, read, clock', async (t) => {
  const { status, stdout } = await fixture.run(['doctor']);
  t.equal(status, 0, stdout);
  t.match(stdout, /ok +vault web: reached and listed \(versioned\)/);
  t.match(stdout, /ok +vault web reading: the key may read web1\//);
});

t.test('interrupted, it stops in order and says how to go on', async (t) => {
  server.seed('vault-bucket', [{ key: 'web1/2026-11-21.tar.gz.gpg', body: { sizeBytes: 3_000_000 } }]);
  const servedBefore = server.bytesServed;
  const { status, stdout } = await fixture.run(['sync', '--json'], {
    meanwhile: (child) => {
      const timer = setInterval(() => {
        if (server.bytesServed === servedBefore) return;
        clearInterval(timer);
        child.kill('SIGINT');
      }, 50);
      child.once('exit', () => clearInterval(timer));
    },
  });
  t.equal(status, 75);
  t.equal(parseOutput('sync', stdout).stopped?.code, 'INTERRUPTED');
});

t.test('a key with other content is a conflict: both are kept, exit 3', async (t) => {
  server.seed('vault-bucket', [{ key: 'web1/2026-11-20.tar.gz.gpg', body: 'TWENTY' }]);
  const { status, stdout } = await fixture.run(['sync', '--json']);
  t.equal(status, 3);
  t.match(parseOutput('sync', stdout).attention, [{ cause: 'conflict', count: 1 }]);
  const status2 = await fixture.run(['status']);
  t.equal(status2.status, 3);
  t.match(status2.stdout, /CONFLICT/);
});

t.test('when no vault could be listed it does not say that nothing is new', async (t) => {
  const [config, credentials] = [join(fixture.dir, 'wrong-key.yaml'), join(fixture.dir, 'wrong-key')];
  writeFileSync(credentials, '[default]\naws_access_key_id = AKGONE\naws_secret_access_key = x\n', { mode: 0o600 });
  const text = readFileSync(fixture.configFile, 'utf8');
  writeFileSync(config, text.replace(join(fixture.dir, 'credentials'), credentials));
  const { status, stdout } = await fixture.run(['sync', '--config', config]);
  t.equal(status, 78, stdout);
  t.match(stdout, /^web: not listed/);
  t.match(stdout, /\nno vault was looked at, after /);
  t.notMatch(stdout, 'nothing new');
});
