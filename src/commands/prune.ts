import type { Command } from 'commander';
import type { Config } from '../core/config/config.ts';
import { AppError, EXIT, type ExitStatus } from '../core/errors.ts';
import type { TrustedNow } from '../core/trusted-now.ts';
import { assignSeries, isAssigned } from '../jobs/assign-series.ts';
import { countOutside } from '../jobs/count-outside.ts';
import { throwIfInterrupted } from '../jobs/interruption.ts';
import { type JudgedSeries, judgeRetention } from '../jobs/judge-retention.ts';
import { pruneBlocksNow } from '../jobs/prune-blocks-now.ts';
import { pruneOnce } from '../jobs/prune-once.ts';
import { summariseSeries } from '../jobs/summarise-series.ts';
import { trustClock } from '../jobs/trust-clock.ts';
import { unfinishedAdoption } from '../jobs/unfinished-adoption.ts';
import { updateFreezes } from '../jobs/update-freezes.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { copyForRehearsal, type ReadableStore } from '../store/open-for-reading.ts';
import { openStoreForWriting } from '../store/open-store.ts';
import { openStateFile, prepareStateDirectory } from '../store/state-file.ts';
import type { VaultReader } from '../vault/vault-reader.ts';
import { type CommandContext, examples, JSON_OPTION, type RunCommand } from './command-context.ts';
import { explainSeries } from './explain-series.ts';
import { loadConfig, readState, withReadableStore } from './open-mirror.ts';
import { createByteProgress } from './progress-bar.ts';
import { createProgressMeter, meterStyle } from './progress-meter.ts';
import { pruneExit } from './prune-exit.ts';
import { requireKnownNames } from './require-known-names.ts';
import { type PruneStory, tellPrune } from './tell-prune.ts';

interface PruneOptions {
  readonly dryRun?: boolean;
  readonly explain?: boolean;
  readonly series?: string;
  readonly resetClock?: boolean;
  readonly json?: boolean;
}

const EXIT_WORDS = `
Exit status: 0 done, also when there was nothing to do; 1 when the disk refused to remove a file; 3 when a freeze that you did not make yourself held
archives back, or a file was found damaged; 75 when the time is in doubt, another pullmirror works, the disk is away, a rebuild is not finished, or the last pass of a vault
had a problem.`;

export function addPruneCommand(program: Command, run: RunCommand): void {
  program
    .command('prune')
    .description('announce what the keep rules would remove, and remove what has been announced for long enough')
    .option('--dry-run', 'change nothing; explain every archive')
    .option('--explain', 'say of every archive why it is kept or not')
    .option('--series <NAME>', 'only this series')
    .option('--reset-clock', 'trust the clock although a later time was trusted before: that one was wrong')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      `${examples(
        ['pullmirror prune --dry-run', 'what is kept and why, and what would be removed when'],
        ['pullmirror prune', 'announce, and remove what is due'],
        ['pullmirror prune --series web1-files --explain', 'one series, archive by archive'],
      )}\n${EXIT_WORDS}`,
    )
    .action((options: PruneOptions) => run(options, (context) => runPrune(options, context)));
}

async function runPrune(options: PruneOptions, context: CommandContext): Promise<ExitStatus> {
  if (options.dryRun === true && options.resetClock === true) {
    throw new AppError('USAGE', '--dry-run changes nothing, and --reset-clock does: choose one of them', {
      hint: '`pullmirror prune --dry-run` shows the plan also while the time is in doubt.',
    });
  }
  const config = loadConfig(context.configFile);
  requireKnownNames(config, { series: options.series });
  return options.dryRun === true ? dryRun(options, config, context) : prune(options, config, context);
}

async function prune(options: PruneOptions, config: Config, context: CommandContext): Promise<ExitStatus> {
  const { clock, signal, out } = context;
  prepareStateDirectory(config.stateDir);
  const stateFile = openStateFile(config.stateDir);
  const opened = openStoreForWriting({
    path: config.store.path,
    expectedStoreId: stateFile.state.storeId,
    nowMs: clock.now(),
  });
  try {
    const meter = createProgressMeter({ stream: out.stderr, clock, style: meterStyle(out.stderr, out.json) });
    const explain = explainer(options, opened.catalog, config, context);
    const outcome = await withReaders(config, context, (readers) =>
      pruneOnce({
        config,
        opened,
        readers,
        stateFile,
        only: options.series ?? null,
        resetClock: options.resetClock === true,
        clock,
        signal,
        progress: createByteProgress(meter),
        ...(explain === null ? {} : { onJudged: explain.onJudged }),
      }),
    );
    explain?.end();
    const now: TrustedNow = { trusted: true, nowMs: outcome.trustedNowMs };
    const story = { ...outcome, atMs: outcome.trustedNowMs, now, dryRun: false, explained: explain !== null };
    await tellPrune(story, opened.catalog, config, out);
    return pruneExit(outcome, opened.catalog.freezes.open());
  } finally {
    opened.close();
  }
}

/** The same decisions, by what can be read: without the store's lock, from a disk that is mounted read-only, with the vaults away. */
function dryRun(options: PruneOptions, config: Config, context: CommandContext): Promise<ExitStatus> {
  const { clock, signal, out } = context;
  return withReadableStore(config, async (opened) => {
    const now = await withReaders(config, context, (readers) =>
      trustClock({ catalog: opened.catalog, readers: readers.values(), clock, signal }),
    );
    const { store, catalog, close } = rehearsalOf(opened, config, now, context);
    try {
      const atMs = now.trusted ? now.nowMs : clock.now();
      const blocks = pruneBlocksNow({ catalog, config, state: readState(config).state, storeId: store.marker.storeId });
      const explain = explainer({ ...options, explain: true }, catalog, config, context);
      const series: PruneStory['series'][number][] = [];
      for (const judged of judgeRetention({
        catalog,
        config,
        store,
        trustedNowMs: atMs,
        only: options.series ?? null,
      })) {
        throwIfInterrupted(signal);
        await explain?.onJudged(judged);
        series.push(summariseSeries(judged, blocks.get(judged.series.vault) ?? null));
      }
      explain?.end();
      const unfinished = unfinishedAdoption(catalog);
      const nothing = { removed: [], removedBytes: 0, skipped: [], stopped: null, unfinished, afterwards: null };
      const expiredPins = catalog.pins.expired(atMs).length;
      const outside = countOutside(catalog, config.series);
      const story: PruneStory = { series, outside, expiredPins, ...nothing, atMs, now, dryRun: true, explained: true };
      await tellPrune(story, catalog, config, out);
      return EXIT.done;
    } finally {
      close();
    }
  });
}

/**
 * What a dry run plans on: the catalog itself, or a copy that follows the configuration where `series` changed since the catalog was last written, as
 * a prune would make the catalog follow it first.
 */
function rehearsalOf(opened: ReadableStore, config: Config, now: TrustedNow, { clock }: CommandContext): ReadableStore {
  if (isAssigned(opened.catalog, config.series)) return { ...opened, close: () => undefined };
  const copy = copyForRehearsal(opened);
  try {
    assignSeries(copy.catalog, config.series, { actor: 'prune', nowMs: clock.now() });
    updateFreezes({ catalog: copy.catalog, config, localNowMs: clock.now(), now, actor: 'prune' });
    return copy;
  } catch (error) {
    copy.close();
    throw error;
  }
}

interface Explainer {
  readonly onJudged: (judged: JudgedSeries) => Promise<void>;
  /** Ends its part of the document. */
  end(): void;
}

/**
 * A document that may be long is written as it comes: the explanations first, what `tellPrune` has to say after them. It is not begun before there
 * is something to tell: what fails until then is told in a document of its own.
 */
function explainer(
  { explain }: PruneOptions,
  catalog: Catalog,
  config: Config,
  { out }: CommandContext,
): Explainer | null {
  if (explain !== true) return null;
  let hasBegun = false;
  const begin = () => {
    if (out.json && !hasBegun) out.raw('{"v":1,"archives":[');
    hasBegun = true;
  };
  let count = 0;
  return {
    async onJudged(judged) {
      begin();
      count += await explainSeries(judged, catalog, config.timezone, out, count === 0);
    },
    end() {
      begin();
      if (out.json) out.raw('\n],');
    },
  };
}

async function withReaders<T>(
  config: Config,
  { clock }: CommandContext,
  work: (readers: ReadonlyMap<string, VaultReader>) => Promise<T>,
): Promise<T> {
  const { openVaults } = await import('./open-vaults.ts');
  const readers = openVaults(config, readState(config).state, clock);
  try {
    return await work(readers);
  } finally {
    for (const reader of readers.values()) reader.close();
  }
}
