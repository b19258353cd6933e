import type { ArchiveRow } from '../store/catalog/archive-row.ts';

/** Listed, and neither on the disk nor on its way out. */
export function lacksFile({ state }: Pick<ArchiveRow, 'state'>): boolean {
  return state === 'wanted' || state === 'unwanted' || state === 'held' || state === 'unavailable';
}
