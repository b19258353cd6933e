import { type Command, Option } from 'commander';
import type { Config } from '../core/config/config.ts';
import { AppError, EXIT } from '../core/errors.ts';
import { printableName } from '../core/printable.ts';
import { formatBytes } from '../core/size.ts';
import { findUnknownFiles, type UnknownFiles } from '../jobs/find-unknown-files.ts';
import { archivesNamed, byId, describeArchive } from '../jobs/select-archive.ts';
import { type VerifyReport, verifyStore } from '../jobs/verify-store.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { openStoreForWriting } from '../store/open-store.ts';
import { type CommandContext, examples, JSON_OPTION, type RunCommand } from './command-context.ts';
import { loadConfig, readState } from './open-mirror.ts';
import type { Output } from './output.ts';
import { parseCount } from './parse-count.ts';
import { createByteProgress } from './progress-bar.ts';
import { createProgressMeter, meterStyle } from './progress-meter.ts';

interface VerifyOptions {
  readonly archive?: number;
  readonly json?: boolean;
}

const PAGE_ROWS = 500;
const SHOWN_DAMAGED = 100;

export function addVerifyCommand(program: Command, run: RunCommand): void {
  program
    .command('verify [SERIES_OR_NAME...]')
    .description('hash stored archives again: all of them, a series, or some by name')
    .addOption(new Option('--archive <ID>', 'the archive of this number in `list`').argParser(parseCount('--archive')))
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        ['pullmirror verify', 'every file on the disk'],
        ['pullmirror verify web1-files', 'one series'],
        ['pullmirror verify 2026-11-20.tar.gz.gpg --json', 'one archive, for a program'],
      ),
    )
    .action((wanted: string[], options: VerifyOptions) => run(options, (context) => verify(wanted, options, context)));
}

async function verify(wanted: readonly string[], options: VerifyOptions, context: CommandContext) {
  const { configFile, clock, out, signal } = context;
  const config = loadConfig(configFile);
  const opened = openStoreForWriting({
    path: config.store.path,
    expectedStoreId: readState(config).state.storeId,
    nowMs: clock.now(),
  });
  try {
    const { store, catalog } = opened;
    const selection = select(catalog, config, wanted, options.archive);
    const meter = createProgressMeter({ stream: out.stderr, clock, style: meterStyle(out.stderr, out.json) });
    meter.begin(selection.total);
    const report = await verifyStore({
      store,
      catalog,
      archives: selection.archives,
      clock,
      signal,
      progress: createByteProgress(meter),
    });
    const isWhole = wanted.length === 0 && options.archive === undefined;
    const vaults = new Set(
      [...config.vaults, ...catalog.archives.summary().map(({ vault }) => ({ name: vault }))].map(({ name }) => name),
    );
    const unknownFiles = isWhole ? await findUnknownFiles({ store, catalog, vaults, clock, signal }) : null;
    tell(report, unknownFiles, out);
    return report.damaged.length > 0 ? EXIT.needsOwner : EXIT.done;
  } finally {
    opened.close();
  }
}

interface Selection {
  readonly archives: Iterable<ArchiveRow>;
  readonly total: { readonly archives: number; readonly bytes: number };
}

function select(catalog: Catalog, config: Config, wanted: readonly string[], id: number | undefined): Selection {
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

function tell(report: VerifyReport, unknownFiles: UnknownFiles | null, out: Output): void {
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
  });
  const amount = `${checked} ${checked === 1 ? 'archive' : 'archives'}, ${formatBytes(checkedBytes)}`;
  if (unknownFiles !== null) tellUnknown(unknownFiles, out);
  if (recovered > 0) out.line(`${recovered} that were damaged before are right again.`);
  if (damaged.length === 0) {
    out.line(`All right: ${amount} hashed again.`);
    return;
  }
  out.line(`${damaged.length} DAMAGED of ${amount}:`);
  for (const { archive, why } of damaged.slice(0, SHOWN_DAMAGED)) {
    out.line(`  ${describeArchive(archive)} ${why}`);
  }
  if (damaged.length > SHOWN_DAMAGED)
    out.line(`  … and ${damaged.length - SHOWN_DAMAGED} more: see \`pullmirror status\``);
  out.line(
    'Next: do not rely on these copies; look at `dmesg` for disk errors; check whether the vault still has them.',
  );
}

function tellUnknown({ count, names }: UnknownFiles, out: Output): void {
  if (count === 0) return;
  const files = count === 1 ? 'file' : 'files';
  out.line(`${count} ${files} that pullmirror does not know, put there by something else; left as they are:`);
  for (const name of names) out.line(`  ${printableName(name)}`);
  if (count > names.length) out.line(`  … and ${count - names.length} more`);
}
