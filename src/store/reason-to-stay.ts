import type { Catalog } from './catalog/catalog.ts';

/** Why an archive that was to be removed stays. */
export interface Refusal {
  /**
   * pinned, frozen: meanwhile. damaged: its file is not what was verified. refused: by the disk. changed: anything else that is otherwise than planned.
   * set: another part of its set has one of these.
   */
  readonly kind: 'pinned' | 'frozen' | 'damaged' | 'refused' | 'changed' | 'set';
  /** For a person. */
  readonly why: string;
}

export const NOT_STORED: Refusal = { kind: 'changed', why: 'it is not stored any more' };

/**
 * What the catalog says against removing an archive now, whatever was planned before; null: nothing.
 *
 * @param announcedUntilMs only what was announced at this time or before may go, milliseconds since 1970 UTC
 */
export function reasonToStay(catalog: Catalog, id: number, announcedUntilMs: number): Refusal | null {
  const row = catalog.archives.byId(id);
  if (row?.state !== 'stored') return NOT_STORED;
  if (row.series === null) return { kind: 'changed', why: 'it belongs to no series' };
  if (row.damagedAtMs !== null) return { kind: 'damaged', why: 'it is damaged' };
  if (row.suspect !== null) return { kind: 'changed', why: 'its content is doubted' };
  if (row.announcedAtMs === null) return { kind: 'changed', why: 'its removal is not announced' };
  if (row.announcedAtMs > announcedUntilMs)
    return { kind: 'changed', why: 'its removal has not been announced for long enough' };
  if (catalog.pins.of(id) !== null) return { kind: 'pinned', why: 'it is pinned' };
  const frozen = catalog.freezes
    .open()
    .some(({ vault, series, throughId }) => vault === row.vault && series === row.series && id <= throughId);
  if (frozen) return { kind: 'frozen', why: 'its series is frozen' };
  if (!catalog.retention.hasAsNew(row))
    return { kind: 'changed', why: 'it is the newest verified archive of its series' };
  return null;
}
