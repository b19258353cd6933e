/*
 * The memory budget where keep rules judge 100,000 archives of one series: peak resident memory of `sync` and `prune` below 120 MiB, when the rules
 * keep few, and when they keep all, each for several reasons. What the rules would remove at once is not downloaded, so these passes are short; that
 * all of it is on the disk is then only written into the catalog, which is all that planning and announcing look at. Runs the built program against
 * the embedded server in another process: `node test/memory/measure-keeping.ts`. Needs GNU time. Exits 1 when a budget is broken.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { HOUR_MS } from '../../src/core/duration.ts';
import { startBenchServer, writeBenchConfig } from '../support/bench-server.ts';
import { judgeMemory } from './judge-memory.ts';

const COUNT = Number(process.argv[2] ?? 100_000);
/** Left for the pass that downloads while all others are on the disk. */
const WAITING = 500;
const PROGRAM = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const FEW = '{ last: 10, hourly: 48, daily: 30, weekly: 20, monthly: 60, yearly: 10, within: 2d }';
const ALL = `{ last: ${COUNT}, hourly: ${COUNT}, daily: ${COUNT}, weekly: ${COUNT}, within: 7000d }`;

const dir = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'pullmirror-keeping-'));
mkdirSync(join(dir, 'server'));
// One an hour for eleven years: the days in the names are other times than the vault's, so that there are two opinions to ask.
const numbered = { count: COUNT, keyPrefix: 'hourly/', sizeBytes: 1024, everyMs: HOUR_MS, dated: true };
const server = await startBenchServer(join(dir, 'server'), { numbered });
const judge = (what: string, command: readonly string[]): void =>
  judgeMemory(`${COUNT} archives with keep rules: ${what}`, command, dir);
try {
  const keeping = (rules: string): string =>
    writeBenchConfig(
      dir,
      server.url,
      `timezone: Europe/Berlin\nseries: [ { name: hourly, vault: web, match: "hourly/{date}-{name}", expectEvery: 1h, keep: ${rules} } ]\n`,
    );
  const program = (...args: string[]): string[] => [
    process.execPath,
    PROGRAM,
    '--config',
    join(dir, 'config.yaml'),
    ...args,
  ];
  keeping(FEW);
  execFileSync(process.execPath, [PROGRAM, 'init', join(dir, 'store'), '--not-a-mount'], { stdio: 'ignore' });
  judge('first sync', program('sync'));
  mustHave("state = 'unwanted'", (count) => count > COUNT * 0.9);
  judge('second sync, full listing, nothing new', program('sync', '--full'));
  storeAllBut(WAITING);
  judge('prune that announces almost all', program('prune'));
  mustHave('announced_at IS NOT NULL', (count) => count > COUNT * 0.9);
  keeping(ALL);
  judge(`sync of ${WAITING} that rules for all want again`, program('sync'));
  mustHave("state = 'stored'", (count) => count === COUNT);
  judge('prune that keeps all again', program('prune'));
  mustHave('announced_at IS NOT NULL', (count) => count === 0);
} finally {
  server.process.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
}

/** Writes into the catalog that what was not wanted is on the disk, all but the newest of it. */
function storeAllBut(waiting: number): void {
  const catalog = new Database(join(dir, 'store', '.pullmirror', 'catalog.db'));
  try {
    catalog
      .prepare(
        `UPDATE archives SET state = 'stored', path = key, sha256 = lower(hex(randomblob(32))), proof = 'etag-md5', stored_at = last_modified, verified_at = last_modified
         WHERE state = 'unwanted' AND id NOT IN (SELECT id FROM archives WHERE state = 'unwanted' ORDER BY last_modified DESC LIMIT ?)`,
      )
      .run(waiting);
  } finally {
    catalog.close();
  }
}

/** A pass that did something else than what is to be measured would measure nothing. */
function mustHave(condition: string, isRight: (count: number) => boolean): void {
  const catalog = new Database(join(dir, 'store', '.pullmirror', 'catalog.db'), { readonly: true });
  try {
    const count = catalog.prepare(`SELECT count(*) FROM archives WHERE ${condition}`).pluck().get();
    if (!isRight(Number(count))) throw new Error(`${count} of ${COUNT} archives have ${condition}`);
  } finally {
    catalog.close();
  }
}
