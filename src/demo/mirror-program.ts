import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { AppError } from '../core/errors.ts';
import type { Narrator } from './narrator.ts';
import { type ProgramRun, runProgram } from './run-program.ts';
import type { Stage } from './scene.ts';

const LOOK_EVERY_MS = 20;
const STATUS_WORDS: Readonly<Record<number, string>> = { 3: 'it needs the owner' };

export interface MirrorProgramOptions {
  /** The program of which this is a part. */
  readonly cliFile: string;
  readonly dir: string;
  readonly temporary: string;
  readonly configFile: string;
  readonly tell: Narrator;
  readonly signal: AbortSignal;
}

/** Runs the mirror as its owner does: the real program, in a process of its own. */
export function createMirrorProgram(options: MirrorProgramOptions): Pick<Stage, 'pullmirror'> {
  const { cliFile, dir, temporary, configFile, tell, signal } = options;
  // Without what the surroundings may say about Node or S3: the demo brings its own.
  const foreign = /^(AWS_|NODE_)/;
  const env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name))),
    NO_COLOR: '1',
    // Half of the time of a start is compiling the same files again.
    NODE_COMPILE_CACHE: join(temporary, 'compile-cache'),
  };
  const run = (args: readonly string[], meanwhile?: (child: ChildProcess) => void): Promise<ProgramRun> => {
    const all = [...process.execArgv, cliFile, '--config', configFile, ...args];
    return runProgram(process.execPath, all, {
      cwd: dir,
      env,
      signal,
      ...(meanwhile === undefined ? {} : { meanwhile }),
    });
  };
  return {
    async pullmirror(args, { exit = 0, killWhen } = {}) {
      tell.command(`pullmirror ${args.map(quoted).join(' ')}`);
      const result = await run(args, killWhen === undefined ? undefined : (child) => killOnce(child, killWhen));
      tell.output(result.text);
      if (exit !== 0)
        tell.output(exit === null ? '(killed)' : `(exit status ${exit}: ${STATUS_WORDS[exit] ?? 'failed'})`);
      requireStatus(args, result, exit);
      return result;
    },
  };
}

function killOnce(child: ChildProcess, isTime: () => boolean): void {
  const timer = setInterval(() => {
    if (isTime()) child.kill('SIGKILL');
  }, LOOK_EVERY_MS);
  child.once('exit', () => clearInterval(timer));
}

function requireStatus(args: readonly string[], { status, text }: ProgramRun, wanted: number | null): void {
  if (status === wanted) return;
  throw new AppError(
    'INTERNAL',
    `pullmirror ${args.join(' ')} ended with ${status} instead of ${wanted}: ${text.trim()}`,
  );
}

/** As it would have to be typed. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
