import type { AttentionCause, Verb } from '../core/attention.ts';
import { canBeTakenBack, DROPPED, isDropped } from '../core/dropped.ts';
import { AppError } from '../core/errors.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { describeArchive } from './select-archive.ts';

/** What the owner's word did to one archive. */
export type Resolution =
  | 'accepted'
  | 'dropped'
  | 'conflict-acknowledged'
  | 'orphan-acknowledged'
  | 'suspect-acknowledged';

export interface ResolvedArchive {
  readonly archive: ArchiveRow;
  readonly resolution: Resolution;
}

/** What each cause can be ended by; for what is damaged and lost see `giveUpArchives`. */
const RESOLUTIONS_OF: Record<AttentionCause, readonly Resolution[]> = {
  damaged: [],
  conflict: ['conflict-acknowledged'],
  suspect: ['suspect-acknowledged'],
  orphan: ['orphan-acknowledged'],
  unavailable: ['accepted', 'dropped'],
  held: ['accepted', 'dropped'],
};

/**
 * Carries out the owner's decision on these archives, in one commit, with an event each. 'accept' puts held and unavailable ones back into
 * the queue, and what the owner dropped before; 'drop' makes them, and what the keep rules do not want, tombstones that are never pulled; 'acknowledge' ends the alarm about
 * conflicts, orphans and suspects, which all stay where they are. What does not apply is left alone: the answer says what was done.
 *
 * @param cause only what ends this one; null: whatever `verb` applies to
 * @throws AppError ARCHIVE_PINNED when a pinned one was to be dropped; nothing is done then
 */
export function resolveArchives(
  catalog: Catalog,
  archives: readonly ArchiveRow[],
  { verb, cause }: { readonly verb: Verb; readonly cause: AttentionCause | null },
  nowMs: number,
): ResolvedArchive[] {
  return catalog.transaction(() =>
    archives.flatMap((archive) =>
      resolutionsFor(archive, verb)
        .filter((resolution) => cause === null || RESOLUTIONS_OF[cause].includes(resolution))
        .filter((resolution) => carryOut(catalog, archive, resolution, nowMs))
        .map((resolution) => ({ archive, resolution })),
    ),
  );
}

/**
 * What `accept` means of the versions that were chosen. A name that `status` asks about stands for what waits there, not for what was
 * dropped beside it, which would come without the holds that it never passed.
 *
 * @param numbers what was chosen by its number, and is meant whatever lies beside it
 */
export function meantByAccept(chosen: readonly ArchiveRow[], numbers: readonly number[]): ArchiveRow[] {
  const waiting = new Set(chosen.filter(({ state }) => WAITING.has(state)).map(nameOf));
  return chosen.filter((row) => !isDropped(row) || numbers.includes(row.id) || !waiting.has(nameOf(row)));
}

const WAITING: ReadonlySet<ArchiveRow['state']> = new Set(['held', 'unavailable']);

function nameOf({ vault, key }: ArchiveRow): string {
  return `${vault}/${key}`;
}

/** Throws ARCHIVE_PINNED. */
export function requireUnpinned(catalog: Catalog, archive: ArchiveRow): void {
  const pin = catalog.pins.of(archive.id);
  if (pin === null) return;
  throw new AppError('ARCHIVE_PINNED', `${describeArchive(archive)} is pinned (${pin.reason}); nothing was dropped`);
}

function resolutionsFor(archive: ArchiveRow, verb: Verb): Resolution[] {
  const { state, goneAtMs } = archive;
  if (verb === 'accept') {
    return (WAITING.has(state) && goneAtMs === null) || canBeTakenBack(archive) ? ['accepted'] : [];
  }
  if (verb === 'drop') return DROPPABLE.has(state) ? ['dropped'] : [];
  const found: Resolution[] = [];
  if (archive.conflictAtMs !== null && archive.conflictAcknowledgedAtMs === null) found.push('conflict-acknowledged');
  if (archive.goneAtMs !== null && archive.goneAcknowledgedAtMs === null) found.push('orphan-acknowledged');
  if (archive.suspect !== null) found.push('suspect-acknowledged');
  return found;
}

/** Not what waits in the queue: a pass may be downloading it. */
const DROPPABLE: ReadonlySet<ArchiveRow['state']> = new Set(['held', 'unavailable', 'unwanted']);

/** False: a pass has made something else of it meanwhile. */
function carryOut(catalog: Catalog, archive: ArchiveRow, resolution: Resolution, nowMs: number): boolean {
  const { archives, attention, history } = catalog;
  const { id, vault, key, reason, suspect } = archive;
  switch (resolution) {
    case 'accepted':
      if (canBeTakenBack(archive)) {
        if (!catalog.retention.takeBack(id, DROPPED, nowMs)) return false;
      } else if (!archives.markWanted(id, nowMs)) return false;
      break;
    case 'dropped':
      requireUnpinned(catalog, archive);
      if (!DROPPABLE.has(archives.byId(id)?.state ?? 'wanted')) return false;
      catalog.retention.drop(id, reason === null ? DROPPED : `${DROPPED}: ${reason}`);
      break;
    case 'conflict-acknowledged':
      attention.acknowledgeConflict(id, nowMs);
      break;
    case 'orphan-acknowledged':
      attention.acknowledgeGone(id, nowMs);
      break;
    case 'suspect-acknowledged':
      attention.acknowledgeSuspect(id);
      break;
  }
  const detail = { ...(reason === null ? {} : { reason }), ...(suspect === null ? {} : { suspect }) };
  history.append({ actor: 'owner', event: `archive.${resolution}`, vault, key, archiveId: id, detail }, nowMs);
  return true;
}
