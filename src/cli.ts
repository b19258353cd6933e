#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { ERROR_KINDS } from './core/errors.ts';

// Nothing here may load better-sqlite3: on a Node below its floor it does not fail, it crashes the process. The rest of the program is
// imported only once the version is known to be good.
const FLOOR = { major: 22, minor: 14 };

/**
 * The mirror shares a Pi with others: its budget is 120 MiB, and half of that is Node itself. Live data stays below 30 MiB, however large
 * the archives or the vault; but V8 lets garbage pile up as far as it may (by 6 to 8 MiB less where it optimizes for size), and its optimizing
 * compilers take 10 to 20 MiB for code that mostly waits for the network, the disk and native hashes (measured: no more CPU without them).
 * Buffers of transfers are not counted here. glibc would give each of the threads that read and hash memory of its own, and keep what is given
 * back: of large arrays too, once one was freed (mallopt(3): the threshold grows with it, unless it is set).
 */
const MEMORY_FLAGS = ['--max-semi-space-size=1', '--max-old-space-size=48'];
/** These can be set while it runs, too. */
const SMALL_CODE_FLAGS = ['--optimize-for-size', '--no-opt', '--no-maglev'];
/**
 * In place of MEMORY_FLAGS and MEMORY_SETTINGS for a Node that cannot start itself anew: a list of 30,000 takes 128 MiB without them, 95 with. The
 * budget is measured with the others only.
 */
const LATE_MEMORY_FLAGS = ['--semi-space-growth-factor=1'];
const MEMORY_SETTINGS = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' };

/** A clone has its own Node among its development dependencies, for machines whose Node is older. */
const ownNode = fileURLToPath(new URL(`../node_modules/node-linux-${process.arch}/bin/node`, import.meta.url));

if (isRecentEnough(process.versions.node)) {
  if (mustLimitMemory()) limitMemory();
  const { runProgram } = await import('./commands/program.ts');
  const place = { cliFile: fileURLToPath(import.meta.url), rootDir: fileURLToPath(new URL('..', import.meta.url)) };
  process.exitCode = await runProgram(process.argv.slice(2), place);
} else if (existsSync(ownNode) && process.execPath !== realpathSync(ownNode)) {
  // node_modules may be a link, and execPath is where it leads to: a Node that did not know itself would start itself for ever.
  runWith(ownNode);
} else {
  const { exit, hint } = ERROR_KINDS.NODE_TOO_OLD;
  process.stderr.write(
    `pullmirror: Node ${process.versions.node} at ${process.execPath} is too old; at least ${FLOOR.major}.${FLOOR.minor} is needed\n` +
      '  why: its database module crashes on older ones\n' +
      `  next: ${hint}\n`,
  );
  process.exitCode = exit;
}

function isRecentEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > FLOOR.major || (major === FLOOR.major && minor >= FLOOR.minor);
}

/** True where V8 would let its heap grow as far as the machine allows: it does so long before it collects what is garbage. */
function mustLimitMemory(): boolean {
  const isDemo = process.argv[2] === 'demo';
  return !isDemo && !process.execArgv.some((flag) => flag.startsWith('--max-old-space-size'));
}

/**
 * Starts this very process anew with the flags, for limits and the settings of malloc cannot be changed while it runs: costs some 40 ms, and no
 * second process, and does not come back. A Node without execve (22.14, early 23) sets what can be set late, and goes on.
 */
function limitMemory(): void {
  if (typeof process.execve !== 'function') {
    for (const flag of [...LATE_MEMORY_FLAGS, ...SMALL_CODE_FLAGS]) setFlagsFromString(flag);
    return;
  }
  const script = process.argv.slice(1);
  const args = [process.execPath, ...MEMORY_FLAGS, ...SMALL_CODE_FLAGS, ...process.execArgv, ...script];
  process.execve(process.execPath, args, { ...MEMORY_SETTINGS, ...process.env });
}

function runWith(node: string): void {
  const child = spawn(node, [...process.execArgv, ...process.argv.slice(1)], { stdio: 'inherit' });
  const passOn = (signal: NodeJS.Signals) => {
    // Ctrl-C on a terminal goes to both processes by itself; passed on as well it would count as the second one, which ends at once.
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    child.kill(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, passOn);
  child.on('exit', (status, signal) => {
    process.exitCode = status ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  });
}
