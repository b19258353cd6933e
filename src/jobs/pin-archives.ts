import { describeState, isDropped } from '../core/dropped.ts';
import { AppError } from '../core/errors.ts';
import type { EventName } from '../core/event-names.ts';
import { formatUtc } from '../core/zoned-time.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import type { Pin } from '../store/catalog/pin-table.ts';
import { describeArchive } from './select-archive.ts';

export interface PinnedArchive {
  readonly archive: ArchiveRow;
  readonly pin: Pin;
}

/**
 * The owner's "never delete", for all of these archives or none, in one commit, with an event each. What was about to be removed stays, and what
 * the keep rules did not want is wanted again. Pinned once more, an archive gets the new reason and end.
 *
 * @param expiresAtMs milliseconds since 1970 UTC; null: until it is unpinned
 * @throws AppError ARCHIVE_NOT_FOUND for one that is gone, or just going
 */
export function pinArchives(
  catalog: Catalog,
  ids: readonly number[],
  { reason, expiresAtMs }: Pick<Pin, 'reason' | 'expiresAtMs'>,
  nowMs: number,
): PinnedArchive[] {
  return catalog.transaction(() =>
    ids.map((id) => {
      // Read inside the transaction that pins: a prune may have gone on since the archive was chosen.
      const archive = catalog.archives.byId(id);
      if (archive === null || archive.state === 'pruned' || archive.state === 'removing') throw notThere(id, archive);
      const former = catalog.pins.of(id);
      catalog.retention.withdraw(id);
      catalog.retention.markWantedAgain(id);
      catalog.pins.pin({ archiveId: id, pinnedAtMs: nowMs, reason, expiresAtMs });
      const detail = {
        reason,
        until: untilText(expiresAtMs),
        ...(former !== null && { before: { reason: former.reason, until: untilText(former.expiresAtMs) } }),
        ...(archive.announcedAtMs !== null && { withdrawn: true }),
      };
      note(catalog, 'archive.pinned', archive, detail, nowMs);
      return { archive, pin: { archiveId: id, pinnedAtMs: former?.pinnedAtMs ?? nowMs, reason, expiresAtMs } };
    }),
  );
}

/** Takes the pins off, in one commit, with an event each; what is not pinned is left out of the answer. */
export function unpinArchives(catalog: Catalog, archives: readonly ArchiveRow[], nowMs: number): PinnedArchive[] {
  return catalog.transaction(() =>
    archives.flatMap((archive) => {
      const pin = catalog.pins.of(archive.id);
      if (pin === null || !catalog.pins.unpin(archive.id)) return [];
      note(catalog, 'archive.unpinned', archive, { reason: pin.reason, because: 'the owner took the pin off' }, nowMs);
      return [{ archive, pin }];
    }),
  );
}

function notThere(id: number, archive: ArchiveRow | null): AppError {
  if (archive === null) return new AppError('ARCHIVE_NOT_FOUND', `there is no archive number ${id}`);
  const why = archive.reason === null ? '' : `: ${archive.reason}`;
  if (isDropped(archive)) {
    const { words, next } = describeState(archive);
    return new AppError('ARCHIVE_NOT_FOUND', `${describeArchive(archive)} was ${words}; it is not pinned`, {
      hint: next ?? 'Nothing was pinned. Pin what is still there: `pullmirror list` shows it.',
    });
  }
  const what = archive.state === 'removing' ? 'is being removed' : 'was removed';
  return new AppError('ARCHIVE_NOT_FOUND', `${describeArchive(archive)} ${what}, so it cannot be pinned${why}`, {
    hint: 'Nothing was pinned. Pin what is still there: `pullmirror list` shows it.',
  });
}

function untilText(atMs: number | null): string | null {
  return atMs === null ? null : formatUtc(atMs);
}

function note({ history }: Catalog, event: EventName, row: ArchiveRow, detail: object, nowMs: number): void {
  history.append(
    { actor: 'owner', event, vault: row.vault, key: row.key, archiveId: row.id, detail: { ...detail } },
    nowMs,
  );
}
