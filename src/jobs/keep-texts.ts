import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Actor } from '../core/event-names.ts';
import type { RenewedText } from '../core/renewed-text.ts';
import type { AttachedStore } from '../store/attached-store.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { INDEX_NAME } from '../store/store-layout.ts';
import { renewStoreTexts } from '../store/store-texts.ts';
import { translateFsError } from '../store/translate-fs-error.ts';

/**
 * Sees that the disk can be read without us: README.txt and restore.sh are those of this release, or are made so. A lost index page is only noted: it is
 * written by what follows every change (`finishPass`). Throws AppError STORE_*.
 */
export function keepTexts(args: {
  readonly store: AttachedStore;
  readonly catalog: Catalog;
  readonly actor: Actor;
  readonly nowMs: number;
}): RenewedText[] {
  const { store, catalog, actor, nowMs } = args;
  store.assertAttached();
  try {
    const renewed = renewStoreTexts(store.root, nowMs);
    if (lstatSync(join(store.root, INDEX_NAME), { throwIfNoEntry: false }) === undefined) {
      renewed.push({ name: INDEX_NAME, was: 'missing', aside: null });
    }
    recordTexts(catalog, renewed, actor, nowMs);
    return renewed;
  } catch (error) {
    throw translateFsError(error, `writing README.txt and restore.sh of ${store.root}`);
  }
}

/** Into the history. */
export function recordTexts(catalog: Catalog, renewed: readonly RenewedText[], actor: Actor, nowMs: number): void {
  for (const { name, was, aside } of renewed) {
    catalog.history.append({ actor, event: 'store.text-renewed', detail: { name, was, aside } }, nowMs);
  }
}
