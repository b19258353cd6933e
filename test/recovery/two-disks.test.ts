import { randomUUID } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { CatalogDatabase } from '../../src/store/catalog/catalog-database.ts';
import { catalogCopyPath } from '../../src/store/catalog-copy.ts';
import { initStore } from '../../src/store/init-store.ts';
import { readMarker } from '../../src/store/marker.ts';
import { openStateFile } from '../../src/store/state-file.ts';
import { BUCKET, configText, createMirrorFixture, impatientClock } from '../support/mirror-fixture.ts';
import { runHere } from './run-here.ts';

/** Two disks that are plugged in in turn, at one mount point; A is in. */
async function twoDisks(t: Test) {
  const fixture = await createMirrorFixture();
  t.teardown(() => fixture.close());
  const { dir, storeDir, server } = fixture;
  const configFile = join(dir, 'config.yaml');
  writeFileSync(configFile, configText(dir, server.url, ''));
  const other = join(dir, 'other');
  mkdirSync(other);
  initStore({ directory: other, notAMount: true, nowMs: Date.now(), newId: randomUUID });
  const run = async (...args: string[]) => runHere(['--config', configFile, ...args], impatientClock);
  const seed = (key: string) => server.seed(BUCKET, [{ key, body: `body of ${key}` }]);
  return {
    storeDir,
    stateDir: join(dir, 'state'),
    other,
    run,
    seed,
    done: async (t: Test, ...args: string[]) => {
      const { status, text } = await run(...args);
      t.equal(status, 0, text);
      return text;
    },
    swap() {
      renameSync(storeDir, join(dir, 'out'));
      renameSync(other, storeDir);
      renameSync(join(dir, 'out'), other);
    },
  };
}

const catalogOf = (storeDir: string): string => join(storeDir, '.pullmirror/catalog.db');
const idOf = (storeDir: string): string => readMarker(storeDir).storeId;

t.test('disks in turn: each has its own catalog and its own copy of it, and is rebuilt from that', async (t) => {
  const { storeDir, stateDir, run, seed, done, swap } = await twoDisks(t);
  seed('a1');
  await done(t, 'sync');
  const a = idOf(storeDir);
  swap();
  t.match(await done(t, 'sync'), /another store than last time.*\n.*1 archive more/s);
  const b = idOf(storeDir);
  seed('b2');
  await done(t, 'sync');
  for (const id of [a, b]) t.ok(existsSync(catalogCopyPath(stateDir, id)), 'a copy of each');
  swap();
  truncateSync(catalogOf(storeDir), 4096);
  t.match(await run('sync'), { status: 78, text: /next: .*pullmirror rebuild/ });
  const rebuilt = await done(t, 'rebuild');
  t.match(rebuilt, /The copy of the catalog of .* takes its place/);
  t.match(rebuilt, /2 listed, 1 known from the copy, 1 without a file here/, 'disk A never had the second one');
  t.match(await done(t, 'sync'), /1 archive more/);
  t.match(await done(t, 'rebuild'), /whole/);
  swap();
  t.match(await done(t, 'sync'), /nothing new/);
  t.equal(openStateFile(stateDir).state.storeId, b);
});

t.test('the catalog of the other disk: nothing is believed or lost, rebuild brings the right one', async (t) => {
  const { storeDir, other, run, seed, done, swap } = await twoDisks(t);
  seed('a1');
  await done(t, 'sync');
  swap();
  await done(t, 'sync');
  for (const suffix of ['-wal', '-shm']) rmSync(catalogOf(storeDir) + suffix, { force: true });
  copyFileSync(catalogOf(other), catalogOf(storeDir));
  for (const command of ['sync', 'list', 'prune', 'verify']) {
    t.match(await run(command), { status: 75, text: /belongs to store.*next: .*pullmirror rebuild/s }, command);
  }
  t.match(await run('status'), { text: /belongs to store/ });
  t.match(await done(t, 'rebuild'), /belongs to store.*The catalog agrees with the disk again/s);
  t.match(await done(t, 'sync'), /nothing new/);
  t.match(await done(t, 'verify'), /All right: 1 archive/);
});

t.test('the catalog of a newer release is not broken, and rebuild leaves it alone', async (t) => {
  const { storeDir, run, seed, done } = await twoDisks(t);
  seed('a1');
  await done(t, 'sync');
  const db = new CatalogDatabase(catalogOf(storeDir), {});
  db.pragma('user_version = 99');
  db.close();
  for (const command of ['sync', 'list', 'prune', 'verify', 'rebuild']) {
    t.match(await run(command), { status: 78, text: /has schema 99.*next: Install/s }, command);
  }
  t.match(await done(t, 'rebuild', '--force'), /The catalog agrees with the disk again/, 'the owner knows better');
});
