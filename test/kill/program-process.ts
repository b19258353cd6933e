import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Half of the time of a start is reading the same sources again. Only a program that ends by itself writes there. */
const COMPILE_CACHE = join(tmpdir(), `pullmirror-compile-cache-${process.getuid?.() ?? ''}`);

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
export function startProgram(argv: readonly string[]): Running {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(
    process.execPath,
    ['--experimental-strip-types', '--disable-warning=ExperimentalWarning', ...argv],
    {
      env: { ...env, NO_COLOR: '1', NODE_COMPILE_CACHE: COMPILE_CACHE },
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
