import { type Command, Option } from 'commander';
import { EXIT } from '../core/errors.ts';
import type { ArchiveJson } from '../core/output-schemas.ts';
import { printableJson, printableName } from '../core/printable.ts';
import { formatBytes } from '../core/size.ts';
import { formatLocal, formatUtc } from '../core/zoned-time.ts';
import type { PageFilter } from '../store/catalog/archive-records.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { type CommandContext, examples, JSON_OPTION, type RunCommand } from './command-context.ts';
import { loadConfig, withReadableStore } from './open-mirror.ts';
import { requireKnownNames } from './require-known-names.ts';

interface ListOptions {
  readonly vault?: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

const PAGE_ROWS = 500;

export function addListCommand(program: Command, run: RunCommand): void {
  program
    .command('list [SERIES]')
    .description('list the archives on the disk')
    .addOption(new Option('--vault <NAME>', 'only those of this vault'))
    .option('--all', 'also what is known but not on the disk: wanted, held, unavailable, pruned')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        ['pullmirror list', 'everything on the disk'],
        ['pullmirror list web1-files', 'one series'],
        ['pullmirror list --vault web --all --json', 'all that is known, for a program'],
      ),
    )
    .action((series: string | undefined, options: ListOptions) =>
      run(options, (context) => list(series, options, context)),
    );
}

async function list(series: string | undefined, options: ListOptions, { configFile, out, signal }: CommandContext) {
  const config = loadConfig(configFile);
  requireKnownNames(config, { series, vault: options.vault });
  const filter: PageFilter = {
    storedOnly: options.all !== true,
    ...(series === undefined ? {} : { series }),
    ...(options.vault === undefined ? {} : { vault: options.vault }),
  };
  return withReadableStore(config, async ({ catalog }) => {
    let shown = 0;
    let bytes = 0;
    if (out.json) out.raw('{"v":1,"archives":[');
    else out.line(HEADING);
    for (const rows of pages(catalog, filter)) {
      signal.throwIfAborted();
      for (const row of rows) {
        if (out.json) out.raw(`${shown === 0 ? '' : ','}\n${printableJson(archiveJson(row))}`);
        else out.line(archiveLine(row, config.timezone));
        shown += 1;
        bytes += row.state === 'stored' ? row.sizeBytes : 0;
      }
      await out.drained();
    }
    if (out.json) out.raw('\n]}\n');
    else out.line(shown === 0 ? 'Nothing yet.' : `${shown} archives; ${formatBytes(bytes)} on the disk`);
    return EXIT.done;
  });
}

function* pages(catalog: Catalog, filter: PageFilter): Generator<ArchiveRow[]> {
  let after: ArchiveRow | null = null;
  for (;;) {
    const rows = catalog.archives.page(filter, after, PAGE_ROWS);
    if (rows.length === 0) return;
    yield rows;
    after = rows.at(-1) ?? null;
  }
}

// The list is not held in memory, so its columns are as wide as their widest possible content.
const HEADING = line(['ID', 'TIME', 'SIZE', 'STATE', 'PROOF', 'VERIFIED', 'VAULT/KEY']);

function archiveLine(row: ArchiveRow, timezone: string): string {
  return line([
    String(row.id),
    formatLocal(row.lastModifiedMs, timezone),
    formatBytes(row.sizeBytes),
    stateWord(row),
    row.proof ?? '-',
    row.verifiedAtMs === null ? '-' : formatLocal(row.verifiedAtMs, timezone),
    `${row.vault}/${printableName(row.key)}`,
  ]);
}

function stateWord(row: ArchiveRow): string {
  return row.damagedAtMs === null ? row.state : 'DAMAGED';
}

function line([id = '', time = '', size = '', state = '', proof = '', verified = '', key = '']: string[]): string {
  return `${id.padStart(6)}  ${time.padEnd(16)}  ${size.padStart(7)}  ${state.padEnd(11)}  ${proof.padEnd(14)}  ${verified.padEnd(16)}  ${key}`;
}

/** One archive for programs. */
export function archiveJson(row: ArchiveRow): ArchiveJson {
  const time = (ms: number | null) => (ms === null ? null : formatUtc(ms));
  return {
    id: row.id,
    vault: row.vault,
    key: row.key,
    path: row.path,
    versionId: row.versionId,
    series: row.series,
    state: row.state,
    reason: row.reason,
    sizeBytes: row.sizeBytes,
    lastModified: formatUtc(row.lastModifiedMs),
    sha256: row.sha256,
    proof: row.proof,
    storedAt: time(row.storedAtMs),
    verifiedAt: time(row.verifiedAtMs),
    damagedAt: time(row.damagedAtMs),
    goneAt: time(row.goneAtMs),
    conflictAt: time(row.conflictAtMs),
    suspect: row.suspect,
  };
}
