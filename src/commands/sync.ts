import type { Command } from 'commander';
import type { Config } from '../core/config/config.ts';
import { formatDuration } from '../core/duration.ts';
import { ERROR_KINDS, EXIT, isAppError } from '../core/errors.ts';
import { passExitStatus, worstExit } from '../core/exit-status.ts';
import { passJson } from '../core/pass-json.ts';
import type { Problem, VaultReport } from '../core/pass-report.ts';
import { formatBytes } from '../core/size.ts';
import type { AttentionJson } from '../core/status-document.ts';
import { problemOf } from '../jobs/problem-of.ts';
import { recordUnopenedStore, type SyncOutcome, syncOnce } from '../jobs/sync-once.ts';
import { openStoreForWriting, type WritableStore } from '../store/open-store.ts';
import { openStateFile, prepareStateDirectory, type StateFile } from '../store/state-file.ts';
import { type CommandContext, examples, JSON_OPTION, type RunCommand } from './command-context.ts';
import { loadConfig } from './open-mirror.ts';
import type { Output } from './output.ts';
import { createByteProgress, createPassProgress } from './progress-bar.ts';
import { createProgressMeter, meterStyle } from './progress-meter.ts';
import { requireKnownNames } from './require-known-names.ts';
import { tellAttention } from './tell-attention.ts';
import { preparedJson, tellPrepared } from './tell-prepared.ts';

interface SyncOptions {
  readonly full?: boolean;
  readonly emptied?: string;
  readonly json?: boolean;
}

const SHOWN_FAILURES = 20;

export function addSyncCommand(program: Command, run: RunCommand): void {
  program
    .command('sync')
    .description('run one pass: list the vaults, pull, verify and publish what is new; deletes nothing')
    .option('--full', 'list the vaults in full, as a pass does once a day anyway')
    .option(
      '--emptied <VAULT>',
      'the vault was emptied, and that is right: note what was in it as gone; all copies are kept',
    )
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        ['pullmirror sync', 'with a progress bar on a terminal'],
        ['pullmirror sync --full --json', 'everything listed anew; for a program'],
      ),
    )
    .action((options: SyncOptions) => run(options, (context) => sync(options, context)));
}

async function sync(options: SyncOptions, context: CommandContext) {
  const { configFile, clock, random, signal, out } = context;
  const config = loadConfig(configFile);
  requireKnownNames(config, { vault: options.emptied });
  prepareStateDirectory(config.stateDir);
  const stateFile = openStateFile(config.stateDir);
  if (stateFile.problem !== null) out.note(`pullmirror: ${stateFile.problem}; beginning anew`);
  // Loaded only where a vault is asked: the AWS SDK takes as long to load as all the rest.
  const { openVaults } = await import('./open-vaults.ts');
  const readers = openVaults(config, stateFile.state, clock);
  try {
    const opened = await openStore(config, stateFile, context);
    try {
      // Told before it is done: listing and fetching everything may take hours.
      if (opened.swapped) {
        const id = opened.store.marker.storeId;
        out.line(`another store than last time is mounted (id ${id}): everything is listed anew`);
      }
      const meter = createProgressMeter({ stream: out.stderr, clock, style: meterStyle(out.stderr, out.json) });
      const progress = createPassProgress(meter);
      const adoptionProgress = createByteProgress(meter);
      const full = options.full === true;
      const outcome = await syncOnce({
        config,
        opened,
        readers,
        stateFile,
        full,
        emptied: options.emptied ?? null,
        clock,
        random,
        signal,
        progress,
        adoptionProgress,
      }).finally(() => progress.end());
      const { attention } = outcome;
      out.document({
        v: 1,
        ...passJson(outcome.report),
        swapped: outcome.swapped,
        ...preparedJson(outcome.prepared, opened.store.root),
        afterwards: outcome.afterwards,
        attention,
      });
      tell(outcome, attention, config, out);
      const after = outcome.afterwards === null ? EXIT.done : ERROR_KINDS[outcome.afterwards.code].exit;
      return worstExit([passExitStatus(outcome.report, attention.length > 0), after]);
    } finally {
      opened.close();
    }
  } finally {
    for (const reader of readers.values()) reader.close();
  }
}

/** What keeps the store from being opened is remembered: `status` is to tell it even when the disk is back. */
async function openStore(config: Config, stateFile: StateFile, { clock, out }: CommandContext): Promise<WritableStore> {
  try {
    return openStoreForWriting({
      path: config.store.path,
      expectedStoreId: stateFile.state.storeId,
      nowMs: clock.now(),
    });
  } catch (error) {
    // Another pass that is under way is no news about the disk.
    if (!isAppError(error) || error.code === 'STORE_LOCKED') throw error;
    const unsaved = await problemOf(() => recordUnopenedStore(stateFile, error, clock.now()));
    if (unsaved !== null) out.note(`pullmirror: ${unsaved.message}`);
    throw error;
  }
}

function tell(
  { prepared, report, afterwards }: SyncOutcome,
  attention: readonly AttentionJson[],
  config: Config,
  out: Output,
): void {
  tellPrepared(prepared, out);
  for (const one of report.vaults) {
    const took = one.downloaded === 0 ? '' : ` (${formatBytes(one.downloadedBytes)})`;
    const adopted = one.adopted === 0 ? '' : `, ${one.adopted} found on the disk already`;
    out.line(`${one.vault}: ${listingWords(one, config.series)}, ${one.downloaded} downloaded${took}${adopted}`);
    if (one.repaired > 0) out.line(`  ${repairWords(one)}`);
    if (one.problem !== null) tellProblem(one.problem, out);
    for (const failure of one.failures.slice(0, SHOWN_FAILURES)) tellProblem(failure, out);
    const more = one.failures.length - SHOWN_FAILURES;
    if (more > 0) out.line(`  … and ${more} more`);
  }
  if (report.stopped !== null) tellProblem(report.stopped, out);
  if (afterwards !== null) tellProblem(afterwards, out);
  tellAttention(attention, out);
  const downloaded = report.vaults.reduce((sum, one) => sum + one.downloaded, 0);
  const lastedMs = report.endedAtMs - report.startedAtMs;
  const looked = report.vaults.some(({ listing }) => listing !== 'failed');
  const more = `${downloaded} ${downloaded === 1 ? 'archive' : 'archives'} more in ${config.store.path}`;
  const nothing = looked ? `nothing new in ${config.store.path}` : 'no vault was looked at';
  out.line(`${downloaded === 0 ? nothing : more}, after ${formatDuration(lastedMs)}`);
}

/** What a pass saw of a vault, and how far it looked: what lies outside the folders of the series it may not have seen. */
export function listingWords(
  { vault, listing, listed, newArchives }: Pick<VaultReport, 'vault' | 'listing' | 'listed' | 'newArchives'>,
  series: readonly { readonly vault: string }[],
): string {
  if (listing === 'failed') return 'not listed';
  // Without series every listing is one of the whole vault.
  const isPartial = listing === 'ordinary' && series.some((one) => one.vault === vault);
  const reach = isPartial ? ' (series folders only; the whole vault daily or with --full)' : '';
  return `${listed} listed${reach}, ${newArchives} new`;
}

/** Of a file that was missing nothing lies in quarantine. */
function repairWords({ repaired, quarantined }: Pick<VaultReport, 'repaired' | 'quarantined'>): string {
  const words = `${repaired === 1 ? '1 damaged archive' : `${repaired} damaged archives`} repaired`;
  if (quarantined === 0) return words;
  const files = quarantined === 1 ? 'the bad file lies' : `${quarantined} bad files lie`;
  return `${words}; ${files} in .pullmirror/quarantine`;
}

function tellProblem({ message, hint }: Problem, out: Output): void {
  out.line(`  ${message}`);
  out.line(`    next: ${hint}`);
}
