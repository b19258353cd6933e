import type { Command } from 'commander';
import { mistakeLines } from '../core/config/check-yaml.ts';
import { configJsonSchema } from '../core/config/json-schema.ts';
import { checkConfig } from '../core/config/parse-config.ts';
import { configSummary } from '../core/config/summary.ts';
import { AppError, EXIT } from '../core/errors.ts';
import { type CommandContext, examples, JSON_OPTION, type RunCommand } from './command-context.ts';
import { table } from './output.ts';
import { readTextFile } from './read-text-file.ts';

interface CheckOptions {
  readonly json?: boolean;
}

export function addConfigCommand(program: Command, run: RunCommand): void {
  const config = program
    .command('config')
    .description('check the configuration, or describe it to an editor')
    .helpCommand(false)
    .addHelpText(
      'after',
      examples(
        ['pullmirror config check', 'all mistakes at once'],
        ['pullmirror config schema', 'JSON Schema for an editor'],
      ),
    );
  config
    .command('check')
    .description('show every mistake in the configuration')
    .option(...JSON_OPTION)
    .addHelpText('after', examples(['pullmirror --config ./mirror.yaml config check', 'before it is put in place']))
    .action((options: CheckOptions) => run(options, check));
  config
    .command('schema')
    .description('print the JSON Schema of the configuration')
    .addHelpText('after', examples(['pullmirror config schema > pullmirror.schema.json', 'for the editor']))
    .action(() =>
      run({}, async ({ out }) => {
        out.raw(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
        return EXIT.done;
      }),
    );
}

async function check({ configFile, out }: CommandContext) {
  const machineTimezone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const result = checkConfig({ text: readTextFile(configFile), file: configFile, machineTimezone });
  const mistakes = result.ok ? [] : result.mistakes;
  if (out.json) {
    out.document({ v: 1, file: configFile, valid: result.ok, mistakes });
    return result.ok ? EXIT.done : EXIT.configuration;
  }
  if (!result.ok) {
    throw new AppError('CONFIG_INVALID', mistakeLines(configFile, mistakes), {
      hint: 'Correct the lines named above.',
    });
  }
  out.line(`${configFile} is good. In force, with what it does not mention filled in:`);
  for (const line of table(
    [],
    configSummary(result.config).map(({ label, value }) => [label, value]),
  ))
    out.line(line);
  return EXIT.done;
}
