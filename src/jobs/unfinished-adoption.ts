import { ERROR_KINDS } from '../core/errors.ts';
import type { Problem } from '../core/pass-report.ts';
import { readAdoptionNote } from '../store/adoption-note.ts';
import type { Catalog } from '../store/catalog/catalog.ts';

/** That a `rebuild` or `adopt` was interrupted, or waits for a vault, and what goes on with it; null: none has to. Throws CATALOG_CORRUPT. */
export function unfinishedAdoption(catalog: Catalog): Problem | null {
  const note = readAdoptionNote(catalog);
  if (note === null) return null;
  const what = note.kind === 'rebuild' ? 'rebuilding the catalog' : 'taking over this folder (`pullmirror adopt`)';
  const message = `${what} is not finished: archives may be on the disk that the catalog does not know yet`;
  return { code: 'CATALOG_UNFINISHED', message, hint: ERROR_KINDS.CATALOG_UNFINISHED.hint };
}
