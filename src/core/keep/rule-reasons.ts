import { offsetMsAt } from '../timezone-offset.ts';
import { type BucketRule, bucketAt, bucketLabel } from './keep-bucket.ts';
import type { KeepReason, KeepRule, Opinion } from './keep-entry.ts';

/** How a rule's protection against floods keeps an archive. */
export type FloodWhich = Extract<KeepReason, { kind: 'flood' }>['which'];

const FLOODS: readonly FloodWhich[] = ['any', 'newest', 'end'];
/** Added to the place in FLOODS; below are the places that a rule counts, from 1. */
const FIRST_FLOOD = 2 ** 31;

/** What a rule, or its protection, is to one opinion. */
export interface RuleFacts {
  readonly opinion: Opinion;
  readonly rule: KeepRule | 'within';
  /** How many it keeps; of 'within', for how many milliseconds. */
  readonly count: number;
  /** The time that its protection against floods covers, in milliseconds; 0: it has none. */
  readonly windowMs: number;
  /** The time that the opinion goes by, of the archive at a position. */
  readonly timeAt: (position: number) => number;
  readonly timezone: string;
}

/** So many positions share a piece of a column. */
const PIECE = 256;

/**
 * Which archives a rule keeps in one opinion, and as what: a number for each position, in pieces that are made where there is something to write. Most
 * rules keep few of many. A rule and its protection give an archive one reason, the first.
 */
export class RuleColumn {
  readonly facts: RuleFacts;
  /** 0: not kept. Below FIRST_FLOOD: by the rule, as its nth. */
  readonly #pieces: (Uint32Array | undefined)[] = [];

  constructor(facts: RuleFacts) {
    this.facts = facts;
  }

  /** @param nth counted from 1; of 'within' any */
  keep(position: number, nth: number): void {
    this.#write(position, nth);
  }

  keepAgainstFloods(position: number, which: FloodWhich): void {
    this.#write(position, FIRST_FLOOD + FLOODS.indexOf(which));
  }

  keeps(position: number): boolean {
    return this.#codeAt(position) !== 0;
  }

  reasonAt(position: number): KeepReason | null {
    const code = this.#codeAt(position);
    if (code === 0) return null;
    const { opinion, rule, count, windowMs } = this.facts;
    if (code >= FIRST_FLOOD) {
      const which = FLOODS[code - FIRST_FLOOD] ?? 'any';
      const bucket = rule === 'within' || which === 'any' ? null : this.#labelAt(rule, position);
      return { kind: 'flood', rule, opinion, windowMs, which, bucket };
    }
    if (rule === 'within') return { kind: 'within', opinion, withinMs: count };
    return { kind: 'rule', rule, opinion, nth: code, count, bucket: this.#labelAt(rule, position) };
  }

  #codeAt(position: number): number {
    return this.#pieces[Math.floor(position / PIECE)]?.[position % PIECE] ?? 0;
  }

  #write(position: number, code: number): void {
    const index = Math.floor(position / PIECE);
    let piece = this.#pieces[index];
    if (piece === undefined) {
      piece = new Uint32Array(PIECE);
      this.#pieces[index] = piece;
    }
    if (piece[position % PIECE] === 0) piece[position % PIECE] = code;
  }

  #labelAt(rule: KeepRule, position: number): string | null {
    return rule === 'last' ? null : labelAt(rule, this.facts.timeAt(position), this.facts.timezone);
  }
}

function labelAt(rule: BucketRule, timeMs: number, timezone: string): string {
  return bucketLabel(rule, bucketAt(rule, timeMs + offsetMsAt(timeMs, timezone)));
}

/**
 * All that the rules keep. As objects the reasons would not fit into the heap of the program: rules that keep a hundred thousand archives give each of
 * them a dozen. So there is a column of numbers for each rule and opinion, and reasons are made of them for one archive at a time.
 */
export class RuleReasons {
  readonly #columns: RuleColumn[] = [];

  /** The column of a rule in one opinion; the same each time. */
  column(facts: RuleFacts): RuleColumn {
    const known = this.#columns.find((one) => one.facts.rule === facts.rule && one.facts.opinion === facts.opinion);
    if (known !== undefined) return known;
    const column = new RuleColumn(facts);
    this.#columns.push(column);
    return column;
  }

  has(position: number): boolean {
    return this.#columns.some((column) => column.keeps(position));
  }

  at(position: number): KeepReason[] {
    return this.#columns.flatMap((column) => column.reasonAt(position) ?? []);
  }
}
