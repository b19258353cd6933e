import type { Command } from 'commander';
import type { Config, VaultConfig } from '../core/config/config.ts';
import { isAppError } from '../core/errors.ts';
import { worstExit } from '../core/exit-status.ts';
import { bad, type Finding, ok, unknown, warn } from '../core/finding.ts';
import { formatUtc } from '../core/zoned-time.ts';
import { examineMachine } from '../jobs/examine-machine.ts';
import { examineStore } from '../jobs/examine-store.ts';
import { examineVault } from '../jobs/examine-vault.ts';
import { examineStateDirectory, openStateFile } from '../store/state-file.ts';
import type { VaultReader } from '../vault/vault-reader.ts';
import { type CommandContext, examples, JSON_OPTION, type RunCommand } from './command-context.ts';
import { loadConfig, readState } from './open-mirror.ts';

export function addDoctorCommand(program: Command, run: RunCommand): void {
  program
    .command('doctor')
    .description('check everything that has to work: configuration, disk, vaults, clock')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        ['pullmirror doctor', 'before the first sync, and when something is odd'],
        ['pullmirror doctor --json', 'for a program'],
      ),
    )
    .action((options: { json?: boolean }) => run(options, doctor));
}

async function doctor(context: CommandContext) {
  const { out, clock } = context;
  const findings: Finding[] = [];
  for await (const finding of examineAll(context)) {
    findings.push(finding);
    // Told one by one: a vault that does not answer takes its time.
    out.line(`${finding.state.padEnd(7)}  ${finding.check}: ${finding.words}`);
    if (finding.next !== null) out.line(`         next: ${finding.next}`);
  }
  out.document({
    v: 1,
    at: formatUtc(clock.now()),
    checks: findings.map(({ check, state, words, next }) => ({ check, state, words, next })),
  });
  const of = (state: Finding['state']) => findings.filter((finding) => finding.state === state).length;
  out.line();
  out.line(`${of('ok')} ok, ${of('warn')} to look at, ${of('bad')} bad, ${of('unknown')} unknown`);
  return worstExit(findings.map(({ exit }) => exit));
}

/** One check after the other; none keeps the next from being made. */
async function* examineAll(context: CommandContext): AsyncGenerator<Finding> {
  yield* examineMachine({
    nodeVersion: process.versions.node,
    modelPath: '/proc/device-tree/model',
    controllersPath: '/sys/fs/cgroup/cgroup.controllers',
  });
  const config = readConfig(context.configFile);
  if ('state' in config) {
    yield config;
    for (const check of ['disk', 'vaults']) yield unknown(check, 'the configuration does not say which');
    return;
  }
  yield ok('configuration', `${config.file} is good`);
  yield examineState(config);
  yield* examineStore({
    path: config.store.path,
    minFree: config.store.minFree,
    expectedStoreId: readState(config).state.storeId,
  });
  yield* examineVaults(config, context);
}

function readConfig(file: string): Config | Finding {
  try {
    return loadConfig(file);
  } catch (error) {
    if (!isAppError(error, 'CONFIG_NOT_FOUND', 'CONFIG_INVALID')) throw error;
    return bad('configuration', error.code, error.message, error.hint);
  }
}

function examineState({ stateDir }: Config): Finding {
  const check = 'state directory';
  try {
    if (examineStateDirectory(stateDir) === 'missing') {
      return ok(check, `${stateDir} does not exist yet; the first sync makes it`);
    }
    const { problem } = openStateFile(stateDir);
    if (problem === null) return ok(check, `${stateDir} can be written`);
    return warn(check, problem, 'Nothing to do: the next pass writes it anew; an alarm may be repeated once.');
  } catch (error) {
    if (!isAppError(error)) throw error;
    return bad(check, error.code, error.message, error.hint);
  }
}

async function* examineVaults(config: Config, { clock, signal }: CommandContext): AsyncGenerator<Finding> {
  // Loaded only where a vault is asked: the AWS SDK takes as long to load as all the rest.
  const { openVault } = await import('./open-vaults.ts');
  for (const vault of config.vaults) {
    const reader = openOrFinding(vault, () => openVault(vault, config, clock));
    if ('check' in reader) {
      yield reader;
      continue;
    }
    try {
      yield* await examineVault({ reader, prefix: vault.prefix, clock, signal });
    } finally {
      reader.close();
    }
  }
}

function openOrFinding(vault: VaultConfig, open: () => VaultReader): VaultReader | Finding {
  try {
    return open();
  } catch (error) {
    if (!isAppError(error)) throw error;
    return bad(`vault ${vault.name}`, error.code, error.message, error.hint);
  }
}
