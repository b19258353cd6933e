import { releaseCommand } from '../core/keep/evaluate-freezes.ts';
import { type DoubtCause, FREEZE_OF_DOUBT } from '../core/keep/freeze.ts';
import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { type Deed, extendFreeze, holdSeries } from './hold-series.ts';
import { describeArchive } from './select-archive.ts';

/** A suspect is on the disk, and stays so until the owner has spoken. */
type Lapsing = Exclude<DoubtCause, 'suspect'>;

const WHAT: Readonly<Record<Lapsing, string>> = {
  conflict: 'the key was known with other content, and this left the vault again before you had decided',
  orphan: 'it left the vault, and no expiry explains that; it came back before you had decided',
};

/**
 * An archive that needed the owner does not need him any more, by what somebody did in the vault: that must not end the freeze of its series, nor keep
 * one from beginning. From now on only his release ends it. To be called in a transaction; what he has released already stays so.
 */
export function lapseDoubt(catalog: Catalog, row: ArchiveRow, doubt: Lapsing, deed: Deed): void {
  const { id, vault, series } = row;
  if (series === null) return;
  const cause = FREEZE_OF_DOUBT[doubt];
  const isOurs = (one: { vault: string; series: string; cause: string }) =>
    one.vault === vault && one.series === series && one.cause === cause;
  const open = catalog.freezes.open().find(isOurs);
  const isNoted = catalog.doubts.isNoted(id, doubt);
  if (open?.awaitsRelease === true || (open === undefined && isNoted)) return;
  const reason = `${describeArchive(row)}: ${WHAT[doubt]}; this ends with ${releaseCommand(series, cause)}`;
  if (open === undefined) {
    holdSeries(catalog, { vault, series, cause, reason, awaitsRelease: true }, deed);
    return;
  }
  extendFreeze(catalog, open, { reason, ...(isNoted ? { throughId: open.throughId } : {}) }, deed);
  catalog.freezes.awaitRelease(open.id);
}
