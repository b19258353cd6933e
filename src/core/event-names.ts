/** Every event that the history can hold; the type of what is appended, so that none is missing here. */
export const EVENT_NAMES = [
  'archive.accepted',
  'archive.adopted',
  'archive.announced',
  'archive.announcement-withdrawn',
  'archive.back',
  'archive.conflict',
  'archive.conflict-acknowledged',
  'archive.damaged',
  'archive.dropped',
  'archive.given-up',
  'archive.gone',
  'archive.gone-before-download',
  'archive.held',
  'archive.orphan-acknowledged',
  'archive.pin-expired',
  'archive.pinned',
  'archive.pruned',
  'archive.quarantined',
  'archive.recovered',
  'archive.remark',
  'archive.removal-refused',
  'archive.removal-undone',
  'archive.removing',
  'archive.repair-failed',
  'archive.repaired',
  'archive.stored',
  'archive.suspect',
  'archive.suspect-acknowledged',
  'archive.unavailable',
  'archive.unpinned',
  'catalog.rebuilt',
  'catalog.row-corrected',
  'clock.reset',
  'pass.stopped',
  'quarantine.dropped',
  'scrub.finished',
  'series.freeze-extended',
  'series.frozen',
  'series.released',
  'series.unwanted',
  'store.adopted',
  'store.foreign-file',
  'store.strange-files',
  'store.swapped',
  'store.text-renewed',
  'store.unknown-files',
  'vault.problem',
  'vault.recovered',
  'verify.finished',
] as const;
export type EventName = (typeof EVENT_NAMES)[number];

/** Whoever does what the history tells of. */
export const ACTORS = [
  'adopt',
  'owner',
  'prune',
  'rebuild',
  'repair',
  'resolve',
  'scrub',
  'self-check',
  'sync',
  'verify',
] as const;
export type Actor = (typeof ACTORS)[number];

/** Is it an event, or a family of them ('archive' for 'archive.…')? */
export function isEventOrFamily(name: string): boolean {
  return EVENT_NAMES.some((event) => event === name || event.startsWith(`${name}.`));
}

/** What may be asked for, families first. */
export function eventsAndFamilies(): string[] {
  return [...new Set(EVENT_NAMES.map((event) => event.slice(0, event.indexOf('.')))), ...EVENT_NAMES];
}
