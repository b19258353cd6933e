import type { KeyBytes } from './key-bytes.ts';

/** Keys in byte order. Additions are sorted in when somebody looks, so that loading 100,000 of them costs one sort. */
export class SortedKeys {
  #sorted: KeyBytes[] = [];
  readonly #added = new Set<KeyBytes>();
  readonly #removed = new Set<KeyBytes>();

  /** The key must not be here yet. */
  add(key: KeyBytes): void {
    if (this.#removed.delete(key)) return;
    const last = this.#sorted.at(-1);
    if (this.#added.size === 0 && (last === undefined || last < key)) this.#sorted.push(key);
    else this.#added.add(key);
  }

  remove(key: KeyBytes): void {
    if (!this.#added.delete(key)) this.#removed.add(key);
  }

  /** All keys, sorted; valid until the next change. */
  all(): readonly KeyBytes[] {
    this.#settle();
    return this.#sorted;
  }

  /** Index in `all()` of the first key that is not below `bound` (or, with `after`, above it). */
  indexOf(bound: string, after: boolean): number {
    const keys = this.all();
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const key = keys[middle] ?? '';
      if (key < bound || (after && key === bound)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #settle(): void {
    if (this.#removed.size > 0) {
      this.#sorted = this.#sorted.filter((key) => !this.#removed.has(key));
      this.#removed.clear();
    }
    if (this.#added.size === 0) return;
    // Nearly sorted input: the engine's merge sort takes the long run as it is.
    for (const key of this.#added) this.#sorted.push(key);
    this.#added.clear();
    this.#sorted.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  }
}
