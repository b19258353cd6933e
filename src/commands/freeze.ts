import type { Command } from 'commander';
import { freezeJson } from '../core/attention-groups.ts';
import type { Config } from '../core/config/config.ts';
import { AppError, EXIT } from '../core/errors.ts';
import type { Freeze, FreezeCause } from '../core/keep/freeze.ts';
import { formatLocal } from '../core/zoned-time.ts';
import { freezeSeries } from '../jobs/freeze-series.ts';
import { type CommandContext, examples, JSON_OPTION, type RunCommand } from './command-context.ts';
import { loadConfig } from './open-mirror.ts';
import type { Output } from './output.ts';
import { requireKnownNames } from './require-known-names.ts';
import { requireReason } from './require-reason.ts';
import { withOwnersCatalog } from './with-owners-catalog.ts';

interface FreezeOptions {
  readonly reason?: string;
  readonly json?: boolean;
}

export function addFreezeCommand(program: Command, run: RunCommand): void {
  program
    .command('freeze [SERIES...]')
    .description('remove nothing that there is now of a series, until you release it')
    .option('--reason <TEXT>', 'why; you will read it in `status` and `history`')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      `\nNew archives are pulled as ever; what comes later is under the keep rules again.\n${examples(
        ['pullmirror freeze web1-files --reason "the server may be hacked"', 'keep all there is of it'],
        ['pullmirror freeze web1-files web1-sql --reason "moving house"', 'several'],
      )}`,
    )
    .action((series: string[], options: FreezeOptions) => run(options, (context) => freeze(series, options, context)));
}

async function freeze(series: readonly string[], options: FreezeOptions, { configFile, clock, out }: CommandContext) {
  const config = loadConfig(configFile);
  if (series.length === 0) {
    const names = config.series.map(({ name }) => name);
    throw new AppError('USAGE', 'freeze needs a SERIES', {
      hint: `Configured are: ${names.length === 0 ? 'none' : names.join(', ')}. \`pullmirror release\` lists what is frozen.`,
    });
  }
  const reason = requireReason(options.reason);
  for (const name of series) requireKnownNames(config, { series: name });
  const wanted = config.series
    .filter(({ name }) => series.includes(name))
    .map(({ name, vault }) => ({ vault, series: name }));
  const { held, extended, open } = await withOwnersCatalog(config, out, (catalog) => ({
    ...freezeSeries(catalog, wanted, reason, clock.now()),
    open: catalog.freezes.open(),
  }));
  const begun = held.filter(({ id }) => !extended.has(id));
  const more = held.filter(({ id }) => extended.has(id));
  const documents = { begun: begun.map(freezeJson), extended: more.map(freezeJson) };
  out.document({ v: 1, ...documents, frozen: open.map(freezeJson) });
  for (const one of begun) {
    out.line(`${one.series}: frozen. Nothing that there is now is removed until \`pullmirror release ${one.series}\`.`);
  }
  for (const one of more) out.line(`${one.series} was frozen already; what has come since is held now, too:`);
  tellFreezes(more, config, out);
  return EXIT.done;
}

/** What ends a freeze that tells it nowhere in its reason: the series may have got another name since. */
const WAYS: Partial<Record<FreezeCause, (series: string) => string>> = {
  owner: (series) => `; ends with \`pullmirror release ${series}\``,
  rebuilt: (series) => `; ends with \`pullmirror release ${series} --cause rebuilt\``,
};

/** Why each of them holds, since when, and what ends it. */
export function tellFreezes(freezes: readonly Freeze[], { timezone }: Config, out: Output): void {
  for (const { series, cause, beganAtMs, reason } of freezes) {
    const way = WAYS[cause]?.(series) ?? '';
    out.line(`  ${series}: ${cause}, since ${formatLocal(beganAtMs, timezone)}: ${reason}${way}`);
  }
}
