/** Numbers to a block: 512 bytes. */
const BLOCK = 4096;

/**
 * A set of the catalog's row numbers. Takes a bit for each, as rows that matter together mostly came together: of a hundred thousand archives it
 * holds what a few hundred would take as objects.
 */
export class IdSet implements Iterable<number> {
  readonly #blocks = new Map<number, Uint8Array>();
  #size = 0;

  constructor(ids: Iterable<number> = []) {
    for (const id of ids) this.add(id);
  }

  get size(): number {
    return this.#size;
  }

  has(id: number): boolean {
    const [block, byte, bit] = placeOf(id);
    return ((this.#blocks.get(block)?.[byte] ?? 0) & bit) !== 0;
  }

  add(id: number): void {
    const [number, byte, bit] = placeOf(id);
    const block = this.#blocks.get(number) ?? new Uint8Array(BLOCK / 8);
    this.#blocks.set(number, block);
    const before = block[byte] ?? 0;
    if ((before & bit) !== 0) return;
    block[byte] = before | bit;
    this.#size += 1;
  }

  delete(id: number): void {
    const [number, byte, bit] = placeOf(id);
    const block = this.#blocks.get(number);
    const before = block?.[byte] ?? 0;
    if (block === undefined || (before & bit) === 0) return;
    block[byte] = before & ~bit;
    this.#size -= 1;
  }

  /** In ascending order. */
  *[Symbol.iterator](): Generator<number> {
    for (const number of [...this.#blocks.keys()].sort((a, b) => a - b)) {
      const block = this.#blocks.get(number);
      for (let index = 0; index < BLOCK; index += 1) {
        if (((block?.[index >> 3] ?? 0) & (1 << (index & 7))) !== 0) yield number * BLOCK + index;
      }
    }
  }
}

function placeOf(id: number): [block: number, byte: number, bit: number] {
  const index = id % BLOCK;
  return [Math.floor(id / BLOCK), index >> 3, 1 << (index & 7)];
}
