import { rmSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/commands/system-clock.ts';
import type { OUTPUT_SCHEMAS } from '../../src/core/output-schemas.ts';
import { startS3Server } from '../../src/demo/s3-server/start-s3-server.ts';
import { catalogCopyPath } from '../../src/store/catalog-copy.ts';
import { readMarker } from '../../src/store/marker.ts';
import { runHere } from '../recovery/run-here.ts';
import { createCommandFixture, DAY, parseOutput } from '../support/command-fixture.ts';
import type { FaultPlan } from '../support/fault.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';

// What a vault says of the time of its objects, where no sane one would say it.
const USER = { accessKeyId: 'AKTEST', secretAccessKey: 'secret-of-the-test' };
const YAML = `series:
  - { name: files, vault: web, match: "web1/{date}.tar.gz.gpg", expectEvery: 1d, keep: { last: 3, daily: 4, monthly: 2, within: 2d } }
retention: { announce: 1h }
`;
const MIDNIGHT_MS = Math.floor(Date.now() / DAY) * DAY;
const keyOf = (ms: number): string => `web1/${new Date(ms).toISOString().slice(0, 10)}.tar.gz.gpg`;
const daily = (daysAgo: number) => {
  const lastModifiedMs = MIDNIGHT_MS - daysAgo * DAY;
  return { key: keyOf(lastModifiedMs), body: `of ${daysAgo}`, lastModifiedMs };
};
const YEAR_1 = '0001-01-01T00:00:00.000Z';
const ODD = '<LastModified>yesterday</LastModified>';

async function createMirror(t: Test, plan: FaultPlan = () => null) {
  const server = await startS3Server({ dataDir: t.testdir(), users: [USER], clock: systemClock });
  server.addBucket('vault-bucket', { versioning: 'Enabled' });
  const proxy = await startFaultProxy(server.url, plan);
  const fixture = createCommandFixture({ endpoint: proxy.url, yaml: YAML });
  t.teardown(async () => {
    await proxy.close();
    await server.close();
    fixture.remove();
  });
  const run = (...args: string[]) => runHere(['--config', fixture.configFile, ...args], systemClock);
  const read = async <Name extends keyof typeof OUTPUT_SCHEMAS>(name: Name, ...args: string[]) => {
    const result = await run(name, ...args, '--json');
    return { status: result.status, document: parseOutput(name, result.stdout) };
  };
  return {
    ...fixture,
    seed: (objects: Parameters<typeof server.seed>[1]) => server.seed('vault-bucket', objects),
    run,
    read,
  };
}

t.test('an object without a time is left out and told; the others are mirrored', async (t) => {
  let spoiled = '';
  const { seed, run, read } = await createMirror(t, ({ path }) =>
    new URL(path, 'http://x').searchParams.has('versions')
      ? {
          rewriteBody: (body) =>
            body.replace(/<Version>.*?<\/Version>/gs, (version) =>
              spoiled !== '' && version.includes(`<Key>${spoiled}</Key>`)
                ? version.replace(/<LastModified>.*<\/LastModified>/, ODD)
                : version,
            ),
        }
      : null,
  );
  seed([
    ...[4, 3, 2].map(daily),
    { key: 'web1/zero', body: 'year 1', lastModifiedMs: Date.parse(YEAR_1) },
    { key: 'web1/word', body: 'of no time' },
  ]);
  spoiled = 'web1/word';
  const told = (key: string, time: string) => ({
    key,
    code: 'VAULT_TIME_UNREADABLE',
    message: `vault web: "${key}" is listed with "${time}" as its time, which is none; it is left out`,
  });
  const failures = [told('web1/word', 'yesterday'), told('web1/zero', YEAR_1)];

  const first = await read('sync');
  t.match(first, { status: 3, document: { vaults: [{ listed: 5, downloaded: 3, failures, problem: null }] } });
  seed([daily(1)]);
  t.match(await read('sync'), { status: 3, document: { vaults: [{ downloaded: 1, failures, problem: null }] } });
  t.match((await run('status')).text, /web: .*"web1\/word" is listed with "yesterday" as its time/);
  t.match(
    await read('prune'),
    { status: 0, document: { series: [{ blocked: null }] } },
    'that is no reason to keep everything',
  );

  spoiled = daily(3).key;
  t.match(
    await read('sync', '--full'),
    {
      status: 3,
      document: { vaults: [{ downloaded: 1, failures: [told(spoiled, 'yesterday'), failures[1]], problem: null }] },
    },
    'what lost its time after it was mirrored is not thought to be gone',
  );
  t.match(
    (await read('list')).document.archives.map(({ state, goneAt }) => [state, goneAt]),
    [1, 2, 3, 4].map(() => ['stored', null]),
  );

  spoiled = '';
  t.match(await read('sync', '--full'), { document: { vaults: [{ newArchives: 0, failures: [failures[1]] }] } });
});

t.test('1970, 2100 and 9999 are mirrored, and nothing stumbles over them', async (t) => {
  const { dir, storeDir, stateDir, seed, run, read } = await createMirror(t);
  const genuine = [6, 5, 4, 3, 2, 1].map(daily);
  seed(genuine);
  t.equal((await run('sync')).status, 0);
  const decisions = async () => {
    const { document } = await read('prune', '--dry-run');
    return new Map(document.archives?.map(({ key, decision }) => [key, decision]));
  };
  const before = await decisions();
  t.ok([...before.values()].includes('kept'));

  const odd = [0, Date.UTC(2100, 0), Date.UTC(9999, 11, 31, 23, 59, 59)].map((lastModifiedMs, n) => ({
    key: `web1/2020-01-0${n + 1}.tar.gz.gpg`,
    body: `of ${n}`,
    lastModifiedMs,
  }));
  seed(odd);
  t.match(
    await read('sync'),
    {
      status: 3,
      document: { vaults: [{ downloaded: odd.length, failures: [] }], attention: [{ cause: 'suspect', count: 2 }] },
    },
    'what the vault dates in the future is told once',
  );
  t.equal((await run('resolve', '--all', 'suspect', '--acknowledge')).status, 0);

  const whole = async (): Promise<void> => {
    const status = (await read('status')).document.series?.[0];
    const end = '9999-12-31T23:59:59Z';
    t.match(
      status,
      { freshness: /fresh|overdue/, newest: new Date(daily(1).lastModifiedMs).toISOString().slice(0, 16) },
      'not fresh for 8,000 years',
    );
    const times = (await read('list')).document.archives.map(({ lastModified }) => lastModified);
    for (const time of ['1970-01-01T00:00:00Z', '2100-01-01T00:00:00Z', end]) t.ok(times.includes(time), time);
    // The vault's own clock says that it is the archive.
    t.notMatch((await run('status')).text, /clock is in doubt/);
    for (const command of ['list', 'history', 'verify']) t.equal((await run(command)).status, 0, command);
    await read('history');
    const explained = await run('prune', '--dry-run', '--explain');
    t.match(explained.text, /kept +2100-01-01 01:00 +web1\/2020-01-02/);
    const after = await decisions();
    for (const { key } of genuine) if (before.get(key) === 'kept') t.equal(after.get(key), 'kept', key);
    const to = ['--to', join(dir, 'out.gpg'), '--force'];
    const latest = await read('restore', '--series', 'files', '--latest', ...to);
    t.match(latest, { status: 0, document: { key: daily(1).key, warnings: [/dates it 9999/, /dates it 2100/] } });
    const now = await read('restore', '--series', 'files', '--at', new Date().toISOString(), ...to);
    t.match(now, { status: 0, document: { key: daily(1).key } });
    t.match(await read('prune'), { status: 0, document: { removed: 0 } });
  };
  await whole();

  const { storeId } = readMarker(storeDir);
  rmSync(catalogCopyPath(stateDir, storeId));
  rmSync(join(storeDir, '.pullmirror/catalog.db'));
  t.match(await read('rebuild'), { status: 3, document: { result: 'rebuilt' } });
  t.match((await read('sync', '--full')).document, { vaults: [{ newArchives: 0, downloaded: 0, failures: [] }] });
  t.equal((await run('release', '--all')).status, 0);
  await whole();
});
