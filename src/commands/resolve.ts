import { type Command, Option } from 'commander';
import {
  ATTENTION_CAUSES,
  type AttentionCause,
  attentionItems,
  RESOLVABLE_CAUSES,
  VERBS,
  type Verb,
  vaultExpiries,
} from '../core/attention.ts';
import type { Config } from '../core/config/config.ts';
import { describeState } from '../core/dropped.ts';
import { AppError, EXIT, type ExitStatus } from '../core/errors.ts';
import { FirstOfMany } from '../core/first-of-many.ts';
import { isLost } from '../jobs/give-up-archives.ts';
import { meantByAccept, type ResolvedArchive, resolveArchives } from '../jobs/resolve-archives.ts';
import { describeArchive } from '../jobs/select-archive.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import { type ArchiveOptions, archivesOption, chooseArchives } from './choose-archives.ts';
import { type CommandContext, examples, JSON_OPTION, type RunCommand } from './command-context.ts';
import { giveUpLost, nothingGivenUp } from './give-up-lost.ts';
import { loadConfig } from './open-mirror.ts';
import type { Output } from './output.ts';
import { requireVaultOfArchives } from './require-known-names.ts';
import { doesNotApply, endFreezes, resolveAll } from './resolve-all.ts';
import { resolveQuarantine } from './resolve-quarantine.ts';
import { type OpenItem, tellOpen, tellResolved } from './tell-resolve.ts';
import { withOwnersCatalog } from './with-owners-catalog.ts';

interface ResolveOptions extends ArchiveOptions, Partial<Readonly<Record<Verb, boolean>>> {
  readonly all?: AttentionCause;
  readonly quarantine?: boolean;
  readonly json?: boolean;
}

export function addResolveCommand(program: Command, run: RunCommand): void {
  program
    .command('resolve [NAME...]')
    .description('decide about what `status` asks you: let it be downloaded, take note of it, or do without it')
    .addOption(
      new Option('--accept', 'download what is held, unavailable or was dropped').conflicts(['acknowledge', 'drop']),
    )
    .addOption(
      new Option('--acknowledge', 'take note of a conflict, an orphan or a suspect; all copies are kept').conflicts(
        'drop',
      ),
    )
    .option('--drop', 'never download what is held or unavailable; give up what is damaged and gone from the vault')
    .option('--vault <V>', 'each NAME is in this vault')
    .addOption(archivesOption())
    .addOption(
      new Option('--all <CAUSE>', 'all archives that need you for this cause')
        .choices(ATTENTION_CAUSES)
        .conflicts(['archive', 'vault']),
    )
    .addOption(
      new Option('--quarantine', 'about what failed verification; each NAME is one of its names').conflicts([
        ...['archive', 'vault', 'all', 'accept', 'acknowledge'],
      ]),
    )
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        ['pullmirror resolve web1/2026-11-20.tar.gz.gpg', 'what is the matter with it?'],
        ['pullmirror resolve --archive 17 --accept', 'let it be downloaded'],
        ['pullmirror resolve --archive 17 --acknowledge', 'stop the alarm about it'],
        ['pullmirror resolve --all orphan --acknowledge', 'about all that left the vault'],
        ['pullmirror resolve --all held --drop', 'download none of what is held'],
        ['pullmirror resolve --quarantine', 'what failed verification, and why'],
      ),
    )
    .action((names: string[], options: ResolveOptions) => run(options, (context) => resolve(names, options, context)));
}

async function resolve(names: readonly string[], options: ResolveOptions, context: CommandContext) {
  const { configFile, out } = context;
  if (options.quarantine === true) return resolveQuarantine(names, options.drop === true, context);
  const verb = VERBS.find((one) => options[one] === true) ?? null;
  requireSense(names, options, verb);
  const config = loadConfig(configFile);
  if (options.all !== undefined) return resolveAll(options.all, verb, config, context);
  const archives = await withOwnersCatalog(config, out, (catalog) => {
    requireVaultOfArchives(config, catalog, options.vault);
    const chosen = chooseArchives(catalog, names, options);
    return verb === 'accept' ? meantByAccept(chosen, options.archive ?? []) : chosen;
  });
  if (verb === null) return explain(archives, config, out);
  return resolveChosen(archives, options.archive ?? [], verb, config, context);
}

/** @param numbers what was chosen by its number: it is meant, and all is left as it was where the decision is none about it */
async function resolveChosen(
  archives: readonly ArchiveRow[],
  numbers: readonly number[],
  verb: Verb,
  config: Config,
  context: CommandContext,
) {
  const { clock, out } = context;
  // First what may be refused: it needs the store for itself.
  const lost = verb === 'drop' ? archives.filter(isLost) : [];
  const given = lost.length === 0 ? nothingGivenUp() : await giveUpLost(() => lost, config, context);
  const resolved = new FirstOfMany<ResolvedArchive>();
  await withOwnersCatalog(config, out, (catalog) => {
    catalog.transaction(() => {
      const decided = new Set(lost.map(({ id }) => id));
      for (const one of resolveArchives(catalog, archives, { verb, cause: null }, clock.now())) {
        resolved.add(one);
        decided.add(one.archive.id);
      }
      if (decided.size === 0) throw doesNotApply(archives, verb);
      const left = archives.filter(({ id }) => numbers.includes(id) && !decided.has(id));
      if (left.length > 0) throw doesNotApply(left, verb);
    });
    endFreezes(catalog, config, clock);
  });
  tellResolved(resolved, given, out);
  return EXIT.done;
}

function requireSense(names: readonly string[], { archive, all }: ResolveOptions, verb: Verb | null): void {
  const isNamed = names.length > 0 || archive !== undefined;
  if (isNamed && all !== undefined) {
    throw new AppError('USAGE', '--all chooses the archives itself; leave out the names');
  }
  if (!isNamed && all === undefined) {
    throw new AppError('USAGE', 'resolve needs a NAME, --archive ID, --all CAUSE or --quarantine');
  }
  if (all === undefined || verb === null || RESOLVABLE_CAUSES[all].includes(verb)) return;
  throw new AppError('USAGE', `--${verb} does not end the cause ${all}`, {
    hint: `What does is: ${RESOLVABLE_CAUSES[all].map((one) => `pullmirror resolve --all ${all} --${one}`).join(', or ')}`,
  });
}

/** Without a decision: what is the matter, and what can be decided. */
function explain(archives: readonly ArchiveRow[], config: Config, out: Output): ExitStatus {
  const open = new FirstOfMany<OpenItem>();
  for (const item of attentionItems(archives, vaultExpiries(config.vaults))) open.add(item);
  tellOpen(open, out);
  if (open.count === 0 && archives.length === 0) out.line('nothing: nothing needs you.');
  for (const archive of archives) {
    if (open.first.some((item) => item.archive.id === archive.id)) continue;
    const { words, next } = describeState(archive);
    out.line(`${describeArchive(archive)}: ${words}`);
    if (next !== null) out.line(`  next: ${next}`);
  }
  return open.count === 0 ? EXIT.done : EXIT.needsOwner;
}
