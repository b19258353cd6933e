import type { KeepConfig } from '../config/config.ts';
import { HOUR_MS } from '../duration.ts';
import { offsetMsAt } from '../timezone-offset.ts';
import { type Bucket, type BucketRule, bucketAt, bucketEndMs, LONGEST_BUCKET_MS } from './keep-bucket.ts';
import { KEEP_RULES, type KeepRule, type Opinion } from './keep-entry.ts';
import type { FloodWhich, RuleColumn, RuleReasons } from './rule-reasons.ts';

/** How many of the first uploads at the end of a bucket the flood rule keeps: a genuine one and two repetitions of it. */
const FIRST_KEPT = 3;
/** By how much local clocks make a row of buckets longer than the calendar says: daylight saving, two hours in Antarctica/Troll. */
const CLOCK_CHANGE_MS = 2 * HOUR_MS;

/** The archives that count, as one of the two opinions sees them. Arrays are indexed by the position of an archive in the question. */
export interface OpinionView {
  readonly opinion: Opinion;
  /** Positions of what counts, newest first. */
  readonly order: Uint32Array;
  /** The time of the archive at a position; not later than `nowMs`. */
  readonly timeAt: (position: number) => number;
  /** Of all archives. */
  readonly length: number;
  /** Which set an archive belongs to; one that stands alone is a set of its own. */
  readonly setOf: Uint32Array;
  readonly setCount: number;
  readonly ids: Float64Array;
  readonly keep: KeepConfig;
  readonly expectEveryMs: number | null;
  readonly timezone: string;
  readonly nowMs: number;
  /** Is anything to be said about the archive at this position? All of `order` count, whatever this says. */
  readonly isAsked: (position: number) => boolean;
}

/** How far apart two uploads may be when one is expected every so often: an eighth more. */
function longestGapMs(expectEveryMs: number): number {
  return expectEveryMs * 1.125;
}

/** Finds all reasons by which the rules, and their protection against floods, keep archives. Fewer archives never have fewer reasons. */
export function judgeOpinion(view: OpinionView, reasons: RuleReasons): void {
  const newest = view.order[0];
  if (newest === undefined) return;
  const judge = new OpinionJudge(view, view.timeAt(newest), reasons);
  for (const rule of KEEP_RULES) {
    const count = view.keep[rule];
    if (count > 0) judge.applyRule(rule, count);
  }
  if (view.keep.withinMs !== null) judge.applyWithin(view.keep.withinMs);
}

class OpinionJudge {
  readonly #view: OpinionView;
  readonly #newestMs: number;
  readonly #reasons: RuleReasons;
  /** By position, local time minus UTC, which is a day at most. Asking the calendar for each rule anew would take longer than all the rest. */
  readonly #offsetsMs: Int32Array;
  /** 1 for the newest part of each set: a set is one archive, of that time. */
  readonly #stands: Uint8Array;

  constructor(view: OpinionView, newestMs: number, reasons: RuleReasons) {
    this.#view = view;
    this.#newestMs = newestMs;
    this.#reasons = reasons;
    this.#offsetsMs = new Int32Array(view.length);
    this.#stands = new Uint8Array(view.length);
    const met = new Uint8Array(view.setCount);
    for (const position of view.order) {
      this.#offsetsMs[position] = offsetMsAt(view.timeAt(position), view.timezone);
      const set = this.#setOf(position);
      if (met[set] === 0) this.#stands[position] = 1;
      met[set] = 1;
    }
  }

  applyRule(rule: KeepRule, count: number): void {
    const { expectEveryMs } = this.#view;
    const gapMs = expectEveryMs === null ? null : longestGapMs(expectEveryMs);
    if (rule === 'last') {
      const column = this.#column(rule, count, gapMs === null ? 0 : count * gapMs);
      this.#countLast(column);
      if (gapMs !== null) this.#keepWorthOfLast(column, gapMs);
      return;
    }
    const stepMs = Math.max(LONGEST_BUCKET_MS[rule], gapMs ?? 0);
    const column = this.#column(rule, count, gapMs === null ? 0 : count * stepMs + CLOCK_CHANGE_MS);
    this.#countBuckets(rule, column);
    if (gapMs !== null) this.#keepWorthOfBuckets(rule, column, stepMs, gapMs);
  }

  applyWithin(withinMs: number): void {
    const { order, expectEveryMs } = this.#view;
    const windowMs = expectEveryMs === null ? 0 : withinMs + longestGapMs(expectEveryMs);
    const column = this.#column('within', withinMs, windowMs);
    for (const position of order) {
      if (this.#timeOf(position) <= this.#newestMs - withinMs) break;
      this.#keepNth(column, position, 1);
    }
    if (expectEveryMs === null) return;
    for (const position of order) {
      if (this.#timeOf(position) < this.#newestMs - windowMs) return;
      this.#keepFlooded(column, position, 'any');
    }
  }

  #column(rule: KeepRule | 'within', count: number, windowMs: number): RuleColumn {
    const { opinion, timeAt, timezone } = this.#view;
    return this.#reasons.column({ opinion, rule, count, windowMs, timeAt, timezone });
  }

  #countLast(column: RuleColumn): void {
    let nth = 0;
    for (const position of this.#view.order) {
      if (!this.#standsForSet(position)) continue;
      nth += 1;
      if (nth > column.facts.count) return;
      this.#keepNth(column, position, nth);
    }
  }

  /** As restic counts: each archive is compared with the bucket of the one before, newest first. */
  #countBuckets(rule: BucketRule, column: RuleColumn): void {
    let bucket: Bucket | null = null;
    let nth = 0;
    for (const position of this.#view.order) {
      if (!this.#standsForSet(position) || this.#isIn(bucket, position)) continue;
      nth += 1;
      if (nth > column.facts.count) return;
      bucket = bucketAt(rule, this.#localOf(position));
      this.#keepNth(column, position, nth);
    }
  }

  /** All archives of the time that the rule is worth. */
  #keepWorthOfLast(column: RuleColumn, gapMs: number): void {
    const spent = new SpentTime(gapMs);
    for (const position of this.#view.order) {
      const timeMs = this.#timeOf(position);
      if (spent.until(timeMs) > column.facts.windowMs) return;
      this.#keepFlooded(column, position, 'any');
      if (this.#standsForSet(position)) spent.spend(timeMs);
    }
  }

  /** Of each bucket in the time that the rule is worth: the newest, and the first ones of its end. */
  #keepWorthOfBuckets(rule: BucketRule, column: RuleColumn, stepMs: number, gapMs: number): void {
    const { order, timezone, nowMs } = this.#view;
    const spent = new SpentTime(stepMs);
    for (let from = 0; from < order.length; ) {
      const newest = this.#at(from);
      const bucket = bucketAt(rule, this.#localOf(newest));
      // The bucket that is still open ends now: what comes later has not come yet.
      const endMs = Math.min(bucketEndMs(bucket, this.#timeOf(newest), timezone), nowMs);
      if (spent.until(endMs) > column.facts.windowMs) return;

      let counts = this.#standsForSet(newest);
      let to = from + 1;
      for (; to < order.length && this.#isIn(bucket, this.#at(to)); to += 1) {
        counts ||= this.#standsForSet(this.#at(to));
      }
      if (counts) spent.spend(endMs);

      this.#keepFlooded(column, newest, 'newest');
      this.#keepFirst(column, from, to, endMs - gapMs);
      from = to;
    }
  }

  /**
   * The last genuine archive of a bucket has no genuine one after it for a gap at most, so it is among those of the bucket's last gap; and what was
   * uploaded to bury it is later, and became known later. So it is one of the first there, by time, and by number if listings lie about times.
   */
  #keepFirst(column: RuleColumn, from: number, to: number, sinceMs: number): void {
    const atEnd: number[] = [];
    for (let index = from; index < to && this.#timeOf(this.#at(index)) >= sinceMs; index += 1)
      atEnd.push(this.#at(index));
    for (const position of this.#firstSets(atEnd.reverse())) this.#keepFlooded(column, position, 'end');
    for (const position of this.#firstSets(atEnd.sort((a, b) => this.#idOf(a) - this.#idOf(b)))) {
      this.#keepFlooded(column, position, 'end');
    }
  }

  /** One part of each of the first sets. */
  #firstSets(positions: readonly number[]): readonly number[] {
    const sets = new Set<number>();
    const first: number[] = [];
    for (const position of positions) {
      if (sets.size === FIRST_KEPT) break;
      if (sets.has(this.#setOf(position))) continue;
      sets.add(this.#setOf(position));
      first.push(position);
    }
    return first;
  }

  #keepNth(column: RuleColumn, position: number, nth: number): void {
    if (this.#view.isAsked(position)) column.keep(position, nth);
  }

  #keepFlooded(column: RuleColumn, position: number, which: FloodWhich): void {
    if (this.#view.isAsked(position)) column.keepAgainstFloods(position, which);
  }

  #standsForSet(position: number): boolean {
    return this.#stands[position] === 1;
  }

  #isIn(bucket: Bucket | null, position: number): boolean {
    const localMs = this.#localOf(position);
    return bucket !== null && localMs >= bucket.startLocalMs && localMs < bucket.endLocalMs;
  }

  #at(index: number): number {
    return this.#view.order[index] ?? 0;
  }

  #timeOf(position: number): number {
    return this.#view.timeAt(position);
  }

  #localOf(position: number): number {
    return this.#timeOf(position) + (this.#offsetsMs[position] ?? 0);
  }

  #setOf(position: number): number {
    return this.#view.setOf[position] ?? 0;
  }

  #idOf(position: number): number {
    return this.#view.ids[position] ?? 0;
  }
}

/**
 * Time walked back from the newest archive, where no hole takes more than `mostMs`: days on which nothing came before the attacker did take
 * nothing from what a rule is worth.
 */
class SpentTime {
  readonly #mostMs: number;
  #spentMs = 0;
  #atMs: number | null = null;

  constructor(mostMs: number) {
    this.#mostMs = mostMs;
  }

  until(timeMs: number): number {
    if (this.#atMs === null) return 0;
    return this.#spentMs + Math.min(Math.max(0, this.#atMs - timeMs), this.#mostMs);
  }

  spend(timeMs: number): void {
    this.#spentMs = this.until(timeMs);
    this.#atMs = timeMs;
  }
}
