import { spawn } from 'node:child_process';
import { compileCacheOf } from '../support/compile-cache.ts';

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program under way; `ended` resolves whatever its end is. */
export interface Running {
  readonly ended: Promise<Ended>;
  /** SIGKILL: it gets no chance to do anything. */
  kill(): void;
}

/** Starts the program itself, with nothing between it and a signal. */
export function startProgram([program, ...args]: readonly [program: string, ...args: string[]]): Running {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(
    process.execPath,
    ['--experimental-strip-types', '--disable-warning=ExperimentalWarning', program, ...args],
    {
      env: { ...env, NO_COLOR: '1', NODE_COMPILE_CACHE: compileCacheOf(program) },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr }));
  });
  return { ended, kill: () => void child.kill('SIGKILL') };
}

/** Throws with all that the program said unless it exited with 0: done, and nothing needs the owner. */
export function mustBeDone({ status, signal, stdout, stderr }: Ended): void {
  if (status !== 0) throw new Error(`the program ended with ${status ?? signal}: ${stdout} ${stderr}`);
}
