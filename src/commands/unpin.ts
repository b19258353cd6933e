import type { Command } from 'commander';
import { AppError, EXIT } from '../core/errors.ts';
import { unpinArchives } from '../jobs/pin-archives.ts';
import { describeArchive } from '../jobs/select-archive.ts';
import { type ArchiveOptions, archivesOption, chooseArchives } from './choose-archives.ts';
import { type CommandContext, examples, JSON_OPTION, type RunCommand } from './command-context.ts';
import { loadConfig } from './open-mirror.ts';
import { pinJson } from './pin.ts';
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
  const unpinned = await withOwnersCatalog(loadConfig(configFile), out, (catalog) => {
    const archives = chooseArchives(catalog, names, options);
    const done = unpinArchives(catalog, archives, clock.now());
    if (done.length > 0) return done;
    throw new AppError('ARCHIVE_NOT_FOUND', `${archives.map(describeArchive).join(', ')} is not pinned`, {
      hint: '`pullmirror pin --list` shows what is.',
    });
  });
  out.document({ v: 1, unpinned: unpinned.map(pinJson) });
  for (const { archive, pin } of unpinned) {
    out.line(`${describeArchive(archive)}: not pinned any more (it was: ${pin.reason}); the keep rules decide again`);
  }
  return EXIT.done;
}
