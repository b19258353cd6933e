import type { KeepConfig } from '../config/config.ts';
import { HOUR_MS } from '../duration.ts';
import { offsetMsAt } from '../timezone-offset.ts';
import { type Bucket, type BucketRule, bucketAt, bucketEndMs, bucketLabel, LONGEST_BUCKET_MS } from './keep-bucket.ts';
import { KEEP_RULES, type KeepReason, type KeepRule, type Opinion } from './keep-entry.ts';

/** How many of the first uploads at the end of a bucket the flood rule keeps: a genuine one and two repetitions of it. */
const FIRST_KEPT = 3;
/** By how much local clocks make a row of buckets longer than the calendar says: daylight saving, two hours in Antarctica/Troll. */
const CLOCK_CHANGE_MS = 2 * HOUR_MS;

/** The archives that count, as one of the two opinions sees them. Arrays are indexed by the position of an archive in the question. */
export interface OpinionView {
  readonly opinion: Opinion;
  /** Positions of what counts, newest first. */
  readonly order: Uint32Array;
  /** Not later than `nowMs`. */
  readonly timesMs: Float64Array;
  /** Which set an archive belongs to; one that stands alone is a set of its own. */
  readonly setOf: Uint32Array;
  readonly setCount: number;
  readonly ids: Float64Array;
  readonly keep: KeepConfig;
  readonly expectEveryMs: number | null;
  readonly timezone: string;
  readonly nowMs: number;
}

/** Receives each reason to keep the archive at a position. */
export type AddReason = (position: number, reason: KeepReason) => void;

/** How far apart two uploads may be when one is expected every so often: an eighth more. */
export function longestGapMs(expectEveryMs: number): number {
  return expectEveryMs * 1.125;
}

/** Finds all reasons by which the rules, and their protection against floods, keep archives. Fewer archives never have fewer reasons. */
export function judgeOpinion(view: OpinionView, add: AddReason): void {
  const newest = view.order[0];
  if (newest === undefined) return;
  const judge = new OpinionJudge(view, timeOf(view, newest), add);
  for (const rule of KEEP_RULES) {
    const count = view.keep[rule];
    if (count > 0) judge.applyRule(rule, count);
  }
  if (view.keep.withinMs !== null) judge.applyWithin(view.keep.withinMs);
}

class OpinionJudge {
  readonly #view: OpinionView;
  readonly #newestMs: number;
  readonly #add: AddReason;
  readonly #localMs: Float64Array;
  /** What the plain rule keeps that is being applied. */
  readonly #plain: Uint8Array;
  /** For each set, the number of the last walk that met it. */
  readonly #met: Uint32Array;
  #walk = 0;

  constructor(view: OpinionView, newestMs: number, add: AddReason) {
    this.#view = view;
    this.#newestMs = newestMs;
    this.#add = add;
    this.#localMs = view.timesMs.map((timeMs) => timeMs + offsetMsAt(timeMs, view.timezone));
    this.#plain = new Uint8Array(view.timesMs.length);
    this.#met = new Uint32Array(view.setCount);
  }

  applyRule(rule: KeepRule, count: number): void {
    this.#plain.fill(0);
    this.#walk += 1;
    if (rule === 'last') this.#countLast(count);
    else this.#countBuckets(rule, count);

    const { expectEveryMs } = this.#view;
    if (expectEveryMs === null) return;
    const gapMs = longestGapMs(expectEveryMs);
    if (rule === 'last') this.#keepAllSince(rule, count * gapMs);
    else this.#keepBuckets(rule, count * Math.max(LONGEST_BUCKET_MS[rule], gapMs) + CLOCK_CHANGE_MS, gapMs);
  }

  applyWithin(withinMs: number): void {
    const { order, opinion, expectEveryMs } = this.#view;
    this.#plain.fill(0);
    const reason: KeepReason = { kind: 'within', opinion, withinMs };
    for (const position of order) {
      if (this.#timeOf(position) <= this.#newestMs - withinMs) break;
      this.#keepPlainly(position, reason);
    }
    if (expectEveryMs !== null) this.#keepAllSince('within', withinMs + longestGapMs(expectEveryMs));
  }

  #countLast(count: number): void {
    const { opinion, order } = this.#view;
    let nth = 0;
    for (const position of order) {
      if (!this.#meet(position)) continue;
      nth += 1;
      if (nth > count) return;
      this.#keepPlainly(position, { kind: 'rule', rule: 'last', opinion, nth, count, bucket: null });
    }
  }

  /** As restic counts: each archive is compared with the bucket of the one before, newest first. */
  #countBuckets(rule: BucketRule, count: number): void {
    const { opinion, order } = this.#view;
    let bucket: Bucket | null = null;
    let nth = 0;
    for (const position of order) {
      // A set is one archive, of the time of its newest part.
      if (!this.#meet(position) || this.#isIn(bucket, position)) continue;
      nth += 1;
      if (nth > count) return;
      bucket = bucketAt(rule, this.#localOf(position));
      const label = bucketLabel(rule, bucket);
      this.#keepPlainly(position, { kind: 'rule', rule, opinion, nth, count, bucket: label });
    }
  }

  #keepAllSince(rule: 'last' | 'within', windowMs: number): void {
    const { opinion, order } = this.#view;
    const reason: KeepReason = { kind: 'flood', rule, opinion, windowMs, which: 'any', bucket: null };
    for (const position of order) {
      if (this.#timeOf(position) < this.#newestMs - windowMs) return;
      this.#keepBeyond(position, reason);
    }
  }

  /** Of each bucket that reaches into the window: the newest, and the first ones of its end. */
  #keepBuckets(rule: BucketRule, windowMs: number, gapMs: number): void {
    const { opinion, order, timezone, nowMs } = this.#view;
    for (let from = 0; from < order.length; ) {
      const newest = this.#at(from);
      const bucket = bucketAt(rule, this.#localOf(newest));
      const endMs = bucketEndMs(bucket, this.#timeOf(newest), timezone);
      if (endMs < this.#newestMs - windowMs) return;
      let to = from + 1;
      while (to < order.length && this.#isIn(bucket, this.#at(to))) to += 1;

      const reason = { kind: 'flood', rule, opinion, windowMs, bucket: bucketLabel(rule, bucket) } as const;
      this.#keepBeyond(newest, { ...reason, which: 'newest' });
      // The bucket that is still open ends now: what comes later has not come yet.
      this.#keepFirst(from, to, Math.min(endMs, nowMs) - gapMs, { ...reason, which: 'end' });
      from = to;
    }
  }

  /**
   * The last genuine archive of a bucket has no genuine one after it for a gap at most, so it is among those of the bucket's last gap; and what was
   * uploaded to bury it is later, and became known later. So it is one of the first there, by time, and by number if listings lie about times.
   */
  #keepFirst(from: number, to: number, sinceMs: number, reason: KeepReason): void {
    let end = from;
    while (end < to && this.#timeOf(this.#at(end)) >= sinceMs) end += 1;
    if (end === from) return;

    this.#walk += 1;
    for (let index = end - 1, left = FIRST_KEPT; index >= from && left > 0; index -= 1) {
      if (!this.#meet(this.#at(index))) continue;
      this.#keepBeyond(this.#at(index), reason);
      left -= 1;
    }
    for (const position of this.#firstKnown(from, end)) this.#keepBeyond(position, reason);
  }

  /** Those of the smallest numbers, one of each set. */
  #firstKnown(from: number, to: number): readonly number[] {
    const { ids } = this.#view;
    const first: number[] = [];
    for (let index = from; index < to; index += 1) {
      const position = this.#at(index);
      const id = ids[position] ?? 0;
      const last = first[FIRST_KEPT - 1];
      if (last !== undefined && id > (ids[last] ?? 0)) continue;
      const same = first.findIndex((other) => this.#setOf(other) === this.#setOf(position));
      if (same >= 0) {
        if (id > (ids[first[same] ?? 0] ?? 0)) continue;
        first.splice(same, 1);
      }
      const at = first.findIndex((other) => (ids[other] ?? 0) > id);
      first.splice(at < 0 ? first.length : at, 0, position);
      first.length = Math.min(first.length, FIRST_KEPT);
    }
    return first;
  }

  #keepPlainly(position: number, reason: KeepReason): void {
    this.#plain[position] = 1;
    this.#add(position, reason);
  }

  /** Says nothing where the plain rule, or the flood rule already, has a reason. */
  #keepBeyond(position: number, reason: KeepReason): void {
    if (this.#plain[position] === 1) return;
    this.#keepPlainly(position, reason);
  }

  /** Whether this is the first part of its set in this walk. */
  #meet(position: number): boolean {
    const set = this.#setOf(position);
    if (this.#met[set] === this.#walk) return false;
    this.#met[set] = this.#walk;
    return true;
  }

  #isIn(bucket: Bucket | null, position: number): boolean {
    const localMs = this.#localOf(position);
    return bucket !== null && localMs >= bucket.startLocalMs && localMs < bucket.endLocalMs;
  }

  #at(index: number): number {
    return this.#view.order[index] ?? 0;
  }

  #timeOf(position: number): number {
    return timeOf(this.#view, position);
  }

  #localOf(position: number): number {
    return this.#localMs[position] ?? 0;
  }

  #setOf(position: number): number {
    return this.#view.setOf[position] ?? 0;
  }
}

function timeOf(view: OpinionView, position: number): number {
  return view.timesMs[position] ?? 0;
}
