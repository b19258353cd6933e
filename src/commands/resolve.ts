import { type Command, Option } from 'commander';
import {
  ATTENTION_CAUSES,
  type AttentionCause,
  attentionItems,
  nextStep,
  RESOLVABLE_CAUSES,
  VERBS,
  type Verb,
  vaultExpiries,
} from '../core/attention.ts';
import type { Config } from '../core/config/config.ts';
import { describeState, isDropped, pinIt } from '../core/dropped.ts';
import { AppError, EXIT, type ExitStatus } from '../core/errors.ts';
import type { GiveUpReport } from '../jobs/give-up-archives.ts';
import { isLost } from '../jobs/give-up-archives.ts';
import { meantByAccept, type Resolution, type ResolvedArchive, resolveArchives } from '../jobs/resolve-archives.ts';
import { describeArchive } from '../jobs/select-archive.ts';
import { updateFreezes } from '../jobs/update-freezes.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { collectAttention } from '../store/catalog/collect-attention.ts';
import { type ArchiveOptions, archivesOption, chooseArchives } from './choose-archives.ts';
import { type CommandContext, examples, JSON_OPTION, type RunCommand } from './command-context.ts';
import { giveUpLost } from './give-up-lost.ts';
import { loadConfig } from './open-mirror.ts';
import type { Output } from './output.ts';
import { resolveQuarantine } from './resolve-quarantine.ts';
import { withOwnersCatalog } from './with-owners-catalog.ts';

interface ResolveOptions extends ArchiveOptions, Partial<Readonly<Record<Verb, boolean>>> {
  readonly all?: AttentionCause;
  readonly quarantine?: boolean;
  readonly json?: boolean;
}

const WORDS: Record<Resolution, string> = {
  accepted: 'back in the queue; the next sync downloads it',
  dropped: 'dropped; it is never downloaded',
  'conflict-acknowledged': 'conflict acknowledged; both versions are kept',
  'orphan-acknowledged': 'acknowledged as gone from the vault; the copy here is kept',
  'suspect-acknowledged': 'no longer suspect',
};

/** What each option is for, where it applies to nothing. */
const APPLIES_TO: Record<Verb, string> = {
  accept: 'held, unavailable or dropped',
  acknowledge: 'in conflict, gone from the vault or suspect',
  drop: 'held, unavailable, unwanted, or both damaged and gone from the vault',
};

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
  const { configFile, clock, out } = context;
  if (options.quarantine === true) return resolveQuarantine(names, options.drop === true, context);
  const verb = VERBS.find((one) => options[one] === true) ?? null;
  requireSense(names, options, verb);
  const config = loadConfig(configFile);
  const cause = options.all ?? null;
  const choose = (catalog: Catalog) => {
    if (cause !== null) return ofCause(catalog, config, cause);
    const chosen = chooseArchives(catalog, names, options);
    return verb === 'accept' ? meantByAccept(chosen, options.archive ?? []) : chosen;
  };
  const archives = await withOwnersCatalog(config, out, choose);
  if (verb === null || archives.length === 0) return explain(archives, cause, config, out);
  // First what may be refused: it needs the store for itself.
  const lost = verb === 'drop' ? archives.filter(isLost) : [];
  const given = lost.length === 0 ? NOTHING_GIVEN_UP : await giveUpLost(lost, config, context);
  const resolved = await withOwnersCatalog(config, out, (catalog) => {
    const done = resolveArchives(catalog, archives, { verb, cause }, clock.now());
    if (done.length === 0 && lost.length === 0) throw doesNotApply(archives, verb);
    // What the decision ends, ends now; what arrivals say is for the next pass, which knows the time.
    const now = { trusted: false, why: 'nobody was asked', doubt: 'silence' } as const;
    updateFreezes({ catalog, config, localNowMs: clock.now(), now, actor: 'resolve' });
    return done;
  });
  tell(resolved, given, out);
  return EXIT.done;
}

const NOTHING_GIVEN_UP: GiveUpReport = { givenUp: [], recovered: [] };

function doesNotApply(archives: readonly ArchiveRow[], verb: Verb): AppError {
  const names = archives.map(describeArchive).join(', ');
  const repairs = verb === 'drop' && archives.some(({ damagedAtMs }) => damagedAtMs !== null);
  const unwanted = archives.find(({ state }) => state === 'unwanted');
  if (verb === 'accept' && unwanted !== undefined) {
    const message = `${names} is not downloaded, as the keep rules would remove it at once`;
    return new AppError('ARCHIVE_NOT_FOUND', message, { hint: pinIt(unwanted.id) });
  }
  if (verb === 'accept' && archives.every(isDropped)) {
    const hint = 'A copy elsewhere, such as that of the server that made it, is all there is.';
    return new AppError('ARCHIVE_NOT_FOUND', `${names} was dropped, and the vault no longer has it`, { hint });
  }
  return new AppError('ARCHIVE_NOT_FOUND', `${names} is not ${APPLIES_TO[verb]}`, {
    hint: repairs
      ? 'The vault still has it: `pullmirror verify --repair`, or the next sync, pulls it again.'
      : '`pullmirror status` shows what needs you.',
  });
}

function requireSense(names: readonly string[], { archive, all }: ResolveOptions, verb: Verb | null): void {
  const isNamed = names.length > 0 || archive !== undefined;
  if (isNamed === (all !== undefined)) {
    throw new AppError('USAGE', 'resolve needs a NAME, --archive ID, --all CAUSE or --quarantine');
  }
  if (all === undefined || verb === null || RESOLVABLE_CAUSES[all].includes(verb)) return;
  throw new AppError('USAGE', `--${verb} does not end the cause ${all}`, {
    hint: `What does is: ${RESOLVABLE_CAUSES[all].map((one) => `pullmirror resolve --all ${all} --${one}`).join(', or ')}`,
  });
}

function ofCause(catalog: Catalog, config: Config, cause: AttentionCause): ArchiveRow[] {
  const items = collectAttention(catalog, vaultExpiries(config.vaults), Number.MAX_SAFE_INTEGER);
  return items.filter((item) => item.cause === cause).map(({ archive }) => archive);
}

/** Without a decision: what is the matter, and what can be decided. */
function explain(
  archives: readonly ArchiveRow[],
  only: AttentionCause | null,
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
    quarantine: [],
  });
  for (const { cause, archive, why } of items) {
    out.line(`${describeArchive(archive)}: ${cause}: ${why}`);
    out.line(`  next: ${nextStep(cause, [archive])}`);
  }
  if (items.length === 0 && (only !== null || archives.length === 0))
    out.line(`${only ?? 'nothing'}: nothing needs you.`);
  for (const archive of archives) {
    if (items.some((item) => item.archive.id === archive.id)) continue;
    const { words, next } = describeState(archive);
    out.line(`${describeArchive(archive)}: ${words}`);
    if (next !== null) out.line(`  next: ${next}`);
  }
  return items.length === 0 ? EXIT.done : EXIT.needsOwner;
}

function tell(resolved: readonly ResolvedArchive[], { givenUp, recovered }: GiveUpReport, out: Output): void {
  out.document({
    v: 1,
    resolved: [
      ...givenUp.map(({ archive }) => ({ ...aboutJson(archive), resolution: 'given-up' })),
      ...recovered.map((archive) => ({ ...aboutJson(archive), resolution: 'recovered' })),
      ...resolved.map(({ archive, resolution }) => ({ ...aboutJson(archive), resolution })),
    ],
    open: [],
    quarantine: [],
  });
  for (const { archive, quarantined } of givenUp) {
    const left =
      quarantined === null ? 'nothing was left of it' : `what was left of it is in quarantine: ${quarantined}`;
    out.line(`${describeArchive(archive)}: given up; ${left}`);
  }
  for (const archive of recovered) out.line(`${describeArchive(archive)}: its file is right again; it stays`);
  for (const { archive, resolution } of resolved) out.line(`${describeArchive(archive)}: ${WORDS[resolution]}`);
}

function aboutJson({ id, vault, key }: ArchiveRow) {
  return { archiveId: id, vault, key };
}
