import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { RESTORE_SCRIPT } from '../../src/store/restore-script.ts';
import { runIn } from '../recovery/run-here.ts';
import { type CommandFixture, createCommandFixture, parseOutput } from '../support/command-fixture.ts';
import { startVaultServer } from '../support/vault-server.ts';

const server = await startVaultServer(t);

let folders = 0;

/** A plain folder, and two vaults: `web` and `all`. */
function plainFolder(t: Test, objects: { web: readonly string[]; all: readonly string[] }): CommandFixture {
  const n = folders++;
  const fixture = createCommandFixture({
    endpoint: server.url,
    yaml: `  - { name: all, bucket: all-${n}, region: eu-central-1, endpoint: "${server.url}", forcePathStyle: true, credentials: { file: CREDENTIALS } }\n`,
  });
  t.teardown(() => fixture.remove());
  const text = readFileSync(fixture.configFile, 'utf8');
  const own = text.replace('vault-bucket', `web-${n}`).replace('CREDENTIALS', join(fixture.dir, 'credentials'));
  writeFileSync(fixture.configFile, own);
  for (const [vault, keys] of Object.entries(objects)) {
    server.addBucket(`${vault}-${n}`, {});
    server.seed(
      `${vault}-${n}`,
      keys.map((key) => ({ key, body: contentOf(key), lastModifiedMs: Date.UTC(2026, 10, 18) })),
    );
  }
  rmSync(fixture.storeDir, { recursive: true });
  mkdirSync(fixture.storeDir);
  return fixture;
}

/** The same under whatever folders. */
const contentOf = (key: string): string => (key.endsWith('restore.sh') ? RESTORE_SCRIPT : `backup ${key.slice(-5)}`);

function put({ storeDir }: CommandFixture, ...paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(storeDir, path)), { recursive: true });
    writeFileSync(join(storeDir, path), contentOf(path));
  }
}

/** What the dry run says of each vault, and what then was done. */
async function adopt(t: Test, fixture: CommandFixture) {
  const command = ['adopt', fixture.storeDir, '--not-a-mount', '--json'];
  const rehearsed = await runIn(fixture, [...command, '--dry-run']);
  t.equal(rehearsed.status, 0, rehearsed.text);
  const done = await runIn(fixture, command);
  t.equal(done.status, 0, done.text);
  const [{ preview }, { adoption }] = [parseOutput('adopt', rehearsed.stdout), parseOutput('adopt', done.stdout)];
  const found = (adoption?.vaults ?? []).map(({ vault, adopted }) => ({ vault, found: adopted }));
  t.strictSame(
    (preview ?? []).map(({ vault, matching }) => ({ vault, found: matching })),
    found,
    'as the dry run said',
  );
  return Object.fromEntries(found.map((one) => [one.vault, one.found]));
}

async function agrees(t: Test, fixture: CommandFixture, checked: number): Promise<void> {
  const sync = await runIn(fixture, ['sync', '--json']);
  t.equal(sync.status, 0, sync.text);
  const verify = await runIn(fixture, ['verify', '--json']);
  t.match(parseOutput('verify', verify.stdout), { checked, damaged: [], unknownFiles: { count: 0 } });
}

t.test('a file in the folder of one vault is not taken for the same bytes of another', async (t) => {
  const days = ['1.gpg', '2.gpg', '3.gpg'];
  const fixture = plainFolder(t, {
    web: [...days.map((day) => `web1/${day}`), ...days.map((day) => `all/two/${day}`)],
    all: [...days.map((day) => `web/web1/${day}`), ...days.map((day) => `two/${day}`)],
  });
  put(fixture, ...days.map((day) => `web/web1/${day}`), ...days.map((day) => `all/two/${day}`));
  t.strictSame(await adopt(t, fixture), { web: 3, all: 3 });
  for (const day of days)
    for (const path of ['web/web1', 'all/two']) t.ok(existsSync(join(fixture.storeDir, path, day)));
  await agrees(t, fixture, 12);
});

t.test('nor in the folder of a vault that is not there to be asked', async (t) => {
  const fixture = plainFolder(t, { web: ['web1/1.gpg'], all: ['web/web1/1.gpg'] });
  put(fixture, 'web/web1/1.gpg');
  const text = readFileSync(fixture.configFile, 'utf8');
  writeFileSync(fixture.configFile, text.replace(server.url, 'http://127.0.0.1:9'));
  const away = await runIn(fixture, ['adopt', fixture.storeDir, '--not-a-mount', '--json']);
  t.equal(away.status, 75, away.text);
  t.match(parseOutput('adopt', away.stdout).adoption?.vaults, [{ problem: {} }, { adopted: 0 }]);
  t.ok(existsSync(join(fixture.storeDir, 'web/web1/1.gpg')));
  writeFileSync(fixture.configFile, text);
  await agrees(t, fixture, 2);
});

t.test('one file that is two archives stays one of them, and the other is fetched', async (t) => {
  const fixture = plainFolder(t, { web: ['web1/1.gpg', 'web/web1/1.gpg'], all: ['web1/1.gpg', 'x/2.gpg'] });
  put(fixture, 'web1/1.gpg', 'x/2.gpg');
  t.strictSame(await adopt(t, fixture), { web: 1, all: 1 });
  await agrees(t, fixture, 4);
});

t.test('our own files at the top are nobody’s archive', async (t) => {
  const fixture = plainFolder(t, { web: ['restore.sh', 'web1/1.gpg'], all: [] });
  put(fixture, 'web/web1/1.gpg');
  t.strictSame(await adopt(t, fixture), { web: 1, all: 0 });
  const script = join(fixture.storeDir, 'restore.sh');
  t.equal(readFileSync(script, 'utf8'), RESTORE_SCRIPT);
  t.equal(statSync(script).mode & 0o777, 0o555);

  rmSync(script);
  writeFileSync(script, 'of somebody');
  const command = ['adopt', fixture.storeDir, '--not-a-mount'];
  const rehearsed = await runIn(fixture, [...command, '--dry-run']);
  t.match(rehearsed.stdout, /restore\.sh of the store was not as pullmirror writes it, and would be made anew/);
  t.equal(readFileSync(script, 'utf8'), 'of somebody', 'nothing was changed');
  const done = await runIn(fixture, [...command, '--json']);
  const { texts } = parseOutput('adopt', done.stdout);
  t.match(texts, [{ name: 'restore.sh', was: 'foreign' }]);
  t.equal(readFileSync(texts[0]?.aside ?? '', 'utf8'), 'of somebody');
  t.equal(readFileSync(script, 'utf8'), RESTORE_SCRIPT);
});
