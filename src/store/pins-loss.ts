import { z } from 'zod';
import type { Catalog } from './catalog/catalog.ts';
import { damagedRow, parseJsonColumn } from './catalog/require-sane.ts';

const FACT = 'pins_loss';

const Loss = z.object({
  /** For a person. */
  reason: z.string(),
  /** Archives up to this number may have been pinned or frozen. */
  throughId: z.number(),
  /** The newest event when that became known: a release that came later was given knowing it. */
  event: z.number(),
});

/** That pins and freezes were lost with a former catalog. It stays: these archives may come to a series much later. */
export type PinsLoss = z.output<typeof Loss>;

/** null: none are known to be lost. Throws CATALOG_CORRUPT. */
export function readPinsLoss(catalog: Catalog): PinsLoss | null {
  const text = catalog.fact(FACT);
  if (text === null) return null;
  const where = (): string => `the fact ${FACT}`;
  const loss = Loss.safeParse(parseJsonColumn(where, text));
  if (loss.success) return loss.data;
  throw damagedRow(where(), loss.error.message);
}

/** Remembers that those of all archives that are known now are lost; said again for the same reason, of more of them. */
export function notePinsLoss(catalog: Catalog, reason: string): PinsLoss {
  const before = readPinsLoss(catalog);
  const throughId = catalog.freezes.newestId();
  const event = before?.reason === reason ? before.event : (catalog.history.newest({}, 1)[0]?.id ?? 0);
  const loss = { reason, throughId: Math.max(throughId, before?.throughId ?? 0), event };
  const text = JSON.stringify(loss);
  if (catalog.fact(FACT) !== text) catalog.setFact(FACT, text);
  return loss;
}
