import { type Command, Option } from 'commander';
import { attentionItems, nextStep, RESOLVABLE_CAUSES, type ResolvableCause, vaultExpiries } from '../core/attention.ts';
import type { Config } from '../core/config/config.ts';
import { AppError, EXIT, type ExitStatus } from '../core/errors.ts';
import { problemOf } from '../jobs/problem-of.ts';
import { type Resolution, type ResolvedArchive, resolveArchives } from '../jobs/resolve-archives.ts';
import { archivesNamed, byId, describeArchive } from '../jobs/select-archive.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { collectAttention } from '../store/catalog/collect-attention.ts';
import { copyCatalog } from '../store/catalog-copy.ts';
import { openCatalogForOwner } from '../store/open-catalog-for-owner.ts';
import { prepareStateDirectory } from '../store/state-file.ts';
import { type CommandContext, examples, JSON_OPTION, type RunCommand } from './command-context.ts';
import { loadConfig, readState } from './open-mirror.ts';
import type { Output } from './output.ts';
import { parseCount } from './parse-count.ts';

interface ResolveOptions {
  readonly accept?: boolean;
  readonly acknowledge?: boolean;
  readonly vault?: string;
  readonly archive?: readonly number[];
  readonly all?: ResolvableCause;
  readonly json?: boolean;
}

type Verb = 'accept' | 'acknowledge';

const WORDS: Record<Resolution, string> = {
  accepted: 'back in the queue; the next sync downloads it',
  'conflict-acknowledged': 'conflict acknowledged; both versions are kept',
  'orphan-acknowledged': 'acknowledged as gone from the vault; the copy here is kept',
  'suspect-acknowledged': 'no longer suspect',
};

export function addResolveCommand(program: Command, run: RunCommand): void {
  program
    .command('resolve [NAME...]')
    .description('decide about what `status` asks you: let it be downloaded, or take note of it')
    .addOption(new Option('--accept', 'download what is held or unavailable').conflicts('acknowledge'))
    .option('--acknowledge', 'take note of a conflict, an orphan or a suspect; all copies are kept')
    .option('--vault <V>', 'each NAME is in this vault')
    .addOption(
      new Option('--archive <ID>', 'the archive of this number in `list`; may be given several times').argParser(
        oneMore,
      ),
    )
    .addOption(
      new Option('--all <CAUSE>', 'all archives that need you for this cause')
        .choices(Object.keys(RESOLVABLE_CAUSES))
        .conflicts(['archive', 'vault']),
    )
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        ['pullmirror resolve web1/2026-11-20.tar.gz.gpg', 'what is the matter with it?'],
        ['pullmirror resolve --archive 17 --accept', 'let it be downloaded'],
        ['pullmirror resolve --archive 17 --acknowledge', 'stop the alarm about it'],
        ['pullmirror resolve --all orphan --acknowledge', 'about all that left the vault'],
      ),
    )
    .action((names: string[], options: ResolveOptions) => run(options, (context) => resolve(names, options, context)));
}

/** Commander calls it for each --archive, with what the former calls answered. */
function oneMore(text: string, former: readonly number[] = []): number[] {
  return [...former, parseCount('--archive')(text)];
}

async function resolve(names: readonly string[], options: ResolveOptions, { configFile, clock, out }: CommandContext) {
  const verb = options.accept === true ? 'accept' : options.acknowledge === true ? 'acknowledge' : null;
  requireSense(names, options, verb);
  const config = loadConfig(configFile);
  const expectedStoreId = readState(config).state.storeId;
  const { catalog, storeId } = openCatalogForOwner({ path: config.store.path, expectedStoreId });
  try {
    const cause = options.all ?? null;
    const archives = cause === null ? chosen(catalog, names, options) : ofCause(catalog, config, cause);
    if (verb === null || archives.length === 0) return explain(archives, cause, config, out);
    const resolved = resolveArchives(catalog, archives, { verb, cause }, clock.now());
    if (resolved.length === 0) {
      const what = verb === 'accept' ? 'held or unavailable' : 'in conflict, gone from the vault or suspect';
      throw new AppError('ARCHIVE_NOT_FOUND', `${archives.map(describeArchive).join(', ')} is not ${what}`, {
        hint: '`pullmirror status` shows what needs you.',
      });
    }
    tell(resolved, out);
    const uncopied = await problemOf(() => renewCopy(catalog, config, storeId));
    if (uncopied !== null) {
      out.note(
        `pullmirror: decided, and written to the store, but not to the copy of its catalog: ${uncopied.message}`,
      );
      out.note(`  next: ${uncopied.hint}`);
    }
    return EXIT.done;
  } finally {
    catalog.close();
  }
}

/** Decisions cannot be rebuilt from the files, so they belong into the copy, too, although no pass changes anything for long. */
async function renewCopy(catalog: Catalog, { stateDir }: Config, storeId: string): Promise<void> {
  prepareStateDirectory(stateDir);
  copyCatalog({ catalog, stateDir, storeId });
}

function requireSense(names: readonly string[], { archive, all }: ResolveOptions, verb: Verb | null): void {
  const isNamed = names.length > 0 || archive !== undefined;
  if (isNamed === (all !== undefined)) throw new AppError('USAGE', 'resolve needs a NAME, --archive ID or --all CAUSE');
  if (all === undefined || verb === null || verb === RESOLVABLE_CAUSES[all]) return;
  throw new AppError('USAGE', `--${verb} does not end the cause ${all}`, {
    hint: `What does is: pullmirror resolve --all ${all} --${RESOLVABLE_CAUSES[all]}`,
  });
}

/** Each archive once, in the order of the command line. */
function chosen(catalog: Catalog, names: readonly string[], { vault, archive = [] }: ResolveOptions): ArchiveRow[] {
  const rows = [
    ...names.flatMap((name) => archivesNamed(catalog, name, vault ?? null)),
    ...archive.map((id) => byId(catalog, id)),
  ];
  return [...new Map(rows.map((row) => [row.id, row])).values()];
}

function ofCause(catalog: Catalog, config: Config, cause: ResolvableCause): ArchiveRow[] {
  const items = collectAttention(catalog, vaultExpiries(config.vaults), Number.MAX_SAFE_INTEGER);
  return items.filter((item) => item.cause === cause).map(({ archive }) => archive);
}

/** Without a decision: what is the matter, and what can be decided. */
function explain(
  archives: readonly ArchiveRow[],
  only: ResolvableCause | null,
  config: Config,
  out: Output,
): ExitStatus {
  const items = attentionItems(archives, vaultExpiries(config.vaults)).filter(
    ({ cause }) => only === null || cause === only,
  );
  out.document({
    v: 1,
    resolved: [],
    open: items.map(({ cause, archive, why }) => ({ ...aboutJson(archive), cause, why })),
  });
  for (const { cause, archive, why } of items) {
    out.line(`${describeArchive(archive)}: ${cause}: ${why}`);
    out.line(`  next: ${nextStep(cause, archive.id)}`);
  }
  const about = archives.length === 0 ? (only ?? 'nothing') : archives.map(describeArchive).join(', ');
  if (items.length === 0) out.line(`${about}: nothing needs you.`);
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
