import type { Announcement } from '../core/keep/plan-announcements.ts';

/** An archive that is planned to be removed. Times are milliseconds since 1970 UTC. */
export interface PlannedRemoval extends Announcement {
  readonly id: number;
  readonly sizeBytes: number;
  /** Why, for a person; its row keeps it. */
  readonly reason: string;
}

/** Planned removals of one series in the order of the plan. A first prune may have a hundred thousand, so they are held in typed arrays. */
export class PlannedRemovals implements Iterable<PlannedRemoval> {
  readonly #ids: Float64Array;
  readonly #sizes: Float64Array;
  readonly #announcedAtMs: Float64Array;
  readonly #dueAtMs: Float64Array;
  readonly #isNew: Uint8Array;
  readonly #isDue: Uint8Array;
  readonly #reasonOf: Uint8Array;
  /** By position in the entries of the series: which of the removals, counted from 1; 0 is none. */
  readonly #at: Uint32Array;
  readonly #reasons: string[] = [];
  #length = 0;

  constructor(capacity: number, entries: number) {
    this.#ids = new Float64Array(capacity);
    this.#sizes = new Float64Array(capacity);
    this.#announcedAtMs = new Float64Array(capacity);
    this.#dueAtMs = new Float64Array(capacity);
    this.#isNew = new Uint8Array(capacity);
    this.#isDue = new Uint8Array(capacity);
    this.#reasonOf = new Uint8Array(capacity);
    this.#at = new Uint32Array(entries);
  }

  get length(): number {
    return this.#length;
  }

  /** @param position in the entries of the series */
  add(position: number, removal: PlannedRemoval): void {
    const index = this.#length;
    let reason = this.#reasons.indexOf(removal.reason);
    if (reason < 0) reason = this.#reasons.push(removal.reason) - 1;
    this.#ids[index] = removal.id;
    this.#sizes[index] = removal.sizeBytes;
    this.#announcedAtMs[index] = removal.announcedAtMs;
    this.#dueAtMs[index] = removal.dueAtMs;
    this.#isNew[index] = removal.isNew ? 1 : 0;
    this.#isDue[index] = removal.isDue ? 1 : 0;
    this.#reasonOf[index] = reason;
    this.#at[position] = index + 1;
    this.#length += 1;
  }

  /** Is the entry at this position of the series to be removed? */
  has(position: number): boolean {
    return (this.#at[position] ?? 0) !== 0;
  }

  /** The removal of the entry at this position of the series, or null: it stays. */
  of(position: number): PlannedRemoval | null {
    const index = this.#at[position] ?? 0;
    return index === 0 ? null : this.#removal(index - 1);
  }

  *[Symbol.iterator](): Generator<PlannedRemoval> {
    for (let index = 0; index < this.#length; index += 1) yield this.#removal(index);
  }

  #removal(index: number): PlannedRemoval {
    return {
      id: this.#ids[index] ?? 0,
      sizeBytes: this.#sizes[index] ?? 0,
      reason: this.#reasons[this.#reasonOf[index] ?? 0] ?? '',
      isNew: this.#isNew[index] === 1,
      announcedAtMs: this.#announcedAtMs[index] ?? 0,
      dueAtMs: this.#dueAtMs[index] ?? 0,
      isDue: this.#isDue[index] === 1,
    };
  }
}
