import type { KeepConfig } from '../config/config.ts';
import { judgeOpinion } from './judge-opinion.ts';
import {
  KEEP_RULES,
  type KeepEntry,
  type KeepReason,
  type Opinion,
  type PlanQuestion,
  type SeriesPlan,
} from './keep-entry.ts';
import { couldBeWhole, groupSets, HAS_VERIFIED, IS_HELD, isAllVerified, isWhole, type KeepSets } from './keep-sets.ts';

const NONE: readonly KeepReason[] = [];
const NO_RULES: readonly KeepReason[] = [{ kind: 'no-rules' }];
const SET: readonly KeepReason[] = [{ kind: 'set' }];
const INCOMPLETE: readonly KeepReason[] = [{ kind: 'incomplete' }];
const NEWEST: KeepReason = { kind: 'newest' };
const PINNED: KeepReason = { kind: 'pinned' };
const FROZEN: KeepReason = { kind: 'frozen' };
const DOUBTFUL: KeepReason = { kind: 'doubtful' };
const BLOCKED: KeepReason = { kind: 'blocked' };

type Verdict = readonly KeepReason[] | 'remove' | 'not-wanted';

/**
 * Decides about each archive of one series. What may be removed is found among the verified archives alone: nothing that is merely listed can
 * make one of them removable. Without rules everything is kept. docs/keeping.md has the rules, what they promise against an attacker, and why.
 */
export function planSeries(question: PlanQuestion): SeriesPlan {
  const { entries, keep } = question;
  if (keep === null || !hasRules(keep)) {
    return { keep: new Map(entries.map(({ id }) => [id, NO_RULES])), remove: [], notWanted: [] };
  }
  const sets = groupSets(entries);
  const reasons = findReasons(question, keep, sets);
  const keptSets = new Uint8Array(sets.count);
  reasons.forEach((own, position) => {
    if (own.length > 0) keptSets[sets.setOf[position] ?? 0] = 1;
  });

  const kept = new Map<number, readonly KeepReason[]>();
  const remove: number[] = [];
  const notWanted: number[] = [];
  entries.forEach((entry, position) => {
    const set = sets.setOf[position] ?? 0;
    const verdict = judgeArchive(entry, reasons[position] ?? [], keptSets[set] === 1, sets.traits[set] ?? 0);
    if (verdict === 'remove') remove.push(position);
    else if (verdict === 'not-wanted') notWanted.push(position);
    else kept.set(entry.id, verdict);
  });
  return { keep: kept, remove: oldestFirst(remove, entries, sets), notWanted: oldestFirst(notWanted, entries, sets) };
}

function hasRules(keep: KeepConfig): boolean {
  return keep.withinMs !== null || KEEP_RULES.some((rule) => keep[rule] > 0);
}

/** By position, what is true of the archive itself. */
function findReasons(question: PlanQuestion, keep: KeepConfig, sets: KeepSets): readonly (readonly KeepReason[])[] {
  const { entries } = question;
  const reasons: (readonly KeepReason[])[] = entries.map(ownReasons);
  // Neither pushed nor spread: an array that grows takes room for 17, and there may be a hundred thousand.
  const add = (position: number, reason: KeepReason): void => {
    const before = reasons[position] ?? NONE;
    reasons[position] = before.length === 0 ? [reason] : before.concat(reason);
  };
  for (const position of newestVerified(question)) add(position, NEWEST);
  judge(question, keep, sets, isWhole, add);

  // What is wanted is judged among what is here and what could be had, and this tells about nothing else.
  if (entries.some(({ state }) => state === 'wanted')) {
    judge(question, keep, sets, couldBeWhole, (position, reason) => {
      if (entries[position]?.state === 'wanted') add(position, reason);
    });
  }
  return reasons;
}

function ownReasons({ state, pinned, frozen }: KeepEntry): readonly KeepReason[] {
  if (!pinned && state === 'verified' && !frozen) return NONE;
  const reasons: KeepReason[] = [];
  if (pinned) reasons.push(PINNED);
  if (state === 'blocked') reasons.push(BLOCKED);
  if (state === 'doubtful') reasons.push(DOUBTFUL);
  if (frozen && (state === 'verified' || state === 'doubtful')) reasons.push(FROZEN);
  return reasons;
}

/** `isKept`: some archive of the set has a reason of its own. `traits` are those of the set. */
function judgeArchive(entry: KeepEntry, own: readonly KeepReason[], isKept: boolean, traits: number): Verdict {
  if (own.length > 0) return own;
  if (entry.state === 'verified') {
    if (!isAllVerified(traits)) return INCOMPLETE;
    return isKept ? SET : 'remove';
  }
  if (!couldBeWhole(traits)) return INCOMPLETE;
  // Parts that are here already stay, as long as the set is not whole; so the missing ones are wanted.
  return isKept || (traits & (HAS_VERIFIED | IS_HELD)) !== 0 ? SET : 'not-wanted';
}

/** The newest by the clamped and by the raw time: they differ where several archives claim to be from the future. */
function newestVerified({ entries, trustedNowMs }: PlanQuestion): ReadonlySet<number> {
  let byClamped = -1;
  let byRaw = -1;
  entries.forEach((entry, position) => {
    if (entry.state !== 'verified') return;
    const clamped = entries[byClamped];
    const raw = entries[byRaw];
    const time = Math.min(entry.timeMs, trustedNowMs);
    if (clamped === undefined || isNewer(time, entry.id, Math.min(clamped.timeMs, trustedNowMs), clamped.id)) {
      byClamped = position;
    }
    if (raw === undefined || isNewer(entry.timeMs, entry.id, raw.timeMs, raw.id)) byRaw = position;
  });
  return new Set(byClamped < 0 ? [] : [byClamped, byRaw]);
}

function isNewer(timeMs: number, id: number, thanMs: number, thanId: number): boolean {
  return timeMs === thanMs ? id > thanId : timeMs > thanMs;
}

/** Asks both opinions about the sets that count. */
function judge(
  { entries, expectEveryMs, timezone, trustedNowMs: nowMs }: PlanQuestion,
  keep: KeepConfig,
  { setOf, count: setCount, traits }: KeepSets,
  counts: (traits: number) => boolean,
  add: (position: number, reason: KeepReason) => void,
): void {
  const positions = Uint32Array.from(entries.keys()).filter((position) => counts(traits[setOf[position] ?? 0] ?? 0));
  const ids = Float64Array.from(entries, ({ id }) => id);
  const timesMs = Float64Array.from(entries, ({ timeMs }) => Math.min(timeMs, nowMs));
  const namesMs = Float64Array.from(entries, ({ nameTimeMs, timeMs }) => Math.min(nameTimeMs ?? timeMs, nowMs));
  const ask = (opinion: Opinion, opinionTimesMs: Float64Array): void => {
    const order = newestFirst(positions, opinionTimesMs, timesMs, ids);
    const facts = { setOf, setCount, ids, keep, expectEveryMs, timezone, nowMs };
    judgeOpinion({ ...facts, opinion, order, timesMs: opinionTimesMs }, add);
  };
  ask('time', timesMs);
  // Names that say nothing have no other opinion.
  if (positions.some((position) => namesMs[position] !== timesMs[position])) ask('name', namesMs);
}

/** By `first`, then `second`, then number, the greatest first. */
function newestFirst(
  positions: Uint32Array,
  first: Float64Array,
  second: Float64Array,
  third: Float64Array,
): Uint32Array {
  const at = (values: Float64Array, position: number): number => values[position] ?? 0;
  return positions
    .slice()
    .sort((a, b) => at(first, b) - at(first, a) || at(second, b) - at(second, a) || at(third, b) - at(third, a));
}

/** Ids of these positions: sets by the time of their newest part, and parts of a set next to each other. */
function oldestFirst(positions: readonly number[], entries: readonly KeepEntry[], sets: KeepSets): readonly number[] {
  const newestOfSet = new Map<number, KeepEntry>();
  const setAt = (position: number): number => sets.setOf[position] ?? 0;
  const archives = positions.flatMap((position) => {
    const entry = entries[position];
    if (entry === undefined) return [];
    const set = setAt(position);
    const newest = newestOfSet.get(set);
    if (newest === undefined || isNewer(entry.timeMs, entry.id, newest.timeMs, newest.id)) newestOfSet.set(set, entry);
    return [{ entry, set }];
  });
  return archives
    .sort((a, b) => {
      const setA = newestOfSet.get(a.set) ?? a.entry;
      const setB = newestOfSet.get(b.set) ?? b.entry;
      return (
        setA.timeMs - setB.timeMs || setA.id - setB.id || a.entry.timeMs - b.entry.timeMs || a.entry.id - b.entry.id
      );
    })
    .map(({ entry }) => entry.id);
}
