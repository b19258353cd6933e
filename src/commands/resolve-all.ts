import {
  type AttentionCause,
  attentionItems,
  nextStep,
  type VaultExpiries,
  type Verb,
  vaultExpiries,
} from '../core/attention.ts';
import type { Clock } from '../core/clock.ts';
import type { Config } from '../core/config/config.ts';
import { isDropped, pinIt } from '../core/dropped.ts';
import { AppError, EXIT, type ExitStatus } from '../core/errors.ts';
import { FirstOfMany } from '../core/first-of-many.ts';
import { isLost } from '../jobs/give-up-archives.ts';
import { type ResolvedArchive, requireUnpinned, resolveArchives } from '../jobs/resolve-archives.ts';
import { describeArchive } from '../jobs/select-archive.ts';
import { updateFreezes } from '../jobs/update-freezes.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import { archivesNeeding } from '../store/catalog/archives-needing.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import type { CommandContext } from './command-context.ts';
import { giveUpLost, nothingGivenUp } from './give-up-lost.ts';
import { type OpenItem, tellOpen, tellResolved } from './tell-resolve.ts';
import { withOwnersCatalog } from './with-owners-catalog.ts';

/** What each option is for, where it applies to nothing. */
const APPLIES_TO: Record<Verb, string> = {
  accept: 'held, unavailable or dropped',
  acknowledge: 'in conflict, gone from the vault or suspect',
  drop: 'held, unavailable, unwanted, or both damaged and gone from the vault',
};

/** So many are named where nothing was done. */
const NAMED = 10;

/**
 * `resolve --all CAUSE`: all archives that need the owner for one cause, however many. They are worked on in pages, with a commit each: one that is
 * interrupted goes on when it is called again.
 *
 * @param verb null: what is the matter with them, and what can be decided
 */
export async function resolveAll(
  cause: AttentionCause,
  verb: Verb | null,
  config: Config,
  context: CommandContext,
): Promise<ExitStatus> {
  const { clock, out } = context;
  const expiries = vaultExpiries(config.vaults);
  const open = await withOwnersCatalog(config, out, (catalog) => {
    if (verb === 'drop') requireAllUnpinned(catalog, cause, expiries);
    return itemsOf(catalog, cause, expiries);
  });
  if (verb === null || open.count === 0) {
    tellOpen(open, out);
    if (open.count === 0) out.line(`${cause}: nothing needs you.`);
    return open.count === 0 ? EXIT.done : EXIT.needsOwner;
  }
  // First what may be refused: it needs the store for itself.
  const given = cause === 'damaged' ? await giveUpAllLost(expiries, config, context) : nothingGivenUp();
  const resolved = new FirstOfMany<ResolvedArchive>();
  await withOwnersCatalog(config, out, (catalog) => {
    for (const page of archivesNeeding(catalog, cause, expiries)) {
      for (const one of resolveArchives(catalog, page, { verb, cause }, clock.now())) resolved.add(one);
    }
    if (resolved.count + given.givenUp.count + given.recovered.count === 0) {
      throw doesNotApply(
        open.first.map(({ archive }) => archive),
        verb,
      );
    }
    endFreezes(catalog, config, clock);
  });
  tellResolved(resolved, given, out);
  return EXIT.done;
}

/** What the decision ends, ends now; what arrivals say is for the next pass, which knows the time. */
export function endFreezes(catalog: Catalog, config: Config, clock: Clock): void {
  const now = { trusted: false, why: 'nobody was asked', doubt: 'silence' } as const;
  updateFreezes({ catalog, config, localNowMs: clock.now(), now, actor: 'resolve' });
}

function itemsOf(catalog: Catalog, cause: AttentionCause, expiries: VaultExpiries): FirstOfMany<OpenItem> {
  const items = new FirstOfMany<OpenItem>();
  for (const page of archivesNeeding(catalog, cause, expiries)) {
    for (const item of attentionItems(page, expiries)) if (item.cause === cause) items.add(item);
  }
  return items;
}

/** A pinned one among them ends the command before anything was dropped. */
function requireAllUnpinned(catalog: Catalog, cause: AttentionCause, expiries: VaultExpiries): void {
  for (const page of archivesNeeding(catalog, cause, expiries)) {
    for (const row of page) if (cause !== 'damaged' || isLost(row)) requireUnpinned(catalog, row);
  }
}

async function giveUpAllLost(expiries: VaultExpiries, config: Config, context: CommandContext) {
  function* lostOnes(catalog: Catalog): Generator<ArchiveRow> {
    for (const page of archivesNeeding(catalog, 'damaged', expiries, 'gone')) yield* page.filter(isLost);
  }
  const isAny = await withOwnersCatalog(config, context.out, (catalog) => lostOnes(catalog).next().done === false);
  return isAny ? giveUpLost(lostOnes, config, context) : nothingGivenUp();
}

/** Nothing was done: why not. */
export function doesNotApply(archives: readonly ArchiveRow[], verb: Verb): AppError {
  const more = archives.length > NAMED ? `, … (${archives.length} in all)` : '';
  const names = archives.slice(0, NAMED).map(describeArchive).join(', ') + more;
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
  const lost = archives.filter(({ state, goneAtMs }) => state === 'unavailable' && goneAtMs !== null);
  if (verb === 'accept' && lost.length > 0) {
    const message = `${names} cannot be downloaded any more: the vault no longer has it`;
    return new AppError('ARCHIVE_NOT_FOUND', message, { hint: nextStep('unavailable', lost) });
  }
  return new AppError('ARCHIVE_NOT_FOUND', `${names} is not ${APPLIES_TO[verb]}`, {
    hint: repairs
      ? 'The vault still has it: `pullmirror verify --repair`, or the next sync, pulls it again.'
      : '`pullmirror status` shows what needs you.',
  });
}
