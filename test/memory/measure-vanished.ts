/*
 * The memory budget where almost nothing of what the catalog knows is in the vault, or on the disk, any more: peak resident memory below 120 MiB. A
 * vault that was emptied of 100,000 archives but for one; then the same store without its files, and what the owner does about both; then 100,000
 * tombstones whose keys no listing shows. That all of it was mirrored is only written into the catalog. Runs the built program against the embedded
 * server in another process: `node test/memory/measure-vanished.ts`. Needs GNU time. Exits 1 when a budget is broken.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { EXIT, type ExitStatus } from '../../src/core/errors.ts';
import { startBenchServer, writeBenchConfig } from '../support/bench-server.ts';
import { judgeMemory } from './judge-memory.ts';

const COUNT = Number(process.argv[2] ?? 100_000);
const PROGRAM = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const SERIES = 'series: [ { name: small, vault: web, match: "small/{name}", expectEvery: 1d } ]\n';

const dir = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'pullmirror-vanished-'));
mkdirSync(join(dir, 'server'));
// Behind all that is known, and of a size that is nothing to wonder about.
const server = await startBenchServer(join(dir, 'server'), {
  objects: [{ key: 'small/zzz', body: { sizeBytes: COUNT + 1000 } }],
});
try {
  const config = writeBenchConfig(dir, server.url, SERIES);
  const judge = (what: string, status: ExitStatus, ...args: string[]): void =>
    judgeMemory(`${COUNT} archives, ${what}`, [process.execPath, PROGRAM, '--config', config, ...args], dir, status);

  fillCatalog('stored');
  judge('of which the vault lists none: the pass that finds it', EXIT.needsOwner, 'sync');
  mustHave("gone_at IS NOT NULL AND state = 'stored'", COUNT);
  judge('all gone from the vault: a pass', EXIT.needsOwner, 'sync', '--full');
  judge('acknowledged', EXIT.done, 'resolve', '--all', 'orphan', '--acknowledge');
  mustHave('gone_acknowledged_at IS NOT NULL', COUNT);

  judge('without their files: verify', EXIT.needsOwner, 'verify');
  mustHave('damaged_at IS NOT NULL', COUNT);
  judge('without their files: verify --repair', EXIT.needsOwner, 'verify', '--repair');
  judge('without their files: a pass', EXIT.needsOwner, 'sync');
  judge('given up', EXIT.done, 'resolve', '--all', 'damaged', '--drop');
  mustHave("gone_at IS NOT NULL AND state = 'pruned'", COUNT);
  judge('tombstones of what is gone: a full listing', EXIT.done, 'sync', '--full');

  fillCatalog('pruned');
  judge('tombstones that no listing shows: the first pass', EXIT.done, 'sync');
  judge('tombstones that no listing shows: a full listing', EXIT.done, 'sync', '--full');
  mustHave("gone_at IS NULL AND state = 'pruned'", COUNT);
} finally {
  server.process.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
}

/** A new store whose catalog knows all of them; that its files were not looked at today keeps the pass from finding out that there are none. */
function fillCatalog(state: 'stored' | 'pruned'): void {
  rmSync(join(dir, 'store'), { recursive: true });
  mkdirSync(join(dir, 'store'));
  execFileSync(process.execPath, [PROGRAM, 'init', join(dir, 'store'), '--not-a-mount'], { stdio: 'ignore' });
  const seen = { v: 1, lastSelfCheckAt: new Date().toISOString() };
  writeFileSync(join(dir, 'state', 'state.json'), JSON.stringify(seen));
  withCatalog((catalog) => {
    // An hour between each, the last one two days ago.
    catalog
      .prepare(
        `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < @count),
           named (n, key, at) AS (SELECT n, printf('small/web1-files-%06d.tar.gz.gpg', n), @now - (@count - n + 48) * 3600000 FROM numbers)
         INSERT INTO archives (vault, key, version_id, etag, size_bytes, last_modified, series, state, path, sha256, proof, first_seen_at,
           stored_at, verified_at)
         SELECT 'web', key, 'version-' || n, printf('%032x', n), 1000 + n, at, 'small', @state, iif(@state = 'stored', key, NULL), printf('%064x', n),
           'etag-md5', at, at, @now FROM named`,
      )
      .run({ count: COUNT, now: Date.now(), state });
  });
}

/** A pass that did something else than what is to be measured would measure nothing. */
function mustHave(condition: string, expected: number): void {
  const count = withCatalog((catalog) =>
    catalog.prepare(`SELECT count(*) FROM archives WHERE ${condition}`).pluck().get(),
  );
  if (count !== expected) throw new Error(`${count} of ${expected} archives have ${condition}`);
}

function withCatalog<T>(work: (catalog: Database.Database) => T): T {
  const catalog = new Database(join(dir, 'store', '.pullmirror', 'catalog.db'));
  try {
    return work(catalog);
  } finally {
    catalog.close();
  }
}
