import { HOUR_MS } from '../core/duration.ts';
import type { Catalog } from '../store/catalog/catalog.ts';

const FACT = 'trusted_now';
/** The disk is not woken for less. */
const REMEMBERED_EVERY_MS = HOUR_MS;

/** The latest time that was ever trusted, milliseconds since 1970 UTC, or null. */
export function lastTrusted(catalog: Pick<Catalog, 'fact'>): number | null {
  const text = catalog.fact(FACT) ?? '';
  return text === '' ? null : Number(text);
}

/** Remembers a time that was trusted: an earlier one is in doubt from now on. Written at most once an hour. */
export function rememberTrusted(catalog: Catalog, nowMs: number): void {
  const before = lastTrusted(catalog);
  if (before === null || nowMs - before >= REMEMBERED_EVERY_MS) catalog.setFact(FACT, String(nowMs));
}

/** The owner says that the later time that was trusted before was wrong: what is remembered of it is forgotten, with an event in the history. */
export function forgetTrusted(catalog: Catalog, nowMs: number): void {
  const before = lastTrusted(catalog);
  if (before === null) return;
  catalog.transaction(() => {
    catalog.setFact(FACT, '');
    const detail = { trustedBefore: Number.isFinite(before) ? new Date(before).toISOString() : null };
    catalog.history.append({ actor: 'owner', event: 'clock.reset', detail }, nowMs);
  });
}
