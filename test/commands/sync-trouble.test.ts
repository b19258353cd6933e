import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/commands/system-clock.ts';
import type { ErrorCode } from '../../src/core/errors.ts';
import { startS3Server } from '../../src/demo/s3-server/start-s3-server.ts';
import { openStateFile } from '../../src/store/state-file.ts';
import { type CommandFixture, createCommandFixture, parseOutput } from '../support/command-fixture.ts';
import { type FaultPlan, type SeenRequest, s3Error, shortenListing } from '../support/fault.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';

/** The real program against a vault that misbehaves: what it says, its exit status, and what is on the disk afterwards. */

const BUCKET = 'vault-bucket';
const BODIES = new Map([
  ['web1/2026-11-20.tar.gz.gpg', 'twenty '.repeat(2000)],
  ['web1/2026-11-21.tar.gz.gpg', 'twenty-one '.repeat(2000)],
]);

const dataDir = mkdtempSync(join(tmpdir(), 'pullmirror-s3-'));
const users = [{ accessKeyId: 'AKTEST', secretAccessKey: 'secret-of-the-test' }];
const server = await startS3Server({ dataDir, users, clock: systemClock });
server.addBucket(BUCKET);
server.seed(
  BUCKET,
  [...BODIES].map(([key, body]) => ({ key, body })),
);
t.teardown(async () => {
  await server.close();
  rmSync(dataDir, { recursive: true, force: true });
});
// Most of the time a pass waits before it tries again.
t.jobs = 4;

const isObject = ({ path }: SeenRequest): boolean => path.startsWith(`/${BUCKET}/web1`);
const isListing = (request: SeenRequest): boolean => !isObject(request);

interface Trouble {
  readonly name: string;
  readonly plan?: FaultPlan;
  /** Changes to the configuration and to the file with the key. */
  readonly config?: readonly [string, string];
  readonly key?: readonly [string, string];
  readonly code: ErrorCode;
  readonly exit: number;
  /** What is remembered for `status`: the place where it happened, and what. */
  readonly words: RegExp;
  /** Where `status` itself is asked as well. */
  readonly statusExit?: number;
}

const TROUBLES: readonly Trouble[] = [
  // The slowest first: the others run meanwhile.
  {
    name: 'connections that stand still while reading',
    plan: (request) => (isObject(request) ? { stallAt: 10 } : null),
    code: 'TRANSFER_STALLED',
    exit: 75,
    words: /vault web: reading web1.*no byte within 1 s/,
    statusExit: 75,
  },
  {
    name: '503 SlowDown for ever',
    plan: () => ({ replaceBy: s3Error(503, 'SlowDown') }),
    code: 'VAULT_BUSY',
    exit: 75,
    words: /vault web: .*vault-bucket/,
    statusExit: 75,
  },
  {
    name: '403 on everything',
    plan: () => ({ replaceBy: s3Error(403, 'AccessDenied') }),
    code: 'VAULT_DENIED',
    exit: 78,
    words: /vault web: .*vault-bucket/,
    statusExit: 3,
  },
  {
    name: 'another region',
    config: ['region: eu-central-1', 'region: eu-west-1'],
    code: 'VAULT_WRONG_REGION',
    exit: 78,
    words: /vault web: .*eu-central-1/,
  },
  {
    name: 'another bucket',
    config: ['bucket: vault-bucket', 'bucket: vault-bukket'],
    code: 'VAULT_NO_BUCKET',
    exit: 78,
    words: /vault web: .*vault-bukket/,
  },
  {
    name: 'a key that is not known',
    key: ['AKTEST', 'AKGONE'],
    code: 'VAULT_WRONG_KEY',
    exit: 78,
    words: /vault web: /,
    statusExit: 3,
  },
  {
    name: 'a wrong secret',
    key: ['secret-of-the-test', 'another-secret'],
    code: 'VAULT_WRONG_KEY',
    exit: 78,
    words: /vault web: /,
  },
  {
    name: 'nobody at the endpoint',
    config: ['http://127.0.0.1:', 'http://127.0.0.1:1#'],
    code: 'VAULT_UNREACHABLE',
    exit: 75,
    words: /vault web: .*127\.0\.0\.1/,
  },
  {
    name: 'bytes flipped for ever',
    plan: (request) => (isObject(request) ? { flipByteAt: 100 + request.nth } : null),
    code: 'VERIFICATION_FAILED',
    exit: 3,
    words: /web\/web1\/.*two downloads/,
    statusExit: 3,
  },
];

for (const { name, plan, config, key, code, exit, words, statusExit } of TROUBLES) {
  t.test(name, { buffered: true }, async (t) => {
    const { fixture } = await mirrorThrough(t, plan);
    if (config !== undefined) replaceIn(fixture.configFile, ...config);
    if (key !== undefined) replaceIn(join(fixture.dir, 'credentials'), ...key);
    const { status, stdout, stderr } = await fixture.run(['sync', '--json']);
    const { vaults } = parseOutput('sync', stdout);
    t.equal(status, exit, stdout + stderr);
    const problems = vaults.flatMap(({ problem, failures }) => [...(problem === null ? [] : [problem]), ...failures]);
    t.ok(problems.length > 0);
    for (const problem of problems) t.equal(problem.code, code, problem.message);
    t.ok(problems.every(({ hint }) => hint !== ''));
    assertFiles(t, fixture, []);

    t.match(openStateFile(fixture.stateDir).state.vaults.web?.lastError?.message, words);
    if (statusExit === undefined) return;
    const told = await fixture.run(['status']);
    t.equal(told.status, statusExit, told.stdout);
    t.match(told.stdout, words);
    t.match(told.stdout, /next: /);
  });
}

t.test('a known vault that lists less, then nothing: an alarm, and all is kept', { buffered: true }, async (t) => {
  const { fixture, proxy } = await mirrorThrough(t);
  t.equal((await fixture.run(['sync'])).status, 0);
  for (const [kept, code] of [
    [0, 'VAULT_LISTING_EMPTY'],
    [1, 'VAULT_LISTING_SHRUNK'],
  ] as const) {
    proxy.plan((request) => (isListing(request) ? { rewriteBody: shortenListing(kept) } : null));
    const { status, stdout } = await fixture.run(['sync', '--json', '--full']);
    t.equal(status, 3, stdout);
    t.equal(parseOutput('sync', stdout).vaults[0]?.problem?.code, code);
    assertFiles(t, fixture, [...BODIES.keys()]);
    const told = await fixture.run(['status']);
    t.equal(told.status, 3);
    t.match(told.stdout, /vault web: .*vault-bucket/);
  }
  proxy.plan(() => null);
  t.equal((await fixture.run(['sync', '--full'])).status, 0, 'all is well when it lists right again');
  const { status, stdout } = await fixture.run(['status']);
  t.equal(status, 0, stdout);
});

t.test('conflict and orphan: kept, said by sync and status, quiet once acknowledged', { buffered: true }, async (t) => {
  const bucket = 'changing';
  server.addBucket(bucket);
  server.seed(bucket, [
    { key: 'a', body: 'first' },
    { key: 'b', body: 'kept' },
    { key: 'c', body: 'stays' },
  ]);
  const { fixture } = await mirrorThrough(t);
  replaceIn(fixture.configFile, 'bucket: vault-bucket', `bucket: ${bucket}`);
  t.equal((await fixture.run(['sync'])).status, 0);
  server.seed(bucket, [{ key: 'a', body: 'second' }]);
  server.remove(bucket, 'b');

  const { status, stdout } = await fixture.run(['sync', '--json']);
  t.equal(status, 3);
  const report = parseOutput('sync', stdout);
  t.match(report.attention, [{ cause: 'conflict' }, { cause: 'orphan' }]);
  const folder = join(fixture.storeDir, 'web');
  const contents = readdirSync(folder).map((name) =>
    name === 'SHA256SUMS' ? name : readFileSync(join(folder, name), 'utf8'),
  );
  t.strictSame(contents.sort(), ['SHA256SUMS', 'first', 'kept', 'second', 'stays']);
  const told = await fixture.run(['status']);
  t.equal(told.status, 3);
  t.match(told.stdout, /^Needs you: 1 conflict; 1 orphan; /);
  for (const { archives } of report.attention) {
    const id = String(archives[0]?.archiveId);
    t.equal((await fixture.run(['resolve', '--archive', id, '--acknowledge'])).status, 0);
  }
  t.equal((await fixture.run(['sync'])).status, 0);
  const after = await fixture.run(['status']);
  t.equal(after.status, 0, after.stdout);
  t.strictSame(readdirSync(folder).length, 5, 'nothing was removed');
});

async function mirrorThrough(t: Test, plan?: FaultPlan): Promise<{ fixture: CommandFixture; proxy: FaultProxy }> {
  const proxy = await startFaultProxy(server.url, plan);
  const fixture = createCommandFixture({ endpoint: proxy.url, yaml: 'downloads: { idleTimeout: 1s }' });
  t.teardown(async () => {
    await proxy.close();
    fixture.remove();
  });
  return { fixture, proxy };
}

function replaceIn(file: string, before: string, after: string): void {
  const text = readFileSync(file, 'utf8');
  if (!text.includes(before)) throw new Error(`${file} does not say ${before}`);
  writeFileSync(file, text.replace(before, after));
}

/** These files have the vault's content, and nothing else lies under a final name. */
function assertFiles(t: Test, { storeDir }: CommandFixture, keys: readonly string[]): void {
  for (const [key, body] of BODIES) {
    const path = join(storeDir, 'web', key);
    if (keys.includes(key)) t.equal(readFileSync(path, 'utf8'), body);
    else t.notOk(existsSync(path), key);
  }
  t.strictSame(readdirSync(join(storeDir, '.pullmirror/partial')), []);
}
