/** So many are named where a hundred thousand may be concerned. */
export const NAMED_AT_MOST = 1000;

/** How many there were, and the first of them: the rest are counted, not held. */
export class FirstOfMany<T> {
  readonly #first: T[] = [];
  #count = 0;

  get first(): readonly T[] {
    return this.#first;
  }

  get count(): number {
    return this.#count;
  }

  add(one: T): void {
    this.#count += 1;
    if (this.#first.length < NAMED_AT_MOST) this.#first.push(one);
  }

  /** Those of another one come after what is here. */
  addAll(others: FirstOfMany<T>): void {
    for (const one of others.first) this.add(one);
    this.#count += others.count - others.first.length;
  }
}
