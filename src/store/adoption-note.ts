import { z } from 'zod';
import type { Catalog } from './catalog/catalog.ts';
import { damagedRow, parseJsonColumn } from './catalog/require-sane.ts';

const FACT = 'adoption';
const TRIED = 'adoption_tried';
const NONE = '';

const Note = z.object({
  /** rebuild: the catalog was lost. folder: a plain folder of archives became a store. */
  kind: z.enum(['rebuild', 'folder']),
  /** What the catalog was begun from: its copy, nothing, or what it knew itself. */
  from: z.enum(['copy', 'nothing', 'itself']),
  /** Of `.pullmirror`: where what was in the way has been put. */
  aside: z.string(),
  /** Milliseconds since 1970 UTC. */
  beganAtMs: z.number(),
  /** When the copy was made; null without one. */
  copyMadeAtMs: z.number().nullable(),
  /** Whoever tried last to renew that copy could not: the catalog knew more. */
  copyIsBehind: z.boolean().optional(),
});

/** Says, in a catalog, that files on the disk may still have to find their rows. */
export type AdoptionNote = z.output<typeof Note>;

/** null: nothing is to be done. Throws CATALOG_CORRUPT. */
export function readAdoptionNote(catalog: Catalog): AdoptionNote | null {
  const text = catalog.fact(FACT);
  if (text === null || text === NONE) return null;
  const where = (): string => `the fact ${FACT}`;
  const note = Note.safeParse(parseJsonColumn(where, text));
  if (note.success) return note.data;
  throw damagedRow(where(), note.error.message);
}

/** A name and a value for the catalog's facts. */
export function adoptionFact(note: AdoptionNote): readonly [string, string] {
  return [FACT, JSON.stringify(note)];
}

/** Says that all was done that could be done, and which vaults could not be listed or asked; none: only some archives could not. */
export function noteAdoptionTried(catalog: Catalog, nowMs: number, awayVaults: readonly string[]): void {
  catalog.setFact(TRIED, [nowMs, ...awayVaults].join(' '));
}

/** When that was said last, milliseconds since 1970 UTC, and of which vaults; or null. */
export function adoptionTried(catalog: Catalog): { readonly atMs: number; readonly awayVaults: string[] } | null {
  const text = catalog.fact(TRIED);
  if (text === null || text === NONE) return null;
  const [atMs, ...awayVaults] = text.split(' ');
  return { atMs: Number(atMs), awayVaults };
}

export function endAdoption(catalog: Catalog): void {
  catalog.setFact(FACT, NONE);
  if (catalog.fact(TRIED) !== null) catalog.setFact(TRIED, NONE);
}
