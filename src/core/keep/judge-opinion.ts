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
  /** 1 for the newest part of each set: a set is one archive, of that time. */
  readonly #stands: Uint8Array;
  /** What the rule keeps that is being applied. */
  readonly #kept: Uint8Array;

  constructor(view: OpinionView, newestMs: number, add: AddReason) {
    this.#view = view;
    this.#newestMs = newestMs;
    this.#add = add;
    this.#localMs = view.timesMs.map((timeMs) => timeMs + offsetMsAt(timeMs, view.timezone));
    this.#kept = new Uint8Array(view.timesMs.length);
    this.#stands = new Uint8Array(view.timesMs.length);
    const met = new Uint8Array(view.setCount);
    for (const position of view.order) {
      const set = this.#setOf(position);
      if (met[set] === 0) this.#stands[position] = 1;
      met[set] = 1;
    }
  }

  applyRule(rule: KeepRule, count: number): void {
    this.#kept.fill(0);
    if (rule === 'last') this.#countLast(count);
    else this.#countBuckets(rule, count);

    const { expectEveryMs } = this.#view;
    if (expectEveryMs === null) return;
    const gapMs = longestGapMs(expectEveryMs);
    if (rule === 'last') this.#keepWorthOfLast(count * gapMs, gapMs);
    else this.#keepWorthOfBuckets(rule, count, gapMs);
  }

  applyWithin(withinMs: number): void {
    const { order, opinion, expectEveryMs } = this.#view;
    this.#kept.fill(0);
    const within: KeepReason = { kind: 'within', opinion, withinMs };
    for (const position of order) {
      if (this.#timeOf(position) <= this.#newestMs - withinMs) break;
      this.#keepFor(position, within);
    }
    if (expectEveryMs === null) return;
    const windowMs = withinMs + longestGapMs(expectEveryMs);
    const flood: KeepReason = { kind: 'flood', rule: 'within', opinion, windowMs, which: 'any', bucket: null };
    for (const position of order) {
      if (this.#timeOf(position) < this.#newestMs - windowMs) return;
      this.#keepFor(position, flood);
    }
  }

  #countLast(count: number): void {
    const { opinion, order } = this.#view;
    let nth = 0;
    for (const position of order) {
      if (!this.#standsForSet(position)) continue;
      nth += 1;
      if (nth > count) return;
      this.#keepFor(position, { kind: 'rule', rule: 'last', opinion, nth, count, bucket: null });
    }
  }

  /** As restic counts: each archive is compared with the bucket of the one before, newest first. */
  #countBuckets(rule: BucketRule, count: number): void {
    const { opinion, order } = this.#view;
    let bucket: Bucket | null = null;
    let nth = 0;
    for (const position of order) {
      if (!this.#standsForSet(position) || this.#isIn(bucket, position)) continue;
      nth += 1;
      if (nth > count) return;
      bucket = bucketAt(rule, this.#localOf(position));
      const label = bucketLabel(rule, bucket);
      this.#keepFor(position, { kind: 'rule', rule, opinion, nth, count, bucket: label });
    }
  }

  /** All archives of the time that the rule is worth. */
  #keepWorthOfLast(windowMs: number, gapMs: number): void {
    const { opinion, order } = this.#view;
    const reason: KeepReason = { kind: 'flood', rule: 'last', opinion, windowMs, which: 'any', bucket: null };
    const spent = new SpentTime(gapMs);
    for (const position of order) {
      const timeMs = this.#timeOf(position);
      if (spent.until(timeMs) > windowMs) return;
      this.#keepFor(position, reason);
      if (this.#standsForSet(position)) spent.spend(timeMs);
    }
  }

  /** Of each bucket in the time that the rule is worth: the newest, and the first ones of its end. */
  #keepWorthOfBuckets(rule: BucketRule, count: number, gapMs: number): void {
    const { opinion, order, timezone, nowMs } = this.#view;
    const stepMs = Math.max(LONGEST_BUCKET_MS[rule], gapMs);
    const windowMs = count * stepMs + CLOCK_CHANGE_MS;
    const spent = new SpentTime(stepMs);
    for (let from = 0; from < order.length; ) {
      const newest = this.#at(from);
      const bucket = bucketAt(rule, this.#localOf(newest));
      // The bucket that is still open ends now: what comes later has not come yet.
      const endMs = Math.min(bucketEndMs(bucket, this.#timeOf(newest), timezone), nowMs);
      if (spent.until(endMs) > windowMs) return;

      let counts = this.#standsForSet(newest);
      let to = from + 1;
      for (; to < order.length && this.#isIn(bucket, this.#at(to)); to += 1) {
        counts ||= this.#standsForSet(this.#at(to));
      }
      if (counts) spent.spend(endMs);

      const reason = { kind: 'flood', rule, opinion, windowMs, bucket: bucketLabel(rule, bucket) } as const;
      this.#keepFor(newest, { ...reason, which: 'newest' });
      this.#keepFirst(from, to, endMs - gapMs, { ...reason, which: 'end' });
      from = to;
    }
  }

  /**
   * The last genuine archive of a bucket has no genuine one after it for a gap at most, so it is among those of the bucket's last gap; and what was
   * uploaded to bury it is later, and became known later. So it is one of the first there, by time, and by number if listings lie about times.
   */
  #keepFirst(from: number, to: number, sinceMs: number, reason: KeepReason): void {
    const atEnd: number[] = [];
    for (let index = from; index < to && this.#timeOf(this.#at(index)) >= sinceMs; index += 1)
      atEnd.push(this.#at(index));
    for (const position of this.#firstSets(atEnd.reverse())) this.#keepFor(position, reason);
    for (const position of this.#firstSets(atEnd.sort((a, b) => this.#idOf(a) - this.#idOf(b)))) {
      this.#keepFor(position, reason);
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

  /** A rule and its protection give an archive one reason: the first. */
  #keepFor(position: number, reason: KeepReason): void {
    if (this.#kept[position] === 1) return;
    this.#kept[position] = 1;
    this.#add(position, reason);
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
    return timeOf(this.#view, position);
  }

  #localOf(position: number): number {
    return this.#localMs[position] ?? 0;
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

function timeOf(view: OpinionView, position: number): number {
  return view.timesMs[position] ?? 0;
}
