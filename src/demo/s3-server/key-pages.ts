import { afterPrefix, type KeyBytes } from './key-bytes.ts';
import type { SortedKeys } from './sorted-keys.ts';

/** One step of a listing: a key to show, or a group of keys rolled up to where the delimiter first follows the prefix. */
export type ListingStep = { readonly key: KeyBytes } | { readonly commonPrefix: KeyBytes };

/**
 * Walks keys in byte order from `from` on, rolling up what the delimiter groups. A group is skipped by one search, however
 * many keys it has. `from` inside a group that was already shown must be given as the end of that group.
 */
export function* walkKeys(
  keys: SortedKeys,
  options: {
    readonly prefix: KeyBytes;
    readonly delimiter: string;
    readonly from: string;
    readonly after: boolean;
    /** Keys that show nothing (deleted ones) make no group either. */
    readonly isShown: (key: KeyBytes) => boolean;
  },
): Generator<ListingStep> {
  const { prefix, delimiter } = options;
  const all = keys.all();
  let at = keys.indexOf(options.from, options.after);
  if (options.from < prefix) at = keys.indexOf(prefix, false);
  while (at < all.length) {
    const key = all[at] ?? '';
    if (!key.startsWith(prefix)) return;
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (!options.isShown(key)) {
      at += 1;
      continue;
    }
    if (cut === -1) {
      yield { key };
      at += 1;
      continue;
    }
    const commonPrefix = key.slice(0, cut + delimiter.length);
    yield { commonPrefix };
    at = keys.indexOf(afterPrefix(commonPrefix), false);
  }
}

/** Where a listing goes on after a marker: behind the whole group if the marker is one, else behind the key. */
export function afterMarker(marker: KeyBytes, prefix: KeyBytes, delimiter: string): string {
  if (delimiter === '' || !marker.startsWith(prefix)) return marker;
  const cut = marker.indexOf(delimiter, prefix.length);
  return cut !== -1 && cut + delimiter.length === marker.length ? afterPrefix(marker) : marker;
}
