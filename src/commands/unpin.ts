import type { Command } from 'commander';
import type { Config } from '../core/config/config.ts';
import { AppError, EXIT } from '../core/errors.ts';
import { setOf } from '../core/keep/set-of.ts';
import { matchSeries } from '../core/series-match.ts';
import { unpinArchives } from '../jobs/pin-archives.ts';
import { describeArchive } from '../jobs/select-archive.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { type ArchiveOptions, archivesOption, chooseArchives } from './choose-archives.ts';
import { type CommandContext, examples, JSON_OPTION, type RunCommand } from './command-context.ts';
import { loadConfig } from './open-mirror.ts';
import { pinJson } from './pin-json.ts';
import { requireVaultOfArchives } from './require-known-names.ts';
import { withOwnersCatalog } from './with-owners-catalog.ts';

interface UnpinOptions extends ArchiveOptions {
  readonly json?: boolean;
}

export function addUnpinCommand(program: Command, run: RunCommand): void {
  program
    .command('unpin [NAME...]')
    .description('take pins off: the keep rules decide again')
    .option('--vault <V>', 'each NAME is in this vault')
    .addOption(archivesOption())
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        ['pullmirror unpin web1/2026-11-20.tar.gz.gpg', 'every pinned version of it'],
        ['pullmirror unpin --archive 17', 'one of them'],
      ),
    )
    .action((names: string[], options: UnpinOptions) => run(options, (context) => unpin(names, options, context)));
}

async function unpin(names: readonly string[], options: UnpinOptions, { configFile, clock, out }: CommandContext) {
  if (names.length === 0 && options.archive === undefined) {
    throw new AppError('USAGE', 'unpin needs a NAME or --archive ID', { hint: '`pullmirror pin --list` shows both.' });
  }
  const config = loadConfig(configFile);
  const unpinned = await withOwnersCatalog(config, out, (catalog) => {
    requireVaultOfArchives(config, catalog, options.vault);
    const archives = chooseArchives(catalog, names, options);
    const done = unpinArchives(catalog, archives, clock.now());
    if (done.length > 0) return done;
    throw new AppError('ARCHIVE_NOT_FOUND', `${archives.map(describeArchive).join(', ')} is not pinned`, {
      hint: hintOf(pinnedBeside(catalog, archives, config)),
    });
  });
  out.document({ v: 1, unpinned: unpinned.map(pinJson) });
  for (const { archive, pin } of unpinned) {
    out.line(`${describeArchive(archive)}: not pinned any more (it was: ${pin.reason}); the keep rules decide again`);
  }
  return EXIT.done;
}

/** Pinned archives that keep any of these: parts of the same set. */
function pinnedBeside(catalog: Catalog, archives: readonly ArchiveRow[], { series }: Config): number[] {
  const setName = ({ vault, key }: ArchiveRow): string | null => {
    const found = matchSeries(series, vault, key);
    const set = found === null ? null : setOf(found.found, key);
    return set === null ? null : JSON.stringify([vault, set]);
  };
  const sets = new Set(archives.map(setName));
  return catalog.pins.all().flatMap(({ archiveId }) => {
    const row = catalog.archives.byId(archiveId);
    const set = row === null ? null : setName(row);
    return set !== null && sets.has(set) ? [archiveId] : [];
  });
}

function hintOf(pinned: readonly number[]): string {
  if (pinned.length === 0) return '`pullmirror pin --list` shows what is.';
  const options = pinned.map((id) => `--archive ${id}`).join(' ');
  return `Another part of its set is: \`pullmirror unpin ${options}\` takes that pin off.`;
}
