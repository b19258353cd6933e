import type { KeepConfig } from '../config/config.ts';
import { isOnDisk } from './is-on-disk.ts';
import { judgeOpinion } from './judge-opinion.ts';
import {
  KEEP_RULES,
  type KeepEntry,
  type KeepReason,
  type Opinion,
  type PlanQuestion,
  type SeriesPlan,
} from './keep-entry.ts';
import { KeepEntryTable } from './keep-entry-table.ts';
import { couldBeWhole, groupSets, HAS_VERIFIED, IS_HELD, isAllVerified, isWhole, type KeepSets } from './keep-sets.ts';
import { RuleReasons } from './rule-reasons.ts';

const NO_RULES: readonly KeepReason[] = [{ kind: 'no-rules' }];
const SET: readonly KeepReason[] = [{ kind: 'set' }];
const INCOMPLETE: readonly KeepReason[] = [{ kind: 'incomplete' }];
const NEWEST: KeepReason = { kind: 'newest' };
const LATEST: KeepReason = { kind: 'latest' };
const PINNED: KeepReason = { kind: 'pinned' };
const FROZEN: KeepReason = { kind: 'frozen' };
const DOUBTFUL: KeepReason = { kind: 'doubtful' };
const BLOCKED: KeepReason = { kind: 'blocked' };

/** How it ends for an archive. own: it is kept for what is true of itself. */
const VERDICTS = ['own', 'set', 'incomplete', 'remove', 'not-wanted'] as const;
type Verdict = (typeof VERDICTS)[number];

/**
 * Decides about each archive of one series. What may be removed is found among the verified archives alone: nothing that is merely listed can
 * make one of them removable. Without rules everything is kept. docs/keeping.md has the rules, what they promise against an attacker, and why.
 *
 * A hundred thousand archives have to fit into a small heap, so all that is found out about them is in typed arrays.
 */
export function planSeries(question: PlanQuestion): SeriesPlan {
  const { keep } = question;
  if (keep === null || !hasRules(keep)) {
    return { reasonsAt: () => NO_RULES, remove: new Uint32Array(), notWanted: new Uint32Array() };
  }
  const entries = KeepEntryTable.of(question.entries);
  const sets = groupSets(entries);
  const newest = newestVerified(entries, question.trustedNowMs, ({ unsound }) => unsound !== true);
  const latest = newestVerified(entries, question.trustedNowMs, () => true);
  const rules = applyRules({ ...question, entries, keep }, sets);
  const verdicts = judgeAll(entries, sets, (entry, position) => {
    return isHeld(entry) || newest.has(position) || latest.has(position) || rules.has(position);
  });
  return {
    reasonsAt(position) {
      const entry = entries.at(position);
      switch (VERDICTS[verdicts[position] ?? 0]) {
        case 'set':
          return SET;
        case 'incomplete':
          return INCOMPLETE;
        case 'own':
          if (entry === undefined) return null;
          return [...heldBy(entry), ...lastReasons(newest.has(position), latest.has(position)), ...rules.at(position)];
        default:
          return null;
      }
    },
    remove: oldestFirst(positionsOf(verdicts, 'remove'), entries, sets),
    notWanted: oldestFirst(positionsOf(verdicts, 'not-wanted'), entries, sets),
  };
}

function lastReasons(isNewest: boolean, isLatest: boolean): readonly KeepReason[] {
  if (isNewest) return [NEWEST];
  return isLatest ? [LATEST] : [];
}

function hasRules(keep: KeepConfig): boolean {
  return keep.withinMs !== null || KEEP_RULES.some((rule) => keep[rule] > 0);
}

/** Where there are rules, and the archives are a table. */
interface RuledQuestion extends PlanQuestion {
  readonly entries: KeepEntryTable;
  readonly keep: KeepConfig;
}

/** What the rules keep, in both opinions. */
function applyRules(question: RuledQuestion, sets: KeepSets): RuleReasons {
  const { entries } = question;
  const reasons = new RuleReasons();
  judge(question, sets, isWhole, () => true, reasons);
  // What is wanted is judged among what is here and what could be had, and this tells about nothing else.
  const wanted = new Uint8Array(entries.length);
  let position = 0;
  for (const { state } of entries) {
    if (state === 'wanted') wanted[position] = 1;
    position += 1;
  }
  if (wanted.includes(1)) judge(question, sets, couldBeWhole, (one) => wanted[one] === 1, reasons);
  return reasons;
}

/** Does anything but the rules keep it? */
function isHeld({ state, pinned, frozen }: KeepEntry): boolean {
  return pinned || state === 'blocked' || state === 'doubtful' || (frozen && state === 'verified');
}

function heldBy(entry: KeepEntry): KeepReason[] {
  const { state, pinned, frozen } = entry;
  const reasons: KeepReason[] = [];
  if (pinned) reasons.push(PINNED);
  if (state === 'blocked') reasons.push(BLOCKED);
  if (state === 'doubtful') reasons.push(DOUBTFUL);
  if (frozen && isOnDisk(entry)) reasons.push(FROZEN);
  return reasons;
}

/** By position, which of VERDICTS. `hasOwn`: is the archive kept for what is true of itself? */
function judgeAll(
  entries: KeepEntryTable,
  { setOf, count, traits }: KeepSets,
  hasOwn: (entry: KeepEntry, position: number) => boolean,
): Uint8Array {
  const own = new Uint8Array(entries.length);
  const keptSets = new Uint8Array(count);
  let position = 0;
  for (const entry of entries) {
    if (hasOwn(entry, position)) {
      own[position] = 1;
      keptSets[setOf[position] ?? 0] = 1;
    }
    position += 1;
  }
  const verdicts = new Uint8Array(entries.length);
  position = 0;
  for (const entry of entries) {
    const set = setOf[position] ?? 0;
    const verdict = own[position] === 1 ? 'own' : judgeOther(entry, keptSets[set] === 1, traits[set] ?? 0);
    verdicts[position] = VERDICTS.indexOf(verdict);
    position += 1;
  }
  return verdicts;
}

/** Of an archive without reasons of its own. `isKept`: some other of its set has one. `traits` are those of the set. */
function judgeOther({ state }: KeepEntry, isKept: boolean, traits: number): Verdict {
  if (state === 'verified') {
    if (!isAllVerified(traits)) return 'incomplete';
    return isKept ? 'set' : 'remove';
  }
  if (!couldBeWhole(traits)) return 'incomplete';
  // Parts that are here already stay, as long as the set is not whole; so the missing ones are wanted.
  return isKept || (traits & (HAS_VERIFIED | IS_HELD)) !== 0 ? 'set' : 'not-wanted';
}

function positionsOf(verdicts: Uint8Array, verdict: Verdict): Uint32Array {
  const code = VERDICTS.indexOf(verdict);
  return positionsWhere(verdicts.length, (position) => verdicts[position] === code);
}

function positionsWhere(length: number, isMeant: (position: number) => boolean): Uint32Array {
  const positions = new Uint32Array(length);
  let count = 0;
  for (let position = 0; position < length; position += 1) {
    if (!isMeant(position)) continue;
    positions[count] = position;
    count += 1;
  }
  return positions.slice(0, count);
}

/** The newest of those that count, by the clamped and by the raw time: they differ where several archives claim to be from the future. */
function newestVerified(
  entries: KeepEntryTable,
  trustedNowMs: number,
  counts: (entry: KeepEntry) => boolean,
): ReadonlySet<number> {
  let byClamped: KeepEntry | null = null;
  let byRaw: KeepEntry | null = null;
  let [clampedAt, rawAt, position] = [0, 0, 0];
  for (const entry of entries) {
    if (entry.state === 'verified' && counts(entry)) {
      if (byClamped === null || isNewer(entry, byClamped, trustedNowMs)) [byClamped, clampedAt] = [entry, position];
      if (byRaw === null || isNewer(entry, byRaw, Number.POSITIVE_INFINITY)) [byRaw, rawAt] = [entry, position];
    }
    position += 1;
  }
  return new Set(byClamped === null ? [] : [clampedAt, rawAt]);
}

/** Times are taken for no later than `mostMs`. */
function isNewer(entry: KeepEntry, than: KeepEntry, mostMs: number): boolean {
  const [timeMs, thanMs] = [Math.min(entry.timeMs, mostMs), Math.min(than.timeMs, mostMs)];
  return timeMs === thanMs ? entry.id > than.id : timeMs > thanMs;
}

/** Asks both opinions about the sets that count, and keeps what they say of the archives that are asked about. */
function judge(
  { entries, keep, expectEveryMs, timezone, trustedNowMs: nowMs }: RuledQuestion,
  { setOf, count: setCount, traits }: KeepSets,
  counts: (traits: number) => boolean,
  isAsked: (position: number) => boolean,
  reasons: RuleReasons,
): void {
  const { length, ids, timesMs, nameTimesMs } = entries;
  const timeAt = (position: number): number => Math.min(timesMs[position] ?? 0, nowMs);
  const nameTimeAt = (position: number): number => {
    const nameTimeMs = nameTimesMs[position] ?? Number.NaN;
    return Number.isNaN(nameTimeMs) ? timeAt(position) : Math.min(nameTimeMs, nowMs);
  };
  const order = positionsWhere(length, (position) => counts(traits[setOf[position] ?? 0] ?? 0));
  // Names that say nothing have no other opinion.
  const namesDiffer = order.some((position) => nameTimeAt(position) !== timeAt(position));
  const ask = (opinion: Opinion, at: (position: number) => number): void => {
    sortUnlessSorted(order, (a, b) => at(b) - at(a) || timeAt(b) - timeAt(a) || (ids[b] ?? 0) - (ids[a] ?? 0));
    const facts = { setOf, setCount, ids, length, keep, expectEveryMs, timezone, nowMs, isAsked };
    judgeOpinion({ ...facts, opinion, order, timeAt: at }, reasons);
  };
  ask('time', timeAt);
  if (namesDiffer) ask('name', nameTimeAt);
}

/** The catalog gives archives in the order that is wanted here, nearly always; and sorting takes more memory than they do. */
function sortUnlessSorted(positions: Uint32Array, compare: (a: number, b: number) => number): void {
  const isSorted = positions.every(
    (position, index) => index === 0 || compare(positions[index - 1] ?? 0, position) <= 0,
  );
  if (!isSorted) positions.sort(compare);
}

/** Sets by the time of their newest part, and parts of a set next to each other. Sorts in place. */
function oldestFirst(
  positions: Uint32Array,
  { ids, timesMs }: KeepEntryTable,
  { setOf, count }: KeepSets,
): Uint32Array {
  const compare = (a: number, b: number): number =>
    (timesMs[a] ?? 0) - (timesMs[b] ?? 0) || (ids[a] ?? 0) - (ids[b] ?? 0);
  /** By set, the position of the newest of these archives, counted from 1. */
  const newestOfSet = new Uint32Array(count);
  for (const position of positions) {
    const set = setOf[position] ?? 0;
    const newest = newestOfSet[set] ?? 0;
    if (newest === 0 || compare(position, newest - 1) > 0) newestOfSet[set] = position + 1;
  }
  const newestBeside = (position: number): number => (newestOfSet[setOf[position] ?? 0] ?? 1) - 1;
  sortUnlessSorted(positions.reverse(), (a, b) => compare(newestBeside(a), newestBeside(b)) || compare(a, b));
  return positions;
}
