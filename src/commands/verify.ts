import { type Command, Option } from 'commander';
import type { Clock } from '../core/clock.ts';
import type { Config } from '../core/config/config.ts';
import { AppError, EXIT, type ExitStatus } from '../core/errors.ts';
import { worstExit } from '../core/exit-status.ts';
import type { MirrorState } from '../core/mirror-state.ts';
import { printableName } from '../core/printable.ts';
import { formatBytes } from '../core/size.ts';
import { findUnknownFiles, type UnknownFiles } from '../jobs/find-unknown-files.ts';
import { repairStore } from '../jobs/repair-store.ts';
import { dueArchives } from '../jobs/scrub.ts';
import { archivesNamed, byId, describeArchive } from '../jobs/select-archive.ts';
import { type VerifyReport, verifyStore } from '../jobs/verify-store.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { openStoreForWriting, type WritableStore } from '../store/open-store.ts';
import { type CommandContext, examples, JSON_OPTION, type RunCommand } from './command-context.ts';
import { loadConfig, readState } from './open-mirror.ts';
import type { Output } from './output.ts';
import { parseCount } from './parse-count.ts';
import { createByteProgress, createPassProgress } from './progress-bar.ts';
import { createProgressMeter, meterStyle } from './progress-meter.ts';
import { gatherRepairs, type Repairs, repairsExit, repairsJson, tellRepairs } from './tell-repairs.ts';

interface VerifyOptions {
  readonly archive?: number;
  readonly due?: boolean;
  readonly repair?: boolean;
  readonly json?: boolean;
}

const PAGE_ROWS = 500;
const SHOWN_DAMAGED = 100;

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
  const { configFile, clock, out, signal } = context;
  if (options.due === true && wanted.length > 0) {
    throw new AppError('USAGE', '--due chooses the archives itself; leave out the names');
  }
  const config = loadConfig(configFile);
  const { state } = readState(config);
  const opened = openStoreForWriting({
    path: config.store.path,
    expectedStoreId: state.storeId,
    nowMs: clock.now(),
  });
  try {
    const { store, catalog } = opened;
    const selection = select(catalog, config, wanted, options, clock);
    const meter = createProgressMeter({ stream: out.stderr, clock, style: meterStyle(out.stderr, out.json) });
    meter.begin(selection.total);
    const report = await verifyStore({
      store,
      catalog,
      archives: selection.archives,
      actor: 'verify',
      clock,
      signal,
      progress: createByteProgress(meter),
    });
    const isWhole = wanted.length === 0 && options.archive === undefined && options.due !== true;
    const vaults = new Set(
      [...config.vaults, ...catalog.archives.summary().map(({ vault }) => ({ name: vault }))].map(({ name }) => name),
    );
    const unknownFiles = isWhole ? await findUnknownFiles({ store, catalog, vaults, clock, signal }) : null;
    const isChosen = wanted.length > 0 || options.archive !== undefined;
    const only = isChosen ? new Set(report.damaged.map(({ archive }) => archive.id)) : null;
    const repairs = options.repair === true ? await repair({ opened, config, state, only }, context) : null;
    tell(report, unknownFiles, repairs, out);
    return exitOf(report, repairs);
  } finally {
    opened.close();
  }
}

async function repair(
  args: { opened: WritableStore; config: Config; state: MirrorState; only: ReadonlySet<number> | null },
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

function exitOf({ damaged }: VerifyReport, repairs: Repairs | null): ExitStatus {
  if (repairs === null) return damaged.length > 0 ? EXIT.needsOwner : EXIT.done;
  const right = new Set([
    ...repairs.repaired.map(({ archive }) => archive.id),
    ...repairs.recovered.map(({ id }) => id),
  ]);
  const isOpen = repairs.lost.length > 0 || damaged.some(({ archive }) => !right.has(archive.id));
  return worstExit([repairsExit(repairs), isOpen ? EXIT.needsOwner : EXIT.done]);
}

interface Selection {
  readonly archives: Iterable<ArchiveRow>;
  readonly total: { readonly archives: number; readonly bytes: number };
}

function select(
  catalog: Catalog,
  config: Config,
  wanted: readonly string[],
  { archive: id, due }: VerifyOptions,
  clock: Clock,
): Selection {
  if (due === true) return whatIsDue(catalog, config, clock);
  if (wanted.length === 0 && id === undefined) return everything(catalog);
  const chosen = wanted.map((one) => {
    if (config.series.some(({ name }) => name === one)) return wholeSeries(catalog, one);
    return some(archivesNamed(catalog, one, null), one);
  });
  if (id !== undefined) chosen.push(some([byId(catalog, id)], `archive ${id}`));
  return {
    archives: chosen.flatMap(({ archives }) => [...archives]),
    total: {
      archives: chosen.reduce((sum, { total }) => sum + total.archives, 0),
      bytes: chosen.reduce((sum, { total }) => sum + total.bytes, 0),
    },
  };
}

function whatIsDue(catalog: Catalog, config: Config, clock: Clock): Selection {
  const nowMs = clock.now();
  const beforeMs = nowMs - config.retention.scrubEveryMs;
  return { archives: dueArchives(catalog, beforeMs, clock), total: catalog.scrub.dueTotal(beforeMs, nowMs) };
}

function everything(catalog: Catalog): Selection {
  return { archives: storedPages(catalog, {}), total: totalOf(catalog.archives.summary()) };
}

function wholeSeries(catalog: Catalog, series: string): Selection {
  const groups = catalog.archives.summary().filter((group) => group.series === series);
  return { archives: storedPages(catalog, { series }), total: totalOf(groups) };
}

function some(rows: readonly ArchiveRow[], name: string): Selection {
  const archives = rows.filter((row) => row.state === 'stored');
  if (archives.length === 0) throw new AppError('ARCHIVE_NOT_FOUND', `${name} is known, but not on the disk`);
  return { archives, total: totalOf(archives.map(({ sizeBytes }) => ({ stored: 1, storedBytes: sizeBytes }))) };
}

function totalOf(groups: readonly { readonly stored: number; readonly storedBytes: number }[]): Selection['total'] {
  return {
    archives: groups.reduce((sum, { stored }) => sum + stored, 0),
    bytes: groups.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
  };
}

function* storedPages(catalog: Catalog, filter: { series?: string }): Generator<ArchiveRow> {
  let after: ArchiveRow | null = null;
  for (;;) {
    const rows = catalog.archives.page({ ...filter, storedOnly: true }, after, PAGE_ROWS);
    if (rows.length === 0) return;
    for (const row of rows) if (row.state === 'stored') yield row;
    after = rows.at(-1) ?? null;
  }
}

function tell(report: VerifyReport, unknownFiles: UnknownFiles | null, repairs: Repairs | null, out: Output): void {
  const { checked, checkedBytes, damaged, recovered } = report;
  out.document({
    v: 1,
    checked,
    checkedBytes,
    recovered,
    unknownFiles,
    damaged: damaged.map(({ archive, kind, why }) => ({
      archiveId: archive.id,
      vault: archive.vault,
      key: archive.key,
      path: archive.path,
      kind,
      why,
    })),
    repair: repairs === null ? null : repairsJson(repairs),
  });
  const amount = `${checked} ${checked === 1 ? 'archive' : 'archives'}, ${formatBytes(checkedBytes)}`;
  if (unknownFiles !== null) tellUnknown(unknownFiles, out);
  if (recovered > 0) out.line(`${recovered} that were damaged before are right again.`);
  if (damaged.length === 0) {
    out.line(checked === 0 ? 'Nothing to hash again.' : `All right: ${amount} hashed again.`);
    if (repairs !== null) tellRepairs(repairs, out);
    return;
  }
  out.line(`${damaged.length} DAMAGED of ${amount}:`);
  for (const { archive, why } of damaged.slice(0, SHOWN_DAMAGED)) {
    out.line(`  ${describeArchive(archive)} ${why}`);
  }
  if (damaged.length > SHOWN_DAMAGED)
    out.line(`  … and ${damaged.length - SHOWN_DAMAGED} more: see \`pullmirror status\``);
  if (repairs !== null) {
    tellRepairs(repairs, out);
    return;
  }
  out.line('Next: the next sync repairs what the vault or the disk still has, `pullmirror verify --repair` at once;');
  out.line('until then do not rely on these copies. Look at `dmesg` for disk errors.');
}

function tellUnknown({ count, names }: UnknownFiles, out: Output): void {
  if (count === 0) return;
  const files = count === 1 ? 'file' : 'files';
  out.line(`${count} ${files} that pullmirror does not know, put there by something else; left as they are:`);
  for (const name of names) out.line(`  ${printableName(name)}`);
  if (count > names.length) out.line(`  … and ${count - names.length} more`);
}
