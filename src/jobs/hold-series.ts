import type { Actor } from '../core/event-names.ts';
import type { Freeze } from '../core/keep/freeze.ts';
import type { Catalog } from '../store/catalog/catalog.ts';

/** Who does it, for the history, and when: this machine's clock, milliseconds since 1970 UTC. */
export interface Deed {
  readonly actor: Actor;
  readonly nowMs: number;
}

export interface Hold extends Pick<Freeze, 'vault' | 'series' | 'cause' | 'reason'> {
  /** See `Freeze`; false unless said. */
  readonly awaitsRelease?: boolean;
  /** Hold up to this number; without it all that the catalog knows now. */
  readonly throughId?: number;
  /** The series whose freeze this continues. */
  readonly movedFrom?: string;
}

/**
 * Freezes a series, in the caller's transaction, with its event. What of it is announced is announced no longer: a release is no reason to remove at
 * once what nobody was told of lately. False: it is frozen for this cause already, and nothing was changed.
 */
export function holdSeries(catalog: Catalog, hold: Hold, deed: Deed): boolean {
  const { vault, series, cause, reason, movedFrom } = hold;
  const throughId = hold.throughId ?? catalog.freezes.newestId();
  if (!catalog.freezes.begin(hold, deed.nowMs, throughId)) return false;
  const moved = movedFrom === undefined ? {} : { movedFrom };
  const detail = { series, cause, reason, throughId, ...moved };
  catalog.history.append({ actor: deed.actor, event: 'series.frozen', vault, detail }, deed.nowMs);
  withdrawHeld(catalog, { vault, series, throughId }, deed);
  return true;
}

/** Makes a freeze that holds already hold up to that number too (all that the catalog knows now, unless said), for this reason. Never less than before. */
export function extendFreeze(
  catalog: Catalog,
  { id, vault, series, cause, throughId: heldThroughId }: Freeze,
  { reason, throughId: wanted = catalog.freezes.newestId() }: { readonly reason: string; readonly throughId?: number },
  deed: Deed,
): void {
  const throughId = Math.max(heldThroughId, wanted);
  catalog.freezes.extend(id, { throughId, reason }, deed.nowMs);
  const detail = { series, cause, reason, throughId };
  catalog.history.append({ actor: deed.actor, event: 'series.freeze-extended', vault, detail }, deed.nowMs);
  withdrawHeld(catalog, { vault, series, throughId }, deed);
}

function withdrawHeld(
  catalog: Catalog,
  { vault, series, throughId }: Pick<Freeze, 'vault' | 'series' | 'throughId'>,
  { actor, nowMs }: Deed,
): void {
  for (const { id, key } of catalog.retention.announcedOf(vault, series)) {
    if (id > throughId) continue;
    catalog.retention.withdraw(id);
    const about = { actor, event: 'archive.announcement-withdrawn', vault, key, archiveId: id } as const;
    catalog.history.append({ ...about, detail: { why: 'its series is frozen' } }, nowMs);
  }
}
