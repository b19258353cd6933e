/*
 * What it takes to get 100,000 archives back into a catalog: `rebuild` from its copy, from the files and a listing, and `adopt` of a plain folder;
 * peak memory below 120 MiB, with lines of progress, gone on with after an interruption. Runs the built program against the embedded server in
 * another process: `node test/memory/measure-recovery.ts`. Needs GNU time. Exits 1 when a budget is broken.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { generatedContent } from '../../src/demo/s3-server/content.ts';
import { hashKey } from '../../src/demo/s3-server/seed-objects.ts';
import { readAdoptionNote } from '../../src/store/adoption-note.ts';
import { Catalog } from '../../src/store/catalog/catalog.ts';
import { openCatalogForReading } from '../../src/store/catalog/open-catalog.ts';
import { startBenchServer, writeBenchConfig } from '../support/bench-server.ts';
import { judgeMemory } from './judge-memory.ts';

const SIZE_BYTES = 1024;
const COUNT = Number(process.argv[2] ?? 100_000);
/** A line of progress comes every ten seconds of work. */
const SILENT_MS = 15_000;
const PROGRAM = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

const dir = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'pullmirror-recovery-'));
mkdirSync(join(dir, 'server'));
const numbered = { count: COUNT, keyPrefix: 'small/', sizeBytes: SIZE_BYTES };
const server = await startBenchServer(join(dir, 'server'), { numbered });
const judge = (what: string, command: readonly string[]): void =>
  judgeMemory(`${what}, ${COUNT} archives`, command, dir);
try {
  const config = writeBenchConfig(dir, server.url, '');
  const storeDir = join(dir, 'store');
  const privateDir = join(storeDir, '.pullmirror');
  const catalogPath = join(privateDir, 'catalog.db');
  const program = (...args: string[]): string[] => [process.execPath, PROGRAM, '--config', config, ...args];
  const removeCopies = (): void => {
    for (const name of readdirSync(join(dir, 'state')))
      if (name.startsWith('catalog-')) rmSync(join(dir, 'state', name));
  };
  await fillFolder(join(storeDir, 'small'));

  judge('adopt of a plain folder', program('adopt', storeDir, '--not-a-mount'));
  mustHoldAll(catalogPath);
  if (existsSync(join(storeDir, 'small'))) throw new Error('adopt left the folder that it emptied');

  truncateSync(catalogPath, 3 * 4096);
  judge('rebuild from the copy', program('rebuild'));
  mustHoldAll(catalogPath);

  removeCopies();
  rmSync(catalogPath);
  await mustTellAndGoOn(program('rebuild'), catalogPath);
  judge('rebuild from files and a listing, the rest of it after SIGKILL', program('rebuild'));
  mustHoldAll(catalogPath);
  judge('the pass after it, with a look at every file', program('sync', '--full'));
  judge('a pass without news', program('sync'));
} finally {
  server.process.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
}

/** As rclone would have left it. */
async function fillFolder(folder: string): Promise<void> {
  mkdirSync(folder);
  for (let index = 0; index < COUNT; index += 1) {
    const name = String(index).padStart(6, '0');
    const chunks: Uint8Array[] = [];
    const content = generatedContent(SIZE_BYTES, hashKey(`small/${name}`));
    for await (const chunk of content.read(0, SIZE_BYTES)) chunks.push(chunk.slice());
    writeFileSync(join(folder, name), Buffer.concat(chunks));
  }
}

/** Kills a rebuild when a third of the archives have their rows; it must have told how far it is by then, if that took longer than its silence may. */
async function mustTellAndGoOn([file = '', ...args]: readonly string[], catalogPath: string): Promise<void> {
  const begunMs = performance.now();
  const running = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let told = '';
  running.stderr.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  const ended = once(running, 'close');
  while (running.exitCode === null && storedIn(catalogPath) < COUNT / 3) await sleep(500);
  const lastedMs = performance.now() - begunMs;
  running.kill('SIGKILL');
  await ended;
  if (running.signalCode !== 'SIGKILL') throw new Error(`rebuild came through before it could be killed: ${told}`);
  if (lastedMs > SILENT_MS && !/objects listed|archives/.test(told))
    throw new Error(`rebuild told nothing of its progress in ${Math.round(lastedMs)} ms: ${told}`);
  process.stdout.write(
    `killed with ${storedIn(catalogPath)} of ${COUNT} archives adopted; it had told: ${told.trim().split('\n').at(-1)}\n`,
  );
}

function storedIn(catalogPath: string): number {
  if (!existsSync(catalogPath)) return 0;
  return withCatalog(catalogPath, (catalog) => catalog.counts.summary().reduce((sum, { stored }) => sum + stored, 0));
}

function mustHoldAll(catalogPath: string): void {
  const stored = storedIn(catalogPath);
  if (stored !== COUNT) throw new Error(`the catalog has ${stored} archives instead of ${COUNT}`);
  if (withCatalog(catalogPath, readAdoptionNote) !== null) throw new Error('it says that it is not finished');
}

function withCatalog<T>(path: string, work: (catalog: Catalog) => T): T {
  const catalog = new Catalog(openCatalogForReading({ path, storeId: null }));
  try {
    return work(catalog);
  } finally {
    catalog.close();
  }
}
