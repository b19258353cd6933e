import type { Command } from 'commander';
import { mistakeLines } from '../core/config/check-yaml.ts';
import { AppError, EXIT } from '../core/errors.ts';
import { type CommandContext, examples, JSON_OPTION, type RunCommand } from './command-context.ts';
import { loadCloud } from './load-cloud.ts';
import { table } from './output.ts';
import { checkDescription, DESCRIPTION_HINT, tellWarnings } from './read-description.ts';

interface CheckOptions {
  readonly json?: boolean;
}

export function addCloudCheckCommand(cloud: Command, run: RunCommand): void {
  cloud
    .command('check <FILE>')
    .description('show every mistake and danger in a description, and what the vault can cost at most')
    .option(...JSON_OPTION)
    .addHelpText('after', examples(['pullmirror cloud check upload-side.yaml', 'before anything is made of it']))
    .action((file: string, options: CheckOptions) => run(options, (context) => check(file, context)));
}

async function check(file: string, { out }: CommandContext) {
  const { descriptionSummary } = await loadCloud(() => import('../cloud/description/description-summary.ts'));
  const { maximumMonthlyCost } = await loadCloud(() => import('../cloud/description/maximum-monthly-cost.ts'));
  const result = await checkDescription(file);
  const none = { usd: null, storedBytes: null, keptDays: null };
  if (!result.ok) {
    if (!out.json)
      throw new AppError('CONFIG_INVALID', mistakeLines(file, result.mistakes), { hint: DESCRIPTION_HINT });
    out.document({ v: 1, file, valid: false, mistakes: result.mistakes, warnings: [], maximumMonthlyCost: null });
    return EXIT.configuration;
  }
  const { side, warnings } = result;
  const cost = maximumMonthlyCost(side);
  out.document({
    v: 1,
    file,
    valid: true,
    mistakes: [],
    warnings,
    maximumMonthlyCost: cost.bounded
      ? { usd: cost.usd, storedBytes: cost.storedBytes, keptDays: cost.keptDays, why: null }
      : { ...none, why: cost.why },
  });
  out.line(`${file} is good. It says, with what it does not mention filled in:`);
  const rows = descriptionSummary(side).map(({ label, value }) => [label, value]);
  for (const line of table([], rows)) out.line(line);
  tellWarnings(file, warnings, out);
  return EXIT.done;
}
