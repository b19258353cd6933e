import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { AppError, EXIT, systemCode } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { addAdoptCommand } from './adopt.ts';
import { addCloudCommand } from './cloud.ts';
import { type CommandContext, examples, type RunCommand } from './command-context.ts';
import { addConfigCommand } from './config.ts';
import { addDemoCommand } from './demo.ts';
import { addDoctorCommand } from './doctor.ts';
import { addFreezeCommand } from './freeze.ts';
import { addHistoryCommand } from './history.ts';
import { addInitCommand } from './init.ts';
import { listenForInterrupts } from './interrupts.ts';
import { addListCommand } from './list.ts';
import { Output } from './output.ts';
import { addPinCommand } from './pin.ts';
import type { ProgramPlace } from './program-place.ts';
import { addPruneCommand } from './prune.ts';
import { addRebuildCommand } from './rebuild.ts';
import { addReleaseCommand } from './release.ts';
import { reportError } from './report-error.ts';
import { addResolveCommand } from './resolve.ts';
import { addRestoreCommand } from './restore.ts';
import { addStatusCommand } from './status.ts';
import { addSyncCommand } from './sync.ts';
import { systemClock } from './system-clock.ts';
import { addUnpinCommand } from './unpin.ts';
import { addVerifyCommand } from './verify.ts';

const DEFAULT_CONFIG_FILE = '/etc/pullmirror/config.yaml';

/** The whole program: reads the arguments, runs one command, reports its error; resolves with the exit status. */
export async function runProgram(args: readonly string[], place: ProgramPlace): Promise<number> {
  const interrupts = listenForInterrupts();
  const json = args.includes('--json');
  const out = new Output({ stdout: process.stdout, stderr: process.stderr, json });
  goOnWhenNobodyReads(out, args.includes('--stdout'));
  let status: number = EXIT.done;
  const program = createProgram(async (_options, body) => {
    const { config, verbose } = program.opts<{ config: string; verbose?: boolean }>();
    const context: CommandContext = {
      out,
      signal: interrupts.signal,
      clock: systemClock,
      random: Math.random,
      configFile: config,
      verbose: verbose === true,
      place,
    };
    status = await body(context);
  }, versionOf(place));
  try {
    await program.parseAsync(args, { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    return reportError({
      error: usageError(error),
      verbose: args.includes('--verbose'),
      json: jsonStream(json, out),
      stderr: process.stderr,
    });
  } finally {
    interrupts.stop();
  }
}

/** The tree of commands with its help; `run` is what a command's action calls. */
export function createProgram(run: RunCommand, version: string): Command {
  const program = new Command('pullmirror')
    .description(
      'The home mirror for S3 backups: pulls a vault bucket to a USB disk, proves what it holds, gives it back.',
    )
    .version(version, '--version', 'print the version')
    .option('--config <FILE>', 'the configuration', DEFAULT_CONFIG_FILE)
    .option('--verbose', 'say more; show where an error comes from')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    // Errors are reported in one place, in one form, with their control characters escaped.
    .configureOutput({ outputError: () => undefined, writeErr: (text) => writeUsage(text) })
    .addHelpText(
      'after',
      examples(
        ['pullmirror init /srv/archive', 'make the store on the mounted disk, once'],
        ['pullmirror doctor', 'check everything that has to work'],
        ['pullmirror sync', 'pull what is new'],
        ['pullmirror status', 'is everything as it should be?'],
        ['pullmirror restore --series web1-files --latest', 'get the newest archive back'],
      ),
    );
  addInitCommand(program, run);
  addSyncCommand(program, run);
  addStatusCommand(program, run);
  addListCommand(program, run);
  addRestoreCommand(program, run);
  addVerifyCommand(program, run);
  addPruneCommand(program, run);
  addResolveCommand(program, run);
  addPinCommand(program, run);
  addUnpinCommand(program, run);
  addFreezeCommand(program, run);
  addReleaseCommand(program, run);
  addHistoryCommand(program, run);
  addAdoptCommand(program, run);
  addRebuildCommand(program, run);
  addDoctorCommand(program, run);
  addConfigCommand(program, run);
  addCloudCommand(program, run);
  addDemoCommand(program, run);
  return program;
}

/** Help that was not asked for (no command given) still goes to standard error, line by line. */
function writeUsage(text: string): void {
  process.stderr.write(text.split('\n').map(printable).join('\n'));
}

function usageError(error: unknown): unknown {
  if (!(error instanceof CommanderError)) return error;
  if (error.code === 'commander.help') return new AppError('USAGE', 'no command was given');
  const [what = '', suggestion = ''] = error.message.replace(/^error: /, '').split('\n(');
  const help = 'See `pullmirror --help`.';
  return new AppError('USAGE', what, { hint: suggestion === '' ? help : `${suggestion.replace(/\)$/, '')} ${help}` });
}

/** An error as JSON goes where the document would have gone; when half of that is already out, beside it. */
function jsonStream(json: boolean, out: Output): NodeJS.WriteStream | null {
  if (!json) return null;
  return out.hasWritten ? process.stderr : process.stdout;
}

/**
 * A reader that leaves (`pullmirror status | head -1`) takes nothing back of what was found or done: the command goes on and ends with its status. Only
 * where the output is all there is (`pullmirror list | head`) it has served its purpose; an archive that is cut short has not.
 */
function goOnWhenNobodyReads(out: Output, givesArchive: boolean): void {
  process.stdout.on('error', (error) => {
    if (!isReaderGone(error)) throw error;
    if (givesArchive) process.exit(EXIT.failed);
    if (out.isAllThereIs) process.exit(EXIT.done);
    out.readerLeft();
  });
  process.stderr.on('error', (error) => {
    if (!isReaderGone(error)) throw error;
  });
}

function isReaderGone(error: unknown): boolean {
  return systemCode(error) === 'EPIPE' || systemCode(error) === 'ERR_STREAM_DESTROYED';
}

function versionOf({ rootDir }: ProgramPlace): string {
  const text = readFileSync(join(rootDir, 'package.json'), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return version;
}
