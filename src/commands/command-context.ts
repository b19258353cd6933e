import type { Random, SteadyClock } from '../core/clock.ts';
import type { ExitStatus } from '../core/errors.ts';
import type { Output } from './output.ts';
import type { ProgramPlace } from './program-place.ts';

/** What every command is given; nothing of it is reached in another way. */
export interface CommandContext {
  readonly out: Output;
  /** Aborted by SIGINT and SIGTERM, with AppError INTERRUPTED. */
  readonly signal: AbortSignal;
  readonly clock: SteadyClock;
  readonly random: Random;
  readonly configFile: string;
  readonly verbose: boolean;
  readonly place: ProgramPlace;
}

/** Runs the body of a command: makes its context, remembers its exit status. Errors go up to the one place that reports them. */
export type RunCommand = (
  options: { readonly json?: boolean },
  body: (context: CommandContext) => Promise<ExitStatus>,
) => Promise<void>;

export const JSON_OPTION = ['--json', 'print facts as one JSON document'] as const;

/** The block of examples that every command's help ends with. */
export function examples(...lines: readonly (readonly [command: string, what: string])[]): string {
  const width = Math.max(...lines.map(([command]) => command.length));
  return `\nExamples:\n${lines.map(([command, what]) => `  ${command.padEnd(width)}  ${what}`).join('\n')}`;
}
