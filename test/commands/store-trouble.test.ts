import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { ErrorCode } from '../../src/core/errors.ts';
import { EMPTY_STATE } from '../../src/core/mirror-state.ts';
import { initStore } from '../../src/store/init-store.ts';
import { readMarker } from '../../src/store/marker.ts';
import { openStateFile } from '../../src/store/state-file.ts';
import { type CommandFixture, createCommandFixture, parseOutput, type RunResult } from '../support/command-fixture.ts';
import { directoryListing } from '../support/directory-listing.ts';
import { startVaultServer } from '../support/vault-server.ts';

/**
 * The real `sync` on a store that is not as it should be: it says so, writes nothing where it should not, and works again when the cause is
 * gone. What needs real filesystems is in test/disk.
 */

const NOBODY = 65534;
const MARKER = '.pullmirror/store.json';
const CATALOG = '.pullmirror/catalog.db';

const server = await startVaultServer(t);
t.jobs = 2;
let buckets = 0;

interface Trouble {
  readonly name: string;
  /** Brings the cause about; answers how to take it away. */
  readonly cause: (fixture: CommandFixture) => () => void;
  readonly code: ErrorCode;
  readonly exit: number;
  readonly words: RegExp;
  /** It is a matter of one vault's files; the pass as such runs. */
  readonly withinPass?: true;
}

const TROUBLES: readonly Trouble[] = [
  {
    name: 'the disk is away: only the empty folder is there',
    cause({ storeDir }) {
      renameSync(storeDir, `${storeDir}.away`);
      mkdirSync(storeDir);
      return () => {
        rmSync(storeDir, { recursive: true });
        renameSync(`${storeDir}.away`, storeDir);
      };
    },
    code: 'STORE_MISSING',
    exit: 75,
    words: /not mounted at .*store/,
  },
  {
    name: 'not even the folder is there',
    cause({ storeDir }) {
      renameSync(storeDir, `${storeDir}.away`);
      return () => renameSync(`${storeDir}.away`, storeDir);
    },
    code: 'STORE_MISSING',
    exit: 75,
    words: /not mounted at .*store/,
  },
  {
    name: 'the marker is gone',
    cause({ storeDir }) {
      renameSync(join(storeDir, MARKER), join(storeDir, 'kept.json'));
      return () => renameSync(join(storeDir, 'kept.json'), join(storeDir, MARKER));
    },
    code: 'STORE_MISSING',
    exit: 75,
    words: /there is no .*store\.json/,
  },
  {
    name: 'the marker of another store was copied here',
    cause({ storeDir, dir }) {
      const other = join(dir, 'other');
      mkdirSync(other);
      initStore({ directory: other, notAMount: true, nowMs: Date.now(), newId: randomUUID });
      copyFileSync(join(storeDir, MARKER), join(dir, 'marker'));
      copyFileSync(join(other, MARKER), join(storeDir, MARKER));
      return () => copyFileSync(join(dir, 'marker'), join(storeDir, MARKER));
    },
    code: 'STORE_WRONG',
    exit: 75,
    words: /belongs to store [0-9a-f-]{36}, but the marker/,
  },
  {
    name: 'the catalog is missing',
    cause({ storeDir }) {
      renameSync(join(storeDir, CATALOG), join(storeDir, 'kept.db'));
      return () => renameSync(join(storeDir, 'kept.db'), join(storeDir, CATALOG));
    },
    code: 'CATALOG_CORRUPT',
    exit: 78,
    words: /catalog\.db is missing/,
  },
  {
    name: 'the path of the store is a symbolic link',
    cause({ storeDir }) {
      renameSync(storeDir, `${storeDir}.elsewhere`);
      symlinkSync(`${storeDir}.elsewhere`, storeDir);
      return () => {
        unlinkSync(storeDir);
        renameSync(`${storeDir}.elsewhere`, storeDir);
      };
    },
    code: 'STORE_SYMLINK',
    exit: 78,
    words: /symbolic link to .*store\.elsewhere/,
  },
  {
    name: 'a symbolic link was planted as the folder of the vault',
    cause({ storeDir, dir }) {
      mkdirSync(join(dir, 'outside'));
      renameSync(join(storeDir, 'web'), join(dir, 'web'));
      symlinkSync(join(dir, 'outside'), join(storeDir, 'web'));
      return () => {
        unlinkSync(join(storeDir, 'web'));
        renameSync(join(dir, 'web'), join(storeDir, 'web'));
      };
    },
    code: 'STORE_SYMLINK',
    exit: 78,
    words: /web is a symbolic link/,
    withinPass: true,
  },
  {
    name: 'a file stands where the folder of the vault should be',
    cause({ storeDir, dir }) {
      renameSync(join(storeDir, 'web'), join(dir, 'web'));
      copyFileSync(join(storeDir, 'README.txt'), join(storeDir, 'web'));
      return () => {
        unlinkSync(join(storeDir, 'web'));
        renameSync(join(dir, 'web'), join(storeDir, 'web'));
      };
    },
    code: 'STORE_UNSUITABLE',
    exit: 78,
    words: /web is a file where a folder/,
    withinPass: true,
  },
];

t.test('one trouble after the other', { buffered: true }, async (t) => {
  const fixture = await mirrorOfOne(t);
  for (const { name, cause, code, exit, words, withinPass } of TROUBLES) {
    const remedy = cause(fixture);
    const leaveOut = [fixture.stateDir, ...(withinPass ? ownPart(fixture) : [])];
    const before = directoryListing(fixture.dir, leaveOut);
    const { status, stdout, stderr } = await fixture.run(['sync']);
    t.equal(status, exit, `${name}: ${stdout}${stderr}`);
    t.match(stdout + stderr, words, name);
    t.match(stdout + stderr, /next: /, name);
    t.strictSame(directoryListing(fixture.dir, leaveOut), before, `${name}: nothing was written`);

    const { lastPass, vaults } = openStateFile(fixture.stateDir).state;
    t.equal((lastPass?.stopped ?? vaults.web?.lastError)?.code, code, `${name}: it is remembered`);
    remedy();
  }
  const told = await fixture.run(['status']);
  t.equal(told.status, 3);
  t.match(told.stdout, /web is a file where a folder/, '`status` tells the last one');
  await assertWorksAgain(t, fixture);
});

t.test(
  'a marker of another store beside this catalog is STORE_WRONG for every command',
  { buffered: true },
  async (t) => {
    const fixture = await mirrorOfOne(t);
    const wrong = TROUBLES.find(({ code }) => code === 'STORE_WRONG');
    wrong?.cause(fixture);
    // SQLite's own, made by every reader of such a database.
    const shared = ['-wal', '-shm'].map((end) => join(fixture.storeDir, CATALOG + end));
    const before = directoryListing(fixture.dir, shared);
    for (const args of [
      ['list', '--json'],
      ['verify', '--json'],
      ['restore', 'web1/first', '--json'],
      ['resolve', 'web1/first', '--json'],
      ['init', fixture.storeDir, '--not-a-mount', '--json'],
    ]) {
      const { status, stdout, stderr } = await fixture.run(args);
      t.equal(status, 75, `${args[0]}: ${stdout}${stderr}`);
      t.equal(parseOutput('error', stdout).error.code, 'STORE_WRONG', args.join(' '));
    }
    const doctor = await fixture.run(['doctor']);
    t.match(doctor.stdout, /bad +disk: .*belongs to store/);
    t.match(doctor.stdout, /unknown +disk writing/);
    t.strictSame(directoryListing(fixture.dir, shared), before, 'nothing was written');
  },
);

t.test('a store that was never made here, as long as none is known', { buffered: true }, async (t) => {
  const fixture = await mirrorOfOne(t, { known: false });
  unlinkSync(join(fixture.storeDir, MARKER));
  const { status, stderr } = await fixture.run(['sync']);
  t.equal(status, 78);
  t.match(stderr, /is not a pullmirror store.*\n.*\n? *next: .*pullmirror init/);
});

t.test(
  'another whole store in its place is a swap of disks: filled, listed in full, and back again',
  { buffered: true },
  async (t) => {
    const fixture = await mirrorOfOne(t);
    const { storeDir, dir } = fixture;
    renameSync(storeDir, join(dir, 'disk-a'));
    mkdirSync(storeDir);
    initStore({ directory: storeDir, notAMount: true, nowMs: Date.now(), newId: randomUUID });
    const swapped = await fixture.run(['sync', '--json']);
    t.equal(swapped.status, 0, swapped.stdout);
    const { storeId } = readMarker(storeDir);
    t.match(parseOutput('sync', swapped.stdout).vaults, [{ listing: 'full', downloaded: 2 }]);
    t.equal(parseOutput('sync', swapped.stdout).swapped, true);
    const history = await fixture.run(['history', '--event', 'store.swapped', '--json']);
    t.match(parseOutput('history', history.stdout).events, [{ actor: 'sync', detail: { storeId } }]);
    assertRightFiles(t, fixture);
    renameSync(storeDir, join(dir, 'disk-b'));
    renameSync(join(dir, 'disk-a'), storeDir);
    const back = await fixture.run(['sync']);
    const words = `another store than last time is mounted \\(id ${readMarker(storeDir).storeId}\\): everything is listed anew`;
    t.match(back.stdout, new RegExp(words));
    t.match(back.stdout, /web: 2 listed, 1 new, 1 downloaded/, 'what came meanwhile is found');
    t.notMatch((await fixture.run(['sync'])).stdout, /another store/, 'it is told once');
    await assertWorksAgain(t, fixture);
  },
);

t.test('folders that this user may not write to', { buffered: true }, async (t) => {
  const fixture = await mirrorOfOne(t);
  const uid = process.getuid?.() === 0 ? NOBODY : undefined;
  if (uid !== undefined) giveAway(fixture.dir, uid);
  const run = (args: string[]): Promise<RunResult> => fixture.run(args, uid === undefined ? {} : { uid });
  if (uid !== undefined && (await run(['config', 'check'])).status !== 0) {
    t.comment('nobody cannot read this checkout');
    return;
  }
  for (const [folder, code, exit] of [
    [fixture.storeDir, 'STORE_FORBIDDEN', 75],
    [join(fixture.storeDir, '.pullmirror'), 'STORE_FORBIDDEN', 75],
    [join(fixture.storeDir, 'web/web1'), 'STORE_FORBIDDEN', 75],
    [fixture.stateDir, 'STATE_UNUSABLE', 78],
  ] as const) {
    chmodSync(folder, 0o555);
    const leaveOut = code === 'STATE_UNUSABLE' ? ownPart(fixture) : [...ownPart(fixture), fixture.stateDir];
    const before = directoryListing(fixture.dir, leaveOut);
    const { status, stdout, stderr } = await run(['sync']);
    t.equal(status, exit, stdout + stderr);
    t.match(stdout + stderr, folder);
    t.match(
      stdout + stderr,
      /next: (Give the user that runs pullmirror write access|Make the `state:` directory writable)/,
    );
    t.strictSame(directoryListing(fixture.dir, leaveOut), before, 'nothing was written');
    chmodSync(folder, 0o755);
  }
  t.equal((await run(['sync'])).status, 0);
  assertRightFiles(t, fixture);
});

t.test('a state directory that is missing is made, its last component only', { buffered: true }, async (t) => {
  const fixture = await mirrorOfOne(t);
  renameSync(fixture.stateDir, `${fixture.stateDir}.away`);
  const doctor = await fixture.run(['doctor']);
  t.match(doctor.stdout, /ok +state directory: .*state does not exist yet; the first sync makes it/);
  t.notOk(existsSync(fixture.stateDir), 'doctor makes nothing');
  t.equal((await fixture.run(['list'])).status, 0, 'the archives can be had all the same');
  await assertWorksAgain(t, fixture);
  t.equal(statSync(fixture.stateDir).mode & 0o777, 0o750);
  t.ok(openStateFile(fixture.stateDir).state.storeId);

  writeFileSync(fixture.configFile, readFileSync(fixture.configFile, 'utf8').replace('/state\n', '/no/such/state\n'));
  const before = directoryListing(fixture.dir);
  const { status, stderr } = await fixture.run(['sync']);
  t.equal(status, 78);
  t.match(
    stderr,
    /state directory .*\/no\/such\/state does not exist\n[\s\S]*next: .*install -d -o USER .*\/no\/such\/state/,
  );
  t.strictSame(directoryListing(fixture.dir), before, 'nothing was written');
});

t.test('`vaults` and `store.path` are enough; all else has a value', { buffered: true }, async (t) => {
  const fixture = await mirrorOfOne(t, { known: false });
  const bucket = `bucket-${buckets}`;
  // What the machine of this test has not: S3 of Amazon, a key in the user's files, a /var/lib of its own.
  writeFileSync(
    fixture.configFile,
    `store: { path: ${fixture.storeDir} }
vaults: [{ name: web, bucket: ${bucket}, region: eu-central-1, endpoint: ${server.url}, forcePathStyle: true, credentials: { file: ${fixture.dir}/credentials } }]
state: ${fixture.dir}/fresh
`,
  );
  await assertWorksAgain(t, fixture);
  t.ok(openStateFile(join(fixture.dir, 'fresh')).state.storeId);
});

/** A vault with two archives, and a store that has the first of them, as after a pass when there was no second yet. */
async function mirrorOfOne(t: Test, { known = true } = {}): Promise<CommandFixture> {
  const fixture = createCommandFixture({ endpoint: server.url, yaml: '' });
  t.teardown(() => fixture.remove());
  buckets += 1;
  const bucket = `bucket-${buckets}`;
  writeFileSync(fixture.configFile, readFileSync(fixture.configFile, 'utf8').replace('vault-bucket', bucket));
  server.addBucket(bucket);
  server.seed(bucket, [
    { key: 'web1/first', body: 'first' },
    { key: 'web1/second', body: 'second' },
  ]);
  if (!known) return fixture;
  fixture.store({ key: 'web1/first', content: 'first' });
  const { storeId } = readMarker(fixture.storeDir);
  await openStateFile(fixture.stateDir).save({ ...EMPTY_STATE, storeId });
  return fixture;
}

/** What a pass that can open the store may always write to. */
const ownPart = ({ storeDir }: CommandFixture): string[] =>
  ['.pullmirror', 'index.html'].map((name) => join(storeDir, name));

async function assertWorksAgain(t: Test, fixture: CommandFixture): Promise<void> {
  const { status, stdout, stderr } = await fixture.run(['sync']);
  t.equal(status, 0, stdout + stderr);
  assertRightFiles(t, fixture);
}

function assertRightFiles(t: Test, { storeDir }: CommandFixture): void {
  const folder = join(storeDir, 'web/web1');
  t.strictSame(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
    [
      ['first', 'first'],
      ['second', 'second'],
    ],
  );
}

function giveAway(directory: string, uid: number): void {
  for (const name of ['', ...readdirSync(directory, { recursive: true, encoding: 'utf8' })]) {
    chownSync(join(directory, name), uid, uid);
  }
}
