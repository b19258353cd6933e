import { type Command, Option } from 'commander';
import { attentionItems, nextStep, vaultExpiries } from '../core/attention.ts';
import type { Config } from '../core/config/config.ts';
import { AppError, EXIT, type ExitStatus } from '../core/errors.ts';
import { type Resolution, type ResolvedArchive, resolveArchives } from '../jobs/resolve-archives.ts';
import { archivesNamed, byId, describeArchive } from '../jobs/select-archive.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { openCatalogForOwner } from '../store/open-catalog-for-owner.ts';
import { type CommandContext, examples, JSON_OPTION, type RunCommand } from './command-context.ts';
import { loadConfig, readState } from './open-mirror.ts';
import type { Output } from './output.ts';
import { parseCount } from './parse-count.ts';

interface ResolveOptions {
  readonly accept?: boolean;
  readonly acknowledge?: boolean;
  readonly vault?: string;
  readonly archive?: number;
  readonly json?: boolean;
}

const WORDS: Record<Resolution, string> = {
  accepted: 'back in the queue; the next sync downloads it',
  'conflict-acknowledged': 'conflict acknowledged; both versions are kept',
  'orphan-acknowledged': 'acknowledged as gone from the vault; the copy here is kept',
  'suspect-acknowledged': 'no longer suspect',
};

export function addResolveCommand(program: Command, run: RunCommand): void {
  program
    .command('resolve [NAME]')
    .description('decide about what `status` asks you: let it be downloaded, or take note of it')
    .addOption(new Option('--accept', 'download what is held or unavailable').conflicts('acknowledge'))
    .option('--acknowledge', 'take note of a conflict, an orphan or a suspect; all copies are kept')
    .option('--vault <V>', 'NAME is in this vault')
    .addOption(new Option('--archive <ID>', 'the archive of this number in `list`').argParser(parseCount('--archive')))
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        ['pullmirror resolve web1/2026-11-20.tar.gz.gpg', 'what is the matter with it?'],
        ['pullmirror resolve --archive 17 --accept', 'let it be downloaded'],
        ['pullmirror resolve --archive 17 --acknowledge', 'stop the alarm about it'],
      ),
    )
    .action((name: string | undefined, options: ResolveOptions) =>
      run(options, (context) => resolve(name, options, context)),
    );
}

async function resolve(name: string | undefined, options: ResolveOptions, { configFile, clock, out }: CommandContext) {
  if ((name === undefined) === (options.archive === undefined)) {
    throw new AppError('USAGE', 'resolve needs one NAME or --archive ID');
  }
  const config = loadConfig(configFile);
  const catalog = openCatalogForOwner({ path: config.store.path, expectedStoreId: readState(config).state.storeId });
  try {
    const archives =
      options.archive === undefined ? named(catalog, name ?? '', options) : [byId(catalog, options.archive)];
    if (options.accept !== true && options.acknowledge !== true) return explain(archives, config, out);
    const verb = options.accept === true ? 'accept' : 'acknowledge';
    const resolved = resolveArchives(catalog, archives, verb, clock.now());
    if (resolved.length === 0) {
      const what = verb === 'accept' ? 'held or unavailable' : 'in conflict, gone from the vault or suspect';
      throw new AppError('ARCHIVE_NOT_FOUND', `${archives.map(describeArchive).join(', ')} is not ${what}`, {
        hint: '`pullmirror status` shows what needs you.',
      });
    }
    tell(resolved, out);
    return EXIT.done;
  } finally {
    catalog.close();
  }
}

function named(catalog: Catalog, name: string, { vault }: ResolveOptions): ArchiveRow[] {
  return archivesNamed(catalog, name, vault ?? null);
}

/** Without a decision: what is the matter, and what can be decided. */
function explain(archives: readonly ArchiveRow[], config: Config, out: Output): ExitStatus {
  const items = attentionItems(archives, vaultExpiries(config.vaults));
  out.document({
    v: 1,
    resolved: [],
    open: items.map(({ cause, archive, why }) => ({ ...aboutJson(archive), cause, why })),
  });
  for (const { cause, archive, why } of items) {
    out.line(`${describeArchive(archive)}: ${cause}: ${why}`);
    out.line(`  next: ${nextStep(cause, archive.id)}`);
  }
  if (items.length === 0) out.line(`${archives.map(describeArchive).join(', ')}: nothing needs you.`);
  return items.length === 0 ? EXIT.done : EXIT.needsOwner;
}

function tell(resolved: readonly ResolvedArchive[], out: Output): void {
  out.document({
    v: 1,
    resolved: resolved.map(({ archive, resolution }) => ({ ...aboutJson(archive), resolution })),
    open: [],
  });
  for (const { archive, resolution } of resolved) out.line(`${describeArchive(archive)}: ${WORDS[resolution]}`);
}

function aboutJson({ id, vault, key }: ArchiveRow) {
  return { archiveId: id, vault, key };
}
