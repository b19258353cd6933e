import { type Command, Option } from 'commander';
import { freezeJson } from '../core/attention-groups.ts';
import type { Config } from '../core/config/config.ts';
import { AppError, EXIT } from '../core/errors.ts';
import { FREEZE_CAUSES, type Freeze, type FreezeCause } from '../core/keep/freeze.ts';
import { releaseSeries } from '../jobs/freeze-series.ts';
import { type CommandContext, examples, JSON_OPTION, type RunCommand } from './command-context.ts';
import { tellFreezes } from './freeze.ts';
import { loadConfig, withReadableStore } from './open-mirror.ts';
import type { Output } from './output.ts';
import { requireKnownNames } from './require-known-names.ts';
import { withOwnersCatalog } from './with-owners-catalog.ts';

interface ReleaseOptions {
  readonly cause?: FreezeCause;
  readonly all?: boolean;
  readonly reason?: string;
  readonly json?: boolean;
}

export function addReleaseCommand(program: Command, run: RunCommand): void {
  program
    .command('release [SERIES...]')
    .description('let the keep rules decide about a frozen series again; without a name: what is frozen, and why')
    .addOption(new Option('--cause <CAUSE>', 'only what was frozen for this').choices(FREEZE_CAUSES))
    .option('--all', 'every series')
    .option('--reason <TEXT>', 'what you found, for `history`')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      `\nWhat is known of the series by then does not freeze it again for the same cause; something new does.\n${examples(
        ['pullmirror release', 'what is frozen, and why'],
        ['pullmirror release web1-files', 'for whatever cause'],
        ['pullmirror release web1-files --cause sizes --reason "new photos"', 'the new size is all right'],
      )}`,
    )
    .action((series: string[], options: ReleaseOptions) =>
      run(options, (context) => release(series, options, context)),
    );
}

async function release(series: readonly string[], options: ReleaseOptions, { configFile, clock, out }: CommandContext) {
  const config = loadConfig(configFile);
  if (series.length === 0 && options.all !== true) return list(config, options, out);
  if (series.length > 0 && options.all === true) throw new AppError('USAGE', '--all and a SERIES exclude each other');
  const why = options.reason?.trim() ?? '';
  const { released, left } = await withOwnersCatalog(config, out, (catalog) => {
    const open = catalog.freezes.open();
    const released = choose(open, series, options, config);
    releaseSeries(catalog, released, why === '' ? null : why, clock.now());
    return { released, left: catalog.freezes.open() };
  });
  out.document({ v: 1, released: released.map(freezeJson), frozen: left.map(freezeJson) });
  for (const { series: name, cause } of released) out.line(`${name}: released (it was frozen: ${cause})`);
  const names = new Set(released.map((one) => one.series));
  const more = left.filter((one) => names.has(one.series));
  if (more.length > 0) out.line('Still frozen:');
  tellFreezes(more, config, out);
  return EXIT.done;
}

/** A series that the configuration does not name any more may still be frozen. */
function choose(
  open: readonly Freeze[],
  series: readonly string[],
  { cause, all }: ReleaseOptions,
  config: Config,
): Freeze[] {
  for (const name of series) {
    if (!open.some((freeze) => freeze.series === name)) requireKnownNames(config, { series: name });
  }
  const isMeant = (freeze: Freeze) => cause === undefined || freeze.cause === cause;
  const chosen = open.filter((freeze) => isMeant(freeze) && (all === true || series.includes(freeze.series)));
  const idle = series.filter((name) => !chosen.some((freeze) => freeze.series === name));
  if (chosen.length > 0 && idle.length === 0) return chosen;
  const who = idle.length === 0 ? 'no series is' : `${idle.join(', ')} is not`;
  const what = cause === undefined ? '' : ` for the cause ${cause}`;
  throw new AppError('SERIES_NOT_FROZEN', `${who} frozen${what}; nothing was released`);
}

async function list(config: Config, { cause }: ReleaseOptions, out: Output) {
  return withReadableStore(config, async ({ catalog }) => {
    const open = catalog.freezes.open().filter((freeze) => cause === undefined || freeze.cause === cause);
    out.document({ v: 1, released: [], frozen: open.map(freezeJson) });
    out.line(open.length === 0 ? 'Nothing is frozen.' : 'Frozen, so that nothing of it is removed:');
    tellFreezes(open, config, out);
    return EXIT.done;
  });
}
