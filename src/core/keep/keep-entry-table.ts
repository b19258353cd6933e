import type { KeepEntries, KeepEntry } from './keep-entry.ts';

const STATES = ['verified', 'doubtful', 'wanted', 'blocked'] as const satisfies readonly KeepEntry['state'][];
const STATE_MASK = 3;
const PINNED = 4;
const FROZEN = 8;
const TORN = 16;
const UNSOUND = 32;

/**
 * Archives of one series in typed arrays, some 40 bytes each: as objects a hundred thousand of them would take half of the program's heap. The arrays
 * are indexed by position, and mean nothing from `length` on.
 */
export class KeepEntryTable implements KeepEntries {
  readonly ids: Float64Array;
  readonly timesMs: Float64Array;
  /** NaN: the key carries no date. */
  readonly nameTimesMs: Float64Array;
  /** Which set the archive belongs to, counted from 1; 0: it stands alone. */
  readonly sets: Uint32Array;
  readonly #sizes: Float64Array;
  /** The state, and what else is true of the archive. */
  readonly #traits: Uint8Array;
  readonly #setNames: string[] = [];
  readonly #setNumbers = new Map<string, number>();
  #length = 0;

  /** The same entries, where they are a table already that very one. */
  static of(entries: KeepEntries): KeepEntryTable {
    if (entries instanceof KeepEntryTable) return entries;
    const table = new KeepEntryTable(entries.length);
    for (const entry of entries) table.add(entry);
    return table;
  }

  /** @param capacity as many entries can be added */
  constructor(capacity: number) {
    this.ids = new Float64Array(capacity);
    this.timesMs = new Float64Array(capacity);
    this.nameTimesMs = new Float64Array(capacity);
    this.sets = new Uint32Array(capacity);
    this.#sizes = new Float64Array(capacity);
    this.#traits = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** How many sets there are, without what stands alone. */
  get setCount(): number {
    return this.#setNames.length;
  }

  /** Throws a RangeError beyond the capacity: an entry that is missing would count as removed. */
  add({ id, timeMs, nameTimeMs, set, sizeBytes, state, pinned, frozen, torn, unsound }: KeepEntry): void {
    const position = this.#length;
    if (position === this.ids.length) throw new RangeError(`there is room for ${position} entries only`);
    this.ids[position] = id;
    this.timesMs[position] = timeMs;
    this.nameTimesMs[position] = nameTimeMs ?? Number.NaN;
    this.#sizes[position] = sizeBytes;
    this.#traits[position] =
      STATES.indexOf(state) |
      (pinned ? PINNED : 0) |
      (frozen ? FROZEN : 0) |
      (torn === true ? TORN : 0) |
      (unsound === true ? UNSOUND : 0);
    // Memory that nobody has written to is none: of a series without sets this column costs nothing.
    if (set !== null) this.sets[position] = this.#numberOf(set);
    this.#length += 1;
  }

  at(position: number): KeepEntry | undefined {
    if (position < 0 || position >= this.#length) return undefined;
    const traits = this.#traits[position] ?? 0;
    const nameTimeMs = this.nameTimesMs[position] ?? Number.NaN;
    return {
      id: this.ids[position] ?? 0,
      timeMs: this.timesMs[position] ?? 0,
      nameTimeMs: Number.isNaN(nameTimeMs) ? null : nameTimeMs,
      set: this.#setNames[(this.sets[position] ?? 0) - 1] ?? null,
      sizeBytes: this.#sizes[position] ?? 0,
      state: STATES[traits & STATE_MASK] ?? 'blocked',
      pinned: (traits & PINNED) !== 0,
      frozen: (traits & FROZEN) !== 0,
      ...((traits & TORN) === 0 ? {} : { torn: true }),
      ...((traits & UNSOUND) === 0 ? {} : { unsound: true }),
    };
  }

  *[Symbol.iterator](): Generator<KeepEntry> {
    for (let position = 0; position < this.#length; position += 1) {
      const entry = this.at(position);
      if (entry !== undefined) yield entry;
    }
  }

  #numberOf(set: string): number {
    const known = this.#setNumbers.get(set);
    if (known !== undefined) return known;
    const number = this.#setNames.push(set);
    this.#setNumbers.set(set, number);
    return number;
  }
}
