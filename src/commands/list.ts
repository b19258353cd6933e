import { type Command, Option } from 'commander';
import { ARCHIVE_STATES, type ArchiveState } from '../core/archive.ts';
import { vaultExpiries } from '../core/attention.ts';
import type { Config } from '../core/config/config.ts';
import { isDropped, isGivenUp } from '../core/dropped.ts';
import { formatDuration } from '../core/duration.ts';
import { EXIT } from '../core/errors.ts';
import type { ArchiveJson } from '../core/output-schemas.ts';
import { printableJson, printableName } from '../core/printable.ts';
import { scrubbedBeforeMs } from '../core/scrubbed-before.ts';
import { formatBytes } from '../core/size.ts';
import { CLOCK_TOLERANCE_MS } from '../core/trusted-now.ts';
import { formatLocal, formatUtc } from '../core/zoned-time.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { ListFilter } from '../store/catalog/archive-search.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import type { Pin } from '../store/catalog/pin-table.ts';
import { type CommandContext, examples, JSON_OPTION, type RunCommand } from './command-context.ts';
import { listRemarks, type RemarkContext } from './list-remarks.ts';
import { loadConfig, withReadableStore } from './open-mirror.ts';
import { requireKnownNames } from './require-known-names.ts';

interface ListOptions {
  readonly vault?: string;
  readonly all?: boolean;
  readonly pinned?: boolean;
  readonly announced?: boolean;
  readonly state?: ArchiveState;
  readonly json?: boolean;
}

const PAGE_ROWS = 500;

export function addListCommand(program: Command, run: RunCommand): void {
  program
    .command('list [SERIES]')
    .description('list the archives on the disk')
    .addOption(new Option('--vault <NAME>', 'only those of this vault'))
    .option(
      '--all',
      'also what is not on the disk: wanted, unwanted (not wanted by the keep rules), held, unavailable, pruned',
    )
    .option('--pinned', 'only what is pinned, wherever it is')
    .option('--announced', 'only what is about to be removed')
    .addOption(new Option('--state <STATE>', 'only what is in this state').choices(ARCHIVE_STATES))
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        ['pullmirror list', 'everything on the disk'],
        ['pullmirror list web1-files', 'one series'],
        ['pullmirror list --announced', 'what is about to be removed'],
        ['pullmirror list --vault web --all --json', 'all that is known, for a program'],
      ),
    )
    .action((series: string | undefined, options: ListOptions) =>
      run(options, (context) => list(series, options, context)),
    );
}

async function list(
  series: string | undefined,
  options: ListOptions,
  { configFile, clock, out, signal }: CommandContext,
) {
  out.declareAllThereIs();
  const config = loadConfig(configFile);
  requireKnownNames(config, { series, vault: options.vault });
  const elsewhere = options.all === true || options.pinned === true || options.state !== undefined;
  const filter: ListFilter = {
    storedOnly: !elsewhere,
    pinnedOnly: options.pinned === true,
    announcedOnly: options.announced === true,
    ...(options.state === undefined ? {} : { state: options.state }),
    ...(series === undefined ? {} : { series }),
    ...(options.vault === undefined ? {} : { vault: options.vault }),
  };
  return withReadableStore(config, async ({ catalog }) => {
    const remarkContext: RemarkContext = {
      expiries: vaultExpiries(config.vaults),
      announceMs: config.retention.announceMs,
      timezone: config.timezone,
      nowMs: clock.now(),
    };
    let shown = 0;
    let bytes = 0;
    if (out.json) out.raw('{"v":1,"archives":[');
    else out.line(HEADING);
    for (const rows of pages(catalog, filter)) {
      signal.throwIfAborted();
      for (const row of rows) {
        const pin = catalog.pins.of(row.id);
        if (out.json) out.raw(`${shown === 0 ? '' : ','}\n${printableJson(archiveJson(row, pin, config))}`);
        else out.line(archiveLine(row, listRemarks(row, pin, remarkContext), config, remarkContext.nowMs));
        shown += 1;
        bytes += row.state === 'stored' ? row.sizeBytes : 0;
      }
      await out.drained();
    }
    if (out.json) out.raw('\n]}\n');
    else
      out.line(
        shown === 0
          ? isFiltered(options)
            ? 'Nothing of that kind.'
            : 'Nothing yet.'
          : `${shown} ${shown === 1 ? 'archive' : 'archives'}; ${formatBytes(bytes)} on the disk`,
      );
    return EXIT.done;
  });
}

function isFiltered({ pinned, announced, state }: ListOptions): boolean {
  return pinned === true || announced === true || state !== undefined;
}

function* pages(catalog: Catalog, filter: ListFilter): Generator<ArchiveRow[]> {
  let after: ArchiveRow | null = null;
  for (;;) {
    const rows = catalog.search.page(filter, after, PAGE_ROWS);
    if (rows.length === 0) return;
    yield rows;
    after = rows.at(-1) ?? null;
  }
}

// The list is not held in memory, so its columns are as wide as their widest possible content.
const HEADING = line(['ID', 'TIME', 'SIZE', 'STATE', 'PROOF', 'HASHED', 'VAULT/KEY']);

function archiveLine(row: ArchiveRow, remarks: readonly string[], config: Config, nowMs: number): string {
  const told = remarks.length === 0 ? '' : `  (${remarks.join('; ')})`;
  return line([
    String(row.id),
    formatLocal(row.lastModifiedMs, config.timezone),
    formatBytes(row.sizeBytes),
    stateWord(row),
    row.proof ?? '-',
    hashedWords(row, config, nowMs),
    `${row.vault}/${printableName(row.key)}${told}`,
  ]);
}

/** How long ago: what nobody has looked at for too long is not known to be right any more. */
function hashedWords({ verifiedAtMs, state }: ArchiveRow, config: Config, nowMs: number): string {
  if (verifiedAtMs === null || state !== 'stored') return '-';
  // By a clock that was wrong then or is now.
  if (verifiedAtMs - nowMs > CLOCK_TOLERANCE_MS) return 'NOT KNOWN';
  const age = formatDuration(Math.max(0, nowMs - verifiedAtMs));
  return verifiedAtMs < scrubbedBeforeMs(config, nowMs) ? `NOT FOR ${age}` : `${age} ago`;
}

function stateWord(row: ArchiveRow): string {
  if (isDropped(row)) return 'dropped';
  if (isGivenUp(row)) return 'given up';
  // Of a file that is no longer there it is no news.
  return row.damagedAtMs !== null && row.state !== 'pruned' ? 'DAMAGED' : row.state;
}

function line([id = '', time = '', size = '', state = '', proof = '', verified = '', key = '']: string[]): string {
  return `${id.padStart(6)}  ${time.padEnd(16)}  ${size.padStart(7)}  ${state.padEnd(11)}  ${proof.padEnd(14)}  ${verified.padEnd(16)}  ${key}`;
}

/** One archive for programs. */
function archiveJson(row: ArchiveRow, pin: Pin | null, { retention }: Pick<Config, 'retention'>): ArchiveJson {
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
    goneAcknowledgedAt: time(row.goneAcknowledgedAtMs),
    conflictAt: time(row.conflictAtMs),
    conflictAcknowledgedAt: time(row.conflictAcknowledgedAtMs),
    suspect: row.suspect,
    pinned:
      pin === null ? null : { reason: pin.reason, pinnedAt: formatUtc(pin.pinnedAtMs), until: time(pin.expiresAtMs) },
    announced:
      row.announcedAtMs === null
        ? null
        : { since: formatUtc(row.announcedAtMs), due: formatUtc(row.announcedAtMs + retention.announceMs) },
  };
}
