import { join } from 'node:path';
import type { CommandContext } from '../../src/commands/command-context.ts';
import { Output, type TextStream } from '../../src/commands/output.ts';
import { createProgram } from '../../src/commands/program.ts';
import { reportError } from '../../src/commands/report-error.ts';
import type { SteadyClock } from '../../src/core/clock.ts';
import { impatientClock } from '../support/mirror-fixture.ts';
import { ROOT_DIR } from '../support/root-dir.ts';

export interface RanHere {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What a person would have seen: both. */
  readonly text: string;
}

/** Runs a command of the program in this process: hundreds of them do not wait for hundreds of starts. */
export async function runHere(args: readonly string[], clock: SteadyClock): Promise<RanHere> {
  const said = { stdout: '', stderr: '', text: '' };
  const stream = (name: 'stdout' | 'stderr'): TextStream => ({
    write(piece) {
      said[name] += piece;
      said.text += piece;
      return true;
    },
    once() {},
  });
  const [stdout, stderr] = [stream('stdout'), stream('stderr')];
  const json = args.includes('--json');
  const out = new Output({ stdout, stderr, json });
  let status = 0;
  const place = { cliFile: join(ROOT_DIR, 'src/cli.ts'), rootDir: ROOT_DIR };
  const program = createProgram(async (_options, body) => {
    const { config } = program.opts<{ config: string }>();
    const { signal } = new AbortController();
    const context: CommandContext = {
      out,
      signal,
      clock,
      random: Math.random,
      configFile: config,
      verbose: false,
      place,
    };
    status = await body(context);
  }, '0');
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    status = reportError({ error, verbose: true, json: json ? stdout : null, stderr });
  }
  return { status, ...said };
}

/** The same on the store of a fixture, with waits that are short. */
export function runIn({ configFile }: { readonly configFile: string }, args: readonly string[]): Promise<RanHere> {
  return runHere(['--config', configFile, ...args], impatientClock);
}
