import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { isOwnSumsEtag } from '../core/archive.ts';
import { attentionItems, vaultExpiries } from '../core/attention.ts';
import type { Config } from '../core/config/config.ts';
import { AppError, EXIT, isAppError, systemCode } from '../core/errors.ts';
import { formatBytes } from '../core/size.ts';
import { isAheadOfTime, whyUnsound } from '../core/sound-archive.ts';
import { formatLocal, formatUtc, parseAt } from '../core/zoned-time.ts';
import { checkSource, restoreArchive } from '../jobs/restore-archive.ts';
import { chooseStored, describeArchive, type RestoreWish } from '../jobs/select-archive.ts';
import { streamArchive } from '../jobs/stream-archive.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { ReadableStore } from '../store/open-for-reading.ts';
import { type CommandContext, examples, JSON_OPTION, type RunCommand } from './command-context.ts';
import { loadConfig, withReadableStore } from './open-mirror.ts';
import { parseCount } from './parse-count.ts';
import { createByteProgress } from './progress-bar.ts';
import { createProgressMeter, meterStyle } from './progress-meter.ts';
import { requireVaultOfArchives } from './require-known-names.ts';

interface RestoreOptions {
  readonly series?: string;
  readonly latest?: boolean;
  readonly at?: string;
  readonly vault?: string;
  readonly archive?: number;
  readonly to?: string;
  readonly stdout?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

const SHOWN_ALTERNATIVES = 3;

export function addRestoreCommand(program: Command, run: RunCommand): void {
  program
    .command('restore [NAME]')
    .description('get an archive back, checked before and after')
    .option('--series <S>', 'an archive of this series')
    .option('--latest', 'the newest verified one')
    .option('--at <TIME>', 'the newest verified one at or before this time: 2026-11-20, "2026-11-20 14:30"')
    .option('--vault <V>', 'an archive from this vault')
    .addOption(
      new Option('--archive <ID>', 'the archive of this number in `list`')
        .argParser(parseCount('--archive'))
        .conflicts(['series', 'latest', 'at', 'vault']),
    )
    .option('--to <DIR_OR_FILE>', 'where to; the current directory unless said')
    .addOption(new Option('--stdout', 'write the archive to standard output').conflicts(['to', 'json', 'force']))
    .option('--force', 'replace a file that is there already')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      `\nNAME is a key, vault/key, a path in the store, or the end of one that fits no other archive. Of several versions the newest is meant.\n${examples(
        ['pullmirror restore --series web1-files --latest --to /tmp', 'the newest archive of a series'],
        ['pullmirror restore --series web1-sql --at "2026-11-20 14:30"', 'as it was then'],
        ['pullmirror restore 2026-11-20.tar.gz.gpg', 'by its name'],
        ['pullmirror restore web1/2026-11-20.tar.gz.gpg --stdout | gpg -d | tar x', 'straight into the hands of tar'],
      )}`,
    )
    .action((name: string | undefined, options: RestoreOptions) =>
      run(options, (context) => restore(name, options, context)),
    );
}

async function restore(name: string | undefined, options: RestoreOptions, context: CommandContext) {
  const config = loadConfig(context.configFile);
  const { out } = context;
  const wish = wishOf(name, options, config);
  return withReadableStore(config, async (opened) => {
    requireVaultOfArchives(config, opened.catalog, options.vault);
    const { archive, passedOver } = chooseStored(opened.catalog, wish);
    const warnings = [
      ...passedOver.map((row) => `${describeArchive(row)} is newer, but ${whyUnsound(row) ?? 'not sound'}`),
      ...doubts(archive, opened, config),
    ];
    for (const words of warnings) out.note(`pullmirror: ${words}`);
    try {
      return await giveBack(archive, warnings, opened, options, config, context);
    } catch (error) {
      throw isAppError(error, 'ARCHIVE_DAMAGED') ? withAlternatives(error, archive, opened) : error;
    }
  });
}

async function giveBack(
  archive: ArchiveRow,
  warnings: readonly string[],
  { store }: ReadableStore,
  options: RestoreOptions,
  config: Config,
  { out, clock, random, signal }: CommandContext,
) {
  const { path, sha256, sizeBytes, lastModifiedMs } = archive;
  if (path === null || sha256 === null) throw new AppError('INTERNAL', `${describeArchive(archive)} has no file`);
  const meter = createProgressMeter({ stream: out.stderr, clock, style: meterStyle(out.stderr, out.json) });
  const job = {
    source: store.resolve(archive.vault, path),
    expected: { sizeBytes, sha256 },
    signal,
    progress: createByteProgress(meter),
  };
  if (options.stdout === true) {
    await checkSource(job);
    await streamArchive({ ...job, sink: process.stdout });
    return EXIT.done;
  }
  const destination = destinationOf(options.to ?? '.', basename(path), store.root);
  await restoreArchive({ ...job, destination, lastModifiedMs, force: options.force === true, random });
  out.document({
    v: 1,
    vault: archive.vault,
    key: archive.key,
    archiveId: archive.id,
    lastModified: formatUtc(lastModifiedMs),
    sizeBytes,
    sha256,
    destination,
    warnings,
  });
  out.line(`${destination}: ${archive.vault}/${archive.key} of ${formatLocal(lastModifiedMs, config.timezone)}`);
  out.line(`${formatBytes(sizeBytes)}, SHA-256 ${sha256}: right when read and right when read back`);
  return EXIT.done;
}

/** What its owner should know of an archive before relying on it, acknowledged or not: an attacker who replaces a backup makes the newest one. */
function doubts(archive: ArchiveRow, { catalog }: ReadableStore, config: Config): string[] {
  const name = describeArchive(archive);
  const words: string[] = [];
  if (archive.conflictAtMs !== null) {
    const others = catalog.archives
      .ofKey(archive.vault, archive.key)
      .filter(({ id, state }) => id !== archive.id && state === 'stored')
      .map(({ id }) => `--archive ${id}`);
    const kept = others.length === 0 ? '' : `; that is kept, too: ${others.join(', ')}`;
    words.push(`careful, ${name} is in conflict: its key was known with other content${kept}`);
  }
  if (archive.suspect !== null) words.push(`careful, ${name} is suspect: ${archive.suspect}`);
  if (isAheadOfTime(archive) || isOwnSumsEtag(archive.etag)) words.push(`careful, ${name}: ${whyUnsound(archive)}`);
  const orphan = attentionItems([archive], vaultExpiries(config.vaults)).find(({ cause }) => cause === 'orphan');
  if (orphan !== undefined) words.push(`careful, ${name}: ${orphan.why}`);
  return words;
}

function wishOf(name: string | undefined, options: RestoreOptions, config: Config): RestoreWish {
  const { series, vault, at, archive, latest } = options;
  if (name !== undefined && archive !== undefined) {
    throw new AppError('USAGE', '--archive chooses the archive already; leave out the NAME, or --archive');
  }
  if (name === undefined && archive === undefined && series === undefined && at === undefined && latest !== true) {
    const hint = 'Name an archive, or say --series S --latest. `pullmirror list` shows what is here.';
    throw new AppError('USAGE', 'restore needs to know which archive', { hint });
  }
  const known = config.series.map((one) => one.name);
  if (series !== undefined && !known.includes(series)) {
    const hint = `Configured are: ${known.length === 0 ? 'none' : known.join(', ')}.`;
    throw new AppError('USAGE', `no series is called ${series}`, { hint });
  }
  const time = at === undefined ? null : parseAt(at, config.timezone);
  if (time !== null && !time.ok) throw new AppError('USAGE', `--at: ${time.problem}`);
  return {
    name: name === undefined ? null : withoutStore(name, config.store.path),
    archiveId: archive ?? null,
    series: series ?? null,
    vault: vault ?? null,
    atMs: time === null ? null : time.value,
  };
}

/** `/srv/archive/web/web1/a.gpg` names what `web/web1/a.gpg` names. */
function withoutStore(name: string, root: string): string {
  return name.startsWith(`${root}/`) ? name.slice(root.length + 1) : name;
}

function destinationOf(to: string, name: string, storeRoot: string): string {
  const wanted = resolve(to);
  const destination = isDirectory(wanted) ? join(wanted, name) : wanted;
  if (destination === wanted && to.endsWith('/')) {
    throw new AppError('DESTINATION_UNUSABLE', `there is no directory ${wanted}`);
  }
  const folder = dirname(destination);
  if (!isDirectory(folder)) throw new AppError('DESTINATION_UNUSABLE', `there is no directory ${folder}`);
  const real = realpathSync(folder);
  if (real === storeRoot || !relative(storeRoot, real).startsWith('..')) {
    throw new AppError('DESTINATION_UNUSABLE', `${folder} lies inside the store`, {
      hint: 'Say --to DIR with a directory elsewhere; the store holds only what is mirrored.',
    });
  }
  return destination;
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}

function withAlternatives(error: AppError, archive: ArchiveRow, { catalog }: ReadableStore): AppError {
  const versions = catalog.archives.ofKey(archive.vault, archive.key);
  const neighbours =
    archive.series === null
      ? []
      : catalog.newest.stored(
          { vault: archive.vault, series: archive.series, atMs: archive.lastModifiedMs, which: 'sound' },
          5,
        );
  const others = [...versions.toReversed(), ...neighbours].filter(
    (row, index, all) =>
      row.id !== archive.id &&
      row.state === 'stored' &&
      row.damagedAtMs === null &&
      all.findIndex((other) => other.id === row.id) === index,
  );
  const [first] = others;
  if (first === undefined) return error;
  const list = others.slice(0, SHOWN_ALTERNATIVES).map(describeArchive).join(', ');
  return new AppError('ARCHIVE_DAMAGED', error.message, {
    cause: error.cause,
    hint: `Restore another one: ${list}; for instance with --archive ${first.id}. Then run \`pullmirror verify\`.`,
  });
}
