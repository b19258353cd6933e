import { type Command, Option } from 'commander';
import type { Config } from '../core/config/config.ts';
import { AppError, EXIT, type ExitStatus } from '../core/errors.ts';
import { worstExit } from '../core/exit-status.ts';
import { IdSet } from '../core/id-set.ts';
import type { MirrorState } from '../core/mirror-state.ts';
import { assignSeries } from '../jobs/assign-series.ts';
import { askedDatingClock } from '../jobs/dating-clock.ts';
import { findUnknownFiles } from '../jobs/find-unknown-files.ts';
import { repairStore } from '../jobs/repair-store.ts';
import { askTimes } from '../jobs/trust-clock.ts';
import { verifyStore } from '../jobs/verify-store.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { openStoreForWriting, type WritableStore } from '../store/open-store.ts';
import { type CommandContext, examples, JSON_OPTION, type RunCommand } from './command-context.ts';
import { noteDoubt } from './note-doubt.ts';
import { loadConfig, readState } from './open-mirror.ts';
import { parseCount } from './parse-count.ts';
import { createByteProgress, createPassProgress } from './progress-bar.ts';
import { createProgressMeter, meterStyle } from './progress-meter.ts';
import { selectToVerify, type VerifyChoice } from './select-to-verify.ts';
import { gatherRepairs, type Repairs, repairsExit } from './tell-repairs.ts';
import { tellVerify } from './tell-verify.ts';

interface VerifyOptions extends VerifyChoice {
  readonly repair?: boolean;
  readonly json?: boolean;
}

export function addVerifyCommand(program: Command, run: RunCommand): void {
  program
    .command('verify [SERIES_OR_NAME...]')
    .description('hash stored archives again: all of them, a series, or some by name')
    .addOption(new Option('--archive <ID>', 'the archive of this number in `list`').argParser(parseCount('--archive')))
    .addOption(
      new Option('--due', 'only what was not hashed for `retention.scrubEvery`; go on any time').conflicts('archive'),
    )
    .option('--repair', 'and make damaged archives right again at once, as the next sync does anyway')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        ['pullmirror verify', 'every file on the disk'],
        ['pullmirror verify web1-files', 'one series'],
        ['pullmirror verify --due --repair', 'what is due, and repair what is damaged'],
        ['pullmirror verify 2026-11-20.tar.gz.gpg --json', 'one archive, for a program'],
      ),
    )
    .action((wanted: string[], options: VerifyOptions) => run(options, (context) => verify(wanted, options, context)));
}

async function verify(wanted: readonly string[], options: VerifyOptions, context: CommandContext) {
  const { configFile, out, signal } = context;
  if (options.due === true && wanted.length > 0) {
    throw new AppError('USAGE', '--due chooses the archives itself; leave out the names');
  }
  const config = loadConfig(configFile);
  const { state } = readState(config);
  const opened = openStoreForWriting({
    path: config.store.path,
    expectedStoreId: state.storeId,
    nowMs: context.clock.now(),
  });
  try {
    const { store, catalog } = opened;
    const clock = await clockFor(catalog, config, state, context);
    // The owner may have named or changed series since the last pass, and means those.
    assignSeries(catalog, config.series, { actor: 'verify', nowMs: clock.now() });
    const selection = selectToVerify(catalog, config, wanted, options, clock);
    const meter = createProgressMeter({ stream: out.stderr, clock, style: meterStyle(out.stderr, out.json) });
    meter.begin(selection.total);
    const damagedIds = new IdSet();
    const report = await verifyStore({
      store,
      catalog,
      archives: selection.archives,
      actor: 'verify',
      clock,
      signal,
      progress: createByteProgress(meter),
      foundDamaged: ({ archive }) => damagedIds.add(archive.id),
    });
    const isWhole = wanted.length === 0 && options.archive === undefined && options.due !== true;
    const vaults = new Set(
      [...config.vaults, ...catalog.counts.summary().map(({ vault }) => ({ name: vault }))].map(({ name }) => name),
    );
    const unknownFiles = isWhole ? await findUnknownFiles({ store, catalog, vaults, clock, signal }) : null;
    const isChosen = wanted.length > 0 || options.archive !== undefined;
    const only = isChosen ? damagedIds : null;
    const repairs =
      options.repair === true ? await repair({ opened, config, state, only }, { ...context, clock }) : null;
    tellVerify(report, unknownFiles, repairs, out);
    return exitOf(catalog, damagedIds, repairs);
  } finally {
    opened.close();
  }
}

/** The clock by which everything is dated; where it is not this machine's, says so. */
async function clockFor(catalog: Catalog, config: Config, state: MirrorState, { clock, signal, out }: CommandContext) {
  const ask = async () => {
    // Loaded only where a vault is asked: the AWS SDK takes as long to load as all the rest.
    const { openVaults } = await import('./open-vaults.ts');
    const readers = openVaults(config, state, clock);
    try {
      return await askTimes(readers.values(), clock, signal);
    } finally {
      for (const reader of readers.values()) reader.close();
    }
  };
  const dating = await askedDatingClock({ catalog, state, clock, ask });
  if (dating.doubt !== null) noteDoubt(dating.doubt, out);
  return dating.clock;
}

async function repair(
  args: { opened: WritableStore; config: Config; state: MirrorState; only: IdSet | null },
  { clock, random, signal, out }: CommandContext,
): Promise<Repairs> {
  const { opened, config, state, only } = args;
  const { store, catalog } = opened;
  if (catalog.scrub.damagedVaults().length === 0) return gatherRepairs([]);
  // Loaded only where a vault is asked: the AWS SDK takes as long to load as all the rest.
  const { openVaults } = await import('./open-vaults.ts');
  const readers = openVaults(config, state, clock);
  const meter = createProgressMeter({ stream: out.stderr, clock, style: meterStyle(out.stderr, out.json) });
  const progress = createPassProgress(meter);
  try {
    const actor = 'verify';
    return gatherRepairs(
      await repairStore({ config, store, catalog, readers, only, actor, clock, random, signal, progress }),
    );
  } finally {
    progress.end();
    for (const reader of readers.values()) reader.close();
  }
}

function exitOf({ archives }: Catalog, damagedIds: IdSet, repairs: Repairs | null): ExitStatus {
  if (repairs === null) return damagedIds.size > 0 ? EXIT.needsOwner : EXIT.done;
  const isOpen = repairs.lost.count > 0 || anyOf(damagedIds, (id) => archives.byId(id)?.damagedAtMs != null);
  return worstExit([repairsExit(repairs), isOpen ? EXIT.needsOwner : EXIT.done]);
}

function anyOf(ids: IdSet, is: (id: number) => boolean): boolean {
  for (const id of ids) if (is(id)) return true;
  return false;
}
