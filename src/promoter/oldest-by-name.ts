export interface Waiting {
  readonly uploadedAtMs: number;
  /** The name in the vault that it would have by that time. */
  readonly vaultKey: string;
}

/**
 * Keeps of a flood what matters: for each name the oldest few, because the first upload of a period gets it, and of the names the oldest
 * so many. Memory is bounded by the product of both (twice that in between), whatever is listed.
 */
export class OldestByName<T extends Waiting> {
  readonly #perName: number;
  readonly #maxNames: number;
  #names = new Map<string, T[]>();
  #hasForgotten = false;

  constructor(limits: { readonly perName: number; readonly maxNames: number }) {
    this.#perName = limits.perName;
    this.#maxNames = limits.maxNames;
  }

  /** True once there were more names than are kept: another sweep has to go on. */
  get hasForgotten(): boolean {
    return this.#hasForgotten;
  }

  /** Takes it in; gives the one that has to make room behind older ones of its name, which may be itself. */
  add(waiting: T): T | null {
    const known = this.#names.get(waiting.vaultKey);
    if (known === undefined) {
      this.#names.set(waiting.vaultKey, [waiting]);
      if (this.#names.size > 2 * this.#maxNames) this.#forgetNewest();
      return null;
    }
    // Listings go back in time: of two with the same second the one listed later is the older.
    const at = known.findIndex((other) => waiting.uploadedAtMs <= other.uploadedAtMs);
    known.splice(at === -1 ? known.length : at, 0, waiting);
    return known.length > this.#perName ? (known.pop() ?? null) : null;
  }

  /** All that is kept, oldest first. */
  inOrder(): readonly T[] {
    this.#forgetNewest();
    return [...this.#names.values()].flat().sort((a, b) => a.uploadedAtMs - b.uploadedAtMs);
  }

  #forgetNewest(): void {
    if (this.#names.size <= this.#maxNames) return;
    this.#hasForgotten = true;
    const byAge = [...this.#names].sort(([, [a]], [, [b]]) => (a?.uploadedAtMs ?? 0) - (b?.uploadedAtMs ?? 0));
    this.#names = new Map(byAge.slice(0, this.#maxNames));
  }
}
