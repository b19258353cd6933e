import type { Command } from 'commander';
import type { Config } from '../core/config/config.ts';
import { AppError, EXIT } from '../core/errors.ts';
import { printableName } from '../core/printable.ts';
import { formatLocal, parseAt } from '../core/zoned-time.ts';
import { datingClock } from '../jobs/dating-clock.ts';
import { type PinnedArchive, pinArchives } from '../jobs/pin-archives.ts';
import { describeArchive } from '../jobs/select-archive.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { type ArchiveOptions, archivesOption, chooseArchives } from './choose-archives.ts';
import { type CommandContext, examples, JSON_OPTION, type RunCommand } from './command-context.ts';
import { noteDoubt } from './note-doubt.ts';
import { loadConfig, readState, withReadableStore } from './open-mirror.ts';
import { table } from './output.ts';
import { pinJson } from './pin-json.ts';
import { requireVaultOfArchives } from './require-known-names.ts';
import { requireReason } from './require-reason.ts';
import { withOwnersCatalog } from './with-owners-catalog.ts';

interface PinOptions extends ArchiveOptions {
  readonly reason?: string;
  readonly until?: string;
  readonly list?: boolean;
  readonly json?: boolean;
}

export function addPinCommand(program: Command, run: RunCommand): void {
  program
    .command('pin [NAME...]')
    .description('keep an archive whatever the keep rules say')
    .option('--reason <TEXT>', 'why; you will read it in `list` and `history`')
    .option('--until <TIME>', 'until then: 2027-12-31, "2027-12-31 12:00"; for good unless said')
    .option('--vault <V>', 'each NAME is in this vault')
    .addOption(archivesOption())
    .option('--list', 'show what is pinned')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      `\nA NAME stands for every version of its key that is not gone; one part of a multi-part archive keeps all of its parts.\n${examples(
        ['pullmirror pin web1/2026-11-20.tar.gz.gpg --reason "before the migration"', 'keep it for good'],
        ['pullmirror pin --archive 17 --reason "tax audit" --until 2028-12-31', 'keep it until then'],
        ['pullmirror pin --list', 'what is pinned, and why'],
      )}`,
    )
    .action((names: string[], options: PinOptions) => run(options, (context) => pin(names, options, context)));
}

async function pin(names: readonly string[], options: PinOptions, context: CommandContext) {
  const { configFile, clock, out } = context;
  const isNamed = names.length > 0 || options.archive !== undefined;
  if (isNamed && options.list === true)
    throw new AppError('USAGE', '--list shows all that is pinned; leave out the names');
  if (!isNamed && options.list !== true) throw new AppError('USAGE', 'pin needs a NAME, --archive ID or --list');
  const config = loadConfig(configFile);
  if (options.list === true) return list(config, context);

  const reason = requireReason(options.reason);
  const { state } = readState(config);
  const { pinned, expiresAtMs } = await withOwnersCatalog(config, out, (catalog) => {
    const dating = datingClock({ catalog, state, clock });
    if (dating.doubt !== null) noteDoubt(dating.doubt, out);
    const nowMs = dating.clock.now();
    const expiresAtMs = options.until === undefined ? null : untilMs(options.until, config.timezone, nowMs);
    requireVaultOfArchives(config, catalog, options.vault);
    const ids = toPin(chooseArchives(catalog, names, options), options).map(({ id }) => id);
    return { pinned: pinArchives(catalog, ids, { reason, expiresAtMs }, nowMs), expiresAtMs };
  });
  out.document({ v: 1, pinned: pinned.map(pinJson) });
  for (const { archive } of pinned) {
    out.line(`${describeArchive(archive)}: pinned ${untilWords(expiresAtMs, config)}${consequence(archive)}`);
  }
  return EXIT.done;
}

function untilMs(text: string, timezone: string, nowMs: number): number {
  const until = parseAt(text, timezone);
  if (!until.ok) throw new AppError('USAGE', `--until: ${until.problem}`);
  if (until.value > nowMs) return until.value;
  throw new AppError('USAGE', `--until: "${text}" is over already`);
}

/** Of a name's versions those that are gone are left out, unless nothing else is left: then it is told why that cannot be. */
function toPin(rows: readonly ArchiveRow[], { archive = [] }: PinOptions): readonly ArchiveRow[] {
  const here = rows.filter(({ id, state }) => archive.includes(id) || (state !== 'pruned' && state !== 'removing'));
  return here.length === 0 ? rows : here;
}

function consequence({ state, announcedAtMs }: ArchiveRow): string {
  if (announcedAtMs !== null) return '; it was about to be removed, and stays';
  if (state === 'unwanted') return '; the keep rules did not want it: the next sync downloads it';
  if (state === 'wanted') return '; it is not here yet: the next sync downloads it';
  return state === 'held' || state === 'unavailable'
    ? `; it is ${state}: \`pullmirror resolve\` tells what that needs`
    : '';
}

function untilWords(expiresAtMs: number | null, { timezone }: Config): string {
  return expiresAtMs === null ? 'for good' : `until ${formatLocal(expiresAtMs, timezone)}`;
}

async function list(config: Config, { clock, out }: CommandContext) {
  return withReadableStore(config, async ({ catalog }) => {
    const pinned = allPinned(catalog);
    out.document({ v: 1, pinned: pinned.map(pinJson) });
    const rows = pinned.map(({ archive, pin }) => [
      String(archive.id),
      formatLocal(pin.pinnedAtMs, config.timezone),
      endWords(pin.expiresAtMs, config, clock.now()),
      archive.state,
      `${archive.vault}/${printableName(archive.key)}`,
      pin.reason,
    ]);
    if (rows.length === 0) out.line('Nothing is pinned.');
    else for (const line of table(['ID', 'SINCE', 'UNTIL', 'STATE', 'VAULT/KEY', 'REASON'], rows)) out.line(line);
    return EXIT.done;
  });
}

function allPinned(catalog: Catalog): PinnedArchive[] {
  return catalog.pins.all().flatMap((pin) => {
    const archive = catalog.archives.byId(pin.archiveId);
    return archive === null ? [] : [{ archive, pin }];
  });
}

function endWords(expiresAtMs: number | null, { timezone }: Config, nowMs: number): string {
  if (expiresAtMs === null) return 'for good';
  const time = formatLocal(expiresAtMs, timezone);
  return expiresAtMs <= nowMs ? `${time} (over; the next prune takes it off)` : time;
}
