import type { Command } from 'commander';
import { asProblem } from '../core/as-problem.ts';
import { vaultExpiries } from '../core/attention.ts';
import type { Config } from '../core/config/config.ts';
import { isAppError, systemCode } from '../core/errors.ts';
import type { Problem } from '../core/pass-report.ts';
import { scrubbedBeforeMs } from '../core/scrubbed-before.ts';
import type { StatusFacts } from '../core/status-facts.ts';
import { buildStatus } from '../core/status-report.ts';
import { statusExit } from '../core/status-verdict.ts';
import { CLOCK_TOLERANCE_MS } from '../core/trusted-now.ts';
import { isSortedOtherwise } from '../jobs/assign-series.ts';
import { findHeldForRoom } from '../jobs/disk-room.ts';
import { findBackfill } from '../jobs/find-backfill.ts';
import { findCrowded } from '../jobs/find-crowded.ts';
import { lastTrusted } from '../jobs/last-trusted.ts';
import { unfinishedAdoption } from '../jobs/unfinished-adoption.ts';
import { collectMatters } from '../store/catalog/collect-matters.ts';
import { catalogCopyPath } from '../store/catalog-copy.ts';
import { copyProblem } from '../store/copy-problem.ts';
import { openStoreForReading, type ReadableStore } from '../store/open-for-reading.ts';
import { listQuarantine } from '../store/quarantine.ts';
import { examineStateDirectory } from '../store/state-file.ts';
import { type CommandContext, examples, JSON_OPTION, type RunCommand } from './command-context.ts';
import { loadConfig, readState } from './open-mirror.ts';
import { tellStatus } from './tell-status.ts';

export function addStatusCommand(program: Command, run: RunCommand): void {
  program
    .command('status')
    .description('one sentence first: is everything as it should be? then the facts')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        ['pullmirror status', 'for you'],
        ['pullmirror status --json', 'for a program'],
        ['pullmirror status > /dev/null || mail …', 'exit status: 0 good, 3 needs you, 75 waiting'],
      ),
    )
    .action((options: { json?: boolean }) => run(options, status));
}

async function status({ configFile, clock, out }: CommandContext) {
  const config = loadConfig(configFile);
  const { state, problem: stateProblem } = readState(config);
  const looked = await lookAtStore(config, state.storeId, clock.now());
  const storeId = looked.disk?.storeId ?? state.storeId;
  const copy = storeId === null ? null : copyProblem(catalogCopyPath(config.stateDir, storeId));
  const noCopy = copy ?? stateProblemForAll(config.stateDir);
  const report = buildStatus({ nowMs: clock.now(), config, ...looked, copyProblem: noCopy, state, stateProblem });
  out.document(report);
  if (!out.json) tellStatus(report, config, clock.now(), out);
  return statusExit(report.verdict);
}

/** Why nobody can write the state directory, so that no pass runs and no copy is renewed; null: this user at most may not. */
function stateProblemForAll(stateDir: string): Problem | null {
  try {
    examineStateDirectory(stateDir);
    return null;
  } catch (error) {
    if (!isAppError(error, 'STATE_UNUSABLE')) throw error;
    return ['EACCES', 'EPERM'].includes(systemCode(error.cause) ?? '') ? null : asProblem(error);
  }
}

type StoreFacts = Pick<
  StatusFacts,
  | 'disk'
  | 'diskProblem'
  | 'counts'
  | 'attention'
  | 'freezes'
  | 'crowded'
  | 'heldForRoom'
  | 'backfill'
  | 'seriesChanged'
  | 'quarantine'
  | 'unfinished'
  | 'lastTrustedMs'
>;

const NO_FILES = { files: 0, bytes: 0 };

/** A disk that is away, or whose catalog cannot be read, is part of the answer. */
async function lookAtStore(config: Config, expectedStoreId: string | null, nowMs: number): Promise<StoreFacts> {
  let opened: ReadableStore;
  try {
    opened = openStoreForReading({ path: config.store.path, expectedStoreId });
  } catch (error) {
    if (!isAppError(error) || !/^(STORE|CATALOG)_/.test(error.code)) throw error;
    return {
      disk: null,
      diskProblem: asProblem(error),
      counts: null,
      attention: [],
      freezes: [],
      quarantine: NO_FILES,
    };
  }
  try {
    const { store, catalog } = opened;
    const disk = {
      ...store.space(),
      storeId: store.marker.storeId,
      filesystem: store.facts.type,
      readOnly: store.facts.readOnly,
      madeAtMs: Date.parse(store.marker.createdAt),
    };
    const attention = collectMatters(catalog, vaultExpiries(config.vaults));
    const entries = await listQuarantine(store.quarantineDir);
    const quarantine = { files: entries.length, bytes: entries.reduce((sum, one) => sum + one.sizeBytes, 0) };
    const counts = catalog.counts.summary(scrubbedBeforeMs(config, nowMs), nowMs + CLOCK_TOLERANCE_MS);
    const freezes = catalog.freezes.open();
    const crowded = findCrowded(catalog, config.series);
    const lastTrustedMs = lastTrusted(catalog);
    return {
      disk,
      diskProblem: null,
      counts,
      attention,
      freezes,
      crowded,
      heldForRoom: findHeldForRoom(catalog, config.series),
      backfill: findBackfill(catalog, config),
      seriesChanged: isSortedOtherwise(catalog, config.series),
      quarantine,
      unfinished: unfinishedAdoption(catalog),
      lastTrustedMs,
    };
  } finally {
    opened.close();
  }
}
