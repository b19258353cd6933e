import { existsSync, rmSync } from 'node:fs';
import t, { type Test } from 'tap';
import { recordPass } from '../../src/core/mirror-state.ts';
import type { PassReport } from '../../src/core/pass-report.ts';
import { startS3Server } from '../../src/demo/s3-server/start-s3-server.ts';
import { adoptionFact, endAdoption } from '../../src/store/adoption-note.ts';
import { readMarker } from '../../src/store/marker.ts';
import { openStoreForWriting } from '../../src/store/open-store.ts';
import { openStateFile } from '../../src/store/state-file.ts';
import { runIn } from '../recovery/run-here.ts';
import { createCommandFixture, DAY, parseOutput } from '../support/command-fixture.ts';
import { directoryListing } from '../support/directory-listing.ts';
import { impatientClock } from '../support/mirror-fixture.ts';
import { quietReport } from '../support/pass-report.ts';

// What pruning does day by day is in test/jobs/prune.test.ts; here is what a person sees of it.
const NOW_MS = Date.now();
const USER = { accessKeyId: 'AKTEST', secretAccessKey: 'secret-of-the-test' };
const YAML = `series:
  - { name: files, vault: web, match: "web1/*.gpg", keep: { last: 2 } }
  - { name: sql, vault: web, match: "sql/*.gpg" }
`;

/** Five archives in `files` (f1 the oldest), one in `sql`, one outside; the removal of f1 and f2 is announced for two days. */
async function createStore(t: Test, { clockMs = 0, reached = true } = {}) {
  const clock = { ...impatientClock, now: () => Date.now() + clockMs };
  const server = await startS3Server({ dataDir: t.testdir(), users: [USER], clock });
  server.addBucket('vault-bucket', {});
  const fixture = createCommandFixture({ ...(reached ? { endpoint: server.url } : {}), yaml: YAML });
  t.teardown(async () => {
    await server.close();
    fixture.remove();
  });
  const rows = fixture.store(
    ...[1, 2, 3, 4, 5].map((day) => ({
      key: `web1/f${day}.gpg`,
      content: `content of ${day}`,
      series: 'files',
      lastModifiedMs: NOW_MS - (10 - day) * DAY,
    })),
    { key: 'sql/one.gpg', content: 'one', series: 'sql' },
    { key: 'stranger', content: 'of no series' },
  );
  const row = (index: number) => {
    const found = rows[index];
    if (found === undefined) throw new Error('no such archive');
    return found;
  };
  fixture.edit(({ retention }) => {
    for (const index of [0, 1]) retention.announce(row(index).id, NOW_MS - 2 * DAY);
  });
  const pass = async (problem: PassReport['vaults'][number]['problem'] = null) => {
    const stateFile = openStateFile(fixture.stateDir);
    const vaults = [quietReport('web', { problem })];
    const report = { startedAtMs: NOW_MS, endedAtMs: NOW_MS, vaults, stopped: null };
    await stateFile.save(recordPass(stateFile.state, report, readMarker(fixture.storeDir).storeId));
  };
  await pass();
  return { fixture, row, pass };
}

t.test('what a dry run explains, and a prune does', async (t) => {
  const { fixture, row } = await createStore(t);
  // What SQLite leaves for its readers is no change.
  const listing = () =>
    [...directoryListing(fixture.storeDir), ...directoryListing(fixture.stateDir)].filter(
      (line) => !/catalog\.db-(?:shm|wal) /.test(line),
    );
  const before = listing();

  // Another process works: what only looks is not in its way.
  const opened = openStoreForWriting({ path: fixture.storeDir, expectedStoreId: null, nowMs: NOW_MS });
  const [rehearsed, words, locked] = await Promise.all([
    fixture.run(['prune', '--dry-run', '--json']),
    fixture.run(['prune', '--dry-run']),
    fixture.run(['prune', '--json']),
  ]);
  opened.close();
  t.strictSame([rehearsed.status, words.status, locked.status], [0, 0, 75], rehearsed.stderr);
  t.match(parseOutput('error', locked.stdout).error, {
    code: 'STORE_LOCKED',
    message: new RegExp(`process ${process.pid}`),
  });
  t.strictSame(listing(), before);

  const document = parseOutput('prune', rehearsed.stdout);
  t.strictSame(
    document.archives?.map(({ key, decision }) => `${key} ${decision}`),
    [
      ...['web1/f5.gpg kept', 'web1/f4.gpg kept', 'web1/f3.gpg remove', 'web1/f2.gpg remove', 'web1/f1.gpg remove'],
      'sql/one.gpg kept',
    ],
  );
  t.match(document.archives?.[0]?.reasons, ['the newest verified archive of its series', /^last: 1st of 2 newest/]);
  t.strictSame(
    document.planned.map(({ key, state }) => `${key} ${state}`),
    ['web1/f1.gpg due', 'web1/f2.gpg due', 'web1/f3.gpg announced'],
  );
  t.match(words.stdout, /REMOVE {6}.* web1\/f1\.gpg \(archive 1\): no rule keeps it/);
  t.match(words.stdout, /2 \(24 B\) due: a prune would remove them now/);
  t.match(words.stdout, /sql: 1 archive, .*no keep rules, nothing is ever removed/);
  t.match(words.stdout, /1 archive matches no series and is never removed/);
  t.match(words.stdout, /Nothing was changed\.$/m);

  const { status, stdout, stderr } = await fixture.run(['prune']);
  t.equal(status, 0, stderr);
  t.match(stdout, /files: 5 archives, 60 B; 2 kept \(newest 1, last 2\)/);
  t.match(stdout, / {2}1 \(12 B\) announced now:\n {4}web1\/f3\.gpg \(archive 3\): not before .*: no rule keeps it/);
  t.match(stdout, /2 archives removed, 24 B freed/);
  t.strictSame(
    [0, 1, 2, 3, 4].map((index) => existsSync(fixture.fileOf(row(index)))),
    [false, false, true, true, true],
  );
  t.ok(
    existsSync(`${fixture.stateDir}/catalog-${readMarker(fixture.storeDir).storeId}.db`),
    'the tombstones are copied',
  );
});

t.test('while a rebuild is not finished nothing is removed: its catalog may lack the latest pins', async (t) => {
  const { fixture, row } = await createStore(t);
  const note = { kind: 'rebuild', from: 'copy', aside: 'catalog.damaged-1', beganAtMs: 1, copyMadeAtMs: 1 } as const;
  fixture.edit((catalog) => catalog.setFact(...adoptionFact(note)));
  const rehearsed = await runIn(fixture, ['prune', '--dry-run', '--json']);
  t.match(parseOutput('prune', rehearsed.stdout).series, [{ blocked: /rebuilding the catalog is not finished/ }, {}]);
  const { status, stdout } = await runIn(fixture, ['prune']);
  t.equal(status, 75, stdout);
  t.match(stdout, /nothing is removed until a pass without errors: rebuilding the catalog is not finished/);
  const areThere = () => [0, 1].map((index) => existsSync(fixture.fileOf(row(index))));
  t.strictSame(areThere(), [true, true]);
  fixture.edit(endAdoption);
  t.match(await runIn(fixture, ['prune']), { status: 0 });
  t.strictSame(areThere(), [false, false]);
});

t.test('what waits for the owner: exit status 3', async (t) => {
  const { fixture, row, pass } = await createStore(t);
  rmSync(fixture.fileOf(row(0)));
  const missing = await fixture.run(['prune', '--json']);
  t.equal(missing.status, 3, missing.stderr);
  t.match(parseOutput('prune', missing.stdout), {
    removed: 1,
    planned: [{ state: 'stays', why: 'the file is missing' }, {}, {}],
  });

  fixture.edit(({ retention }) => {
    retention.withdraw(row(2).id);
    retention.announce(row(2).id, NOW_MS - 2 * DAY);
  });
  await pass({ code: 'VAULT_LISTING_SHRUNK', message: '3 archives left the bucket', hint: 'Look into it.' });
  const { status, stdout } = await fixture.run(['prune']);
  t.equal(status, 3, stdout);
  t.match(
    stdout,
    /nothing is removed until a pass without errors: its last pass had a problem: 3 archives left the bucket/,
  );
  t.ok(existsSync(fixture.fileOf(row(2))));
});

for (const [what, options, why, hint] of [
  [
    'the vault is away',
    { reached: false },
    /no vault told the time: .*127\.0\.0\.1:9/,
    /^Let a vault be reached: `pullmirror doctor` says what is in the way\.$/,
  ],
  [
    'this machine is ten years behind',
    { clockMs: 3650 * DAY },
    /a vault refuses requests because of this machine's clock/,
    /^Let systemd set the clock/,
  ],
] as const) {
  t.test(`${what}: nothing is announced or removed`, async (t) => {
    const { fixture } = await createStore(t, options);
    const before = directoryListing(fixture.storeDir);
    // No document is begun before it is known that there is something to explain.
    const { status, stdout } = await fixture.run(['prune', '--explain', '--json']);
    t.equal(status, 75, stdout);
    t.match(parseOutput('error', stdout).error, { code: 'CLOCK_IN_DOUBT', message: why, hint });
    t.strictSame(directoryListing(fixture.storeDir), before);
    if (!what.includes('away')) return;
    const dry = await fixture.run(['prune', '--dry-run']);
    t.equal(dry.status, 0, dry.stderr);
    t.match(dry.stdout, /The time is not proven[\s\S]*web1\/f1\.gpg \(archive 1\)/);
  });
}

t.test('a later time was trusted before: the owner says that it was wrong', async (t) => {
  const { fixture } = await createStore(t);
  fixture.edit((catalog) => catalog.setFact('trusted_now', String(NOW_MS + 4000 * DAY)));
  const { status, stderr } = await fixture.run(['prune']);
  t.equal(status, 75);
  t.match(stderr, /next: .*prune --reset-clock/);
  t.equal((await fixture.run(['prune', '--reset-clock'])).status, 0);
  fixture.edit((catalog) => t.match(catalog.history.newest({ event: 'clock' }, 2), [{ event: 'clock.reset' }]));
});

t.test('what was due and stays is not called nothing', async (t) => {
  const { fixture, row } = await createStore(t);
  for (const index of [0, 1]) rmSync(fixture.fileOf(row(index)));
  const { status, stdout } = await fixture.run(['prune']);
  t.equal(status, 3, stdout);
  t.match(stdout, /2 \(\d+ B\) were due, and stay:/);
  t.match(stdout, /\nNothing was removed; what is due stays, as is said above\.\n$/);
  t.notMatch(stdout, 'Nothing was due');
});
