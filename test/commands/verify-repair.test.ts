import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { systemClock } from '../../src/commands/system-clock.ts';
import { startS3Server } from '../../src/demo/s3-server/start-s3-server.ts';
import { createCommandFixture, parseOutput } from '../support/command-fixture.ts';

const BUCKET = 'vault-bucket';
const dataDir = mkdtempSync(join(tmpdir(), 'pullmirror-s3-'));
const users = [{ accessKeyId: 'AKTEST', secretAccessKey: 'secret-of-the-test' }];
const server = await startS3Server({ dataDir, users, clock: systemClock });
server.addBucket(BUCKET, { versioning: 'Enabled' });
const fixture = createCommandFixture({ endpoint: server.url, yaml: 'retention: { scrubEvery: 30d }' });
t.teardown(async () => {
  await server.close();
  fixture.remove();
  rmSync(dataDir, { recursive: true, force: true });
});

const KEYS = ['web1/a.gpg', 'web1/b.gpg', 'web1/c.gpg'] as const;
const [A, B, C] = KEYS;
const bodyOf = (key: string): string => `the content of ${key}`;
const fileOf = (key: string): string => join(fixture.storeDir, 'web', key);
server.seed(
  BUCKET,
  KEYS.map((key) => ({ key, body: bodyOf(key) })),
);

function spoil(key: string): void {
  chmodSync(fileOf(key), 0o640);
  writeFileSync(fileOf(key), bodyOf(key).toUpperCase());
}

t.before(async () => {
  const { status, stderr } = await fixture.run(['sync']);
  if (status !== 0) throw new Error(stderr);
});

t.test('what was hashed lately is not due', async (t) => {
  const { status, stdout, stderr } = await fixture.run(['verify', '--due', '--json']);
  t.equal(status, 0, stderr);
  t.match(parseOutput('verify', stdout), { checked: 0, damaged: [], unknownFiles: null, repair: null });
});

t.test('what was not hashed for scrubEvery is', async (t) => {
  fixture.edit((catalog) => {
    const [row] = catalog.archives.ofKey('web', B);
    catalog.archives.recordVerified(row?.id ?? 0, Date.now() - 31 * 24 * 60 * 60 * 1000);
  });
  t.match(parseOutput('verify', (await fixture.run(['verify', '--due', '--json'])).stdout), { checked: 1 });
  t.match((await fixture.run(['verify', '--due'])).stdout, 'Nothing to hash again.\n');
});

t.test('verify finds, says who repairs, and changes no file; the next sync repairs and says so', async (t) => {
  spoil(A);
  rmSync(fileOf(C));
  const found = await fixture.run(['verify']);
  t.equal(found.status, 3);
  t.match(found.stdout, /2 DAMAGED of 3 archives[\s\S]*the next sync repairs .*`pullmirror verify --repair` at once/);
  t.equal(readFileSync(fileOf(A), 'utf8'), bodyOf(A).toUpperCase());
  t.equal((await fixture.run(['status'])).status, 3);
  const sync = await fixture.run(['sync']);
  t.equal(sync.status, 0, sync.stdout + sync.stderr);
  t.match(
    sync.stdout,
    '  2 damaged archives repaired; the bad file lies in .pullmirror/quarantine\n',
    'that of the other was missing',
  );
  t.match(sync.stderr, /repaired web\/web1\/a\.gpg/);
  for (const key of [A, C]) t.equal(readFileSync(fileOf(key), 'utf8'), bodyOf(key));
  const status = await fixture.run(['status']);
  t.equal(status.status, 0, status.stdout);
});

t.test('verify --repair finds and repairs at once', async (t) => {
  spoil(B);
  const { status, stdout, stderr } = await fixture.run(['verify', '--repair', '--json']);
  t.equal(status, 0, stderr);
  const { damaged, repair } = parseOutput('verify', stdout);
  t.match(damaged, [{ key: B, kind: 'wrong-content' }]);
  t.match(repair, { repaired: [{ key: B, source: 'the vault' }], recovered: [], lost: [], failures: [], stopped: [] });
  const data = join(fixture.storeDir, '.pullmirror/quarantine', `${repair?.repaired[0]?.quarantined}.data`);
  t.equal(readFileSync(data, 'utf8'), bodyOf(B).toUpperCase());
  t.equal(readFileSync(fileOf(B), 'utf8'), bodyOf(B));
  const events = await fixture.run(['history', '--event', 'archive.repaired', '--json']);
  t.match(parseOutput('history', events.stdout).events[0], { actor: 'verify', key: B });
});

t.test('of some archives only those are repaired', async (t) => {
  spoil(A);
  rmSync(fileOf(C));
  t.equal((await fixture.run(['verify'])).status, 3, 'both are known to be damaged');
  const { status, stdout } = await fixture.run(['verify', C, '--repair']);
  t.equal(status, 0, stdout);
  t.match(stdout, /is missing from the disk\nRepaired: .*c\.gpg \(archive \d+\), from the vault\n/);
  t.equal(readFileSync(fileOf(A), 'utf8'), bodyOf(A).toUpperCase());
  t.match(parseOutput('verify', (await fixture.run(['verify', '--repair', '--json'])).stdout), {
    damaged: [{ key: A }],
  });
});

t.test('lost in the vault too: exit 3, the file stays, the others are untouched', async (t) => {
  spoil(C);
  server.remove(BUCKET, C);
  t.equal((await fixture.run(['sync'])).status, 3, 'it left the vault');
  const { status, stdout } = await fixture.run(['verify', '--repair']);
  t.equal(status, 3);
  t.match(stdout, /NOT repaired: .*c\.gpg.*: neither the vault nor this disk has its content any more\n/);
  t.equal(readFileSync(fileOf(C), 'utf8'), bodyOf(C).toUpperCase());
  for (const key of [A, B]) t.equal(readFileSync(fileOf(key), 'utf8'), bodyOf(key));
  const told = await fixture.run(['status']);
  t.equal(told.status, 3);
  t.match(told.stdout, /the file (?:cannot be read|has changed): .*, and the vault no longer has it/);
});

t.test('what makes no sense', async (t) => {
  t.equal((await fixture.run(['verify', '--due', A])).status, 2);
});
