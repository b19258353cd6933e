import type { ResolvableCause } from '../core/attention.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';

/** What the owner's word did to one archive. */
export type Resolution = 'accepted' | 'conflict-acknowledged' | 'orphan-acknowledged' | 'suspect-acknowledged';

export interface ResolvedArchive {
  readonly archive: ArchiveRow;
  readonly resolution: Resolution;
}

const RESOLUTION_OF: Record<ResolvableCause, Resolution> = {
  conflict: 'conflict-acknowledged',
  suspect: 'suspect-acknowledged',
  orphan: 'orphan-acknowledged',
  unavailable: 'accepted',
  held: 'accepted',
};

/**
 * Carries out the owner's decision on these archives, in one commit, with an event each. 'accept' puts held and unavailable ones back into
 * the queue; 'acknowledge' ends the alarm about conflicts, orphans and suspects, which all stay where they are. What does not apply is left
 * alone: the answer says what was done.
 *
 * @param cause only what ends this one; null: whatever `verb` applies to
 */
export function resolveArchives(
  catalog: Catalog,
  archives: readonly ArchiveRow[],
  { verb, cause }: { readonly verb: 'accept' | 'acknowledge'; readonly cause: ResolvableCause | null },
  nowMs: number,
): ResolvedArchive[] {
  return catalog.transaction(() =>
    archives.flatMap((archive) =>
      resolutionsFor(archive, verb)
        .filter((resolution) => cause === null || resolution === RESOLUTION_OF[cause])
        .map((resolution) => {
          carryOut(catalog, archive, resolution, nowMs);
          return { archive, resolution };
        }),
    ),
  );
}

function resolutionsFor(archive: ArchiveRow, verb: 'accept' | 'acknowledge'): Resolution[] {
  if (verb === 'accept') return archive.state === 'held' || archive.state === 'unavailable' ? ['accepted'] : [];
  const found: Resolution[] = [];
  if (archive.conflictAtMs !== null && archive.conflictAcknowledgedAtMs === null) found.push('conflict-acknowledged');
  if (archive.goneAtMs !== null && archive.goneAcknowledgedAtMs === null) found.push('orphan-acknowledged');
  if (archive.suspect !== null) found.push('suspect-acknowledged');
  return found;
}

function carryOut({ archives, history }: Catalog, archive: ArchiveRow, resolution: Resolution, nowMs: number): void {
  const { id, vault, key, reason, suspect } = archive;
  switch (resolution) {
    case 'accepted':
      archives.markWanted(id, nowMs);
      break;
    case 'conflict-acknowledged':
      archives.acknowledgeConflict(id, nowMs);
      break;
    case 'orphan-acknowledged':
      archives.acknowledgeGone(id, nowMs);
      break;
    case 'suspect-acknowledged':
      archives.acknowledgeSuspect(id);
      break;
  }
  const detail = { ...(reason === null ? {} : { reason }), ...(suspect === null ? {} : { suspect }) };
  history.append({ actor: 'owner', event: `archive.${resolution}`, vault, key, archiveId: id, detail }, nowMs);
}
