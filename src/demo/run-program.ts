import { type ChildProcess, spawn } from 'node:child_process';

export interface ProgramRun {
  readonly status: number | null;
  /** Both streams, as a person would have seen them. */
  readonly text: string;
  readonly stdout: Buffer;
}

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: Uint8Array;
  readonly signal: AbortSignal;
  /** Called with the process while it runs. */
  readonly meanwhile?: (child: ChildProcess) => void;
}

/**
 * Runs a program to its end. A status other than 0 is part of the answer; a program that cannot be started rejects with the system's own
 * error (ENOENT), an aborted one with the signal's reason.
 */
export function runProgram(command: string, args: readonly string[], options: ProgramOptions): Promise<ProgramRun> {
  const { cwd, env, input, signal, meanwhile } = options;
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const child = spawn(command, args, {
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env }),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const all: Buffer[] = [];
    const stdout: Buffer[] = [];
    const stop = () => child.kill('SIGKILL');
    signal.addEventListener('abort', stop);
    child.stdout.on('data', (chunk: Buffer) => {
      all.push(chunk);
      stdout.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => all.push(chunk));
    // Whoever does not want the input has reasons, and tells them by its status.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.on('error', reject);
    child.on('close', (status) => {
      signal.removeEventListener('abort', stop);
      if (signal.aborted) reject(signal.reason);
      else resolve(new FinishedRun(status, stdout, all));
    });
    meanwhile?.(child);
  });
}

class FinishedRun implements ProgramRun {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly #all: readonly Buffer[];

  constructor(status: number | null, stdout: readonly Buffer[], all: readonly Buffer[]) {
    this.status = status;
    this.stdout = Buffer.concat(stdout);
    this.#all = all;
  }

  /** Only when asked for: to read megabytes of an archive as text takes longer than to pack them. */
  get text(): string {
    return Buffer.concat(this.#all).toString('utf8');
  }
}
