import fc from 'fast-check';
import { KEEP_RULES, type KeepEntry, type KeepRule } from '../../../src/core/keep/keep-entry.ts';
import { anyTimezone, at, verified } from './keep-fixture.ts';
import { DAY, endOf, HOUR, MINUTE } from './naive-rules.ts';

/** One file of an archive; parts of an archive share their set. */
export interface Upload {
  readonly id: number;
  readonly timeMs: number;
  readonly set: string;
  /** The newest part of its archive. */
  readonly isLast: boolean;
}

/** A series whose server is taken over. Within the assumptions of docs/keeping.md, and up to their limits. */
export interface AttackedWorld {
  readonly rule: KeepRule | 'within';
  readonly count: number;
  readonly withinMs: number;
  readonly expectEveryMs: number;
  readonly timezone: string;
  /** All uploads of the world without the attacker, oldest first. */
  readonly genuine: readonly Upload[];
  readonly takeoverMs: number;
  readonly junk: readonly KeepEntry[];
  /** When the planner runs. */
  readonly looksMs: readonly number[];
  /** Sets of before the takeover that never came to the mirror. */
  readonly isMissing: (set: string) => boolean;
}

export interface AttackLimits {
  /** false: the vault's clock times the junk. true: it bears any time, but becomes known after everything genuine of before the takeover. */
  readonly listingsLie: boolean;
  /** Whether uploads were missed before the takeover. */
  readonly mayHaveHoles: boolean;
}

const START = at('2024-01-01T00:00:00Z');
const FIRST_JUNK_ID = 1_000_000;
const share = fc.double({ min: 0, max: 1, noNaN: true });

const draft = fc.record({
  rule: fc.constantFrom(...KEEP_RULES, 'within' as const),
  count: fc.integer({ min: 1, max: 5 }),
  expectEveryMs: fc.constantFrom(HOUR, 6 * HOUR, DAY, 7 * DAY),
  timezone: anyTimezone,
  startShare: share,
  // Gaps of one length, of any allowed length, and just as long as allowed.
  gapShares: fc.array(fc.oneof(share, fc.constantFrom(0.5, 1)), { minLength: 1, maxLength: 7 }),
  isInParts: fc.boolean(),
  holeShare: share,
  holeGaps: fc.integer({ min: 0, max: 40 }),
  takeoverShare: share,
  junk: fc.array(
    fc.record({
      place: fc.oneof(share, fc.constantFrom(0, 1e-9, 1)),
      // Anywhere, just before the end of a bucket, just before a genuine archive.
      aim: fc.constantFrom('anywhere', 'bucket', 'archive'),
      name: fc.oneof(share, fc.constant(null)),
      joins: fc.boolean(),
    }),
    { maxLength: 40 },
  ),
  /** So many more at a steady pace from the takeover on. */
  carpet: fc.constantFrom(0, 0, 100, 400),
  carpetMs: fc.constantFrom(5 * MINUTE, HOUR / 2, 12 * HOUR),
  looks: fc.array(share, { minLength: 1, maxLength: 6 }),
  missing: fc.integer({ min: 1, max: 9 }),
});
type Draft = typeof draft extends fc.Arbitrary<infer D> ? D : never;

export function attackedWorlds(limits: AttackLimits): fc.Arbitrary<AttackedWorld> {
  return draft.map((drawn) => toWorld(drawn, limits));
}

function toWorld(drawn: Draft, { listingsLie, mayHaveHoles }: AttackLimits): AttackedWorld {
  const { rule, count, expectEveryMs, timezone, startShare, takeoverShare, looks, missing } = drawn;
  const gapMs = expectEveryMs * 1.125;
  const stepMs = stepOf(rule, gapMs);
  const beginMs = START + Math.round(startShare * 400) * DAY + Math.round(startShare * 60) * MINUTE;
  const horizonMs = 2 * (count + 1) * stepMs;
  const endMs = beginMs + horizonMs;
  const takeoverMs = beginMs + Math.round(((0.3 + 0.4 * takeoverShare) * horizonMs) / 1000) * 1000;
  const genuine = genuineUploads(
    { ...drawn, holeGaps: mayHaveHoles ? drawn.holeGaps : 0 },
    gapMs,
    beginMs,
    takeoverMs,
    endMs,
  );
  return {
    rule,
    count,
    withinMs: count * stepMs,
    expectEveryMs,
    timezone,
    genuine: listingsLie ? genuine : numberedAnyhow(genuine),
    takeoverMs,
    junk: junkUploads(drawn, genuine, listingsLie ? beginMs : takeoverMs, takeoverMs, endMs),
    looksMs: looks.map((look) => Math.round(takeoverMs + look * (endMs - takeoverMs))).sort((a, b) => a - b),
    isMissing: (set) => set.endsWith(`${missing}`),
  };
}

function stepOf(rule: AttackedWorld['rule'], gapMs: number): number {
  const bucketMs = {
    last: 0,
    within: 3 * gapMs,
    hourly: HOUR,
    daily: DAY,
    weekly: 7 * DAY,
    monthly: 31 * DAY,
    yearly: 366 * DAY,
  };
  // A yearly rule of an hourly series is only long.
  return Math.min(Math.max(bucketMs[rule], gapMs), 60 * gapMs);
}

/** Archives at most `gapMs` apart, but for one hole, and never more than three in `gapMs`. */
function genuineUploads(
  { gapShares, isInParts, holeShare, holeGaps }: Draft,
  gapMs: number,
  beginMs: number,
  takeoverMs: number,
  endMs: number,
): Upload[] {
  const uploads: Upload[] = [];
  const holeFromMs = beginMs + holeShare * (takeoverMs - beginMs);
  let hasHole = holeGaps === 0;
  for (let timeMs = beginMs, index = 0; timeMs <= endMs + 2 * gapMs; index += 1) {
    const set = `g${index}`;
    if (isInParts) uploads.push({ id: 0, timeMs: timeMs - 3 * MINUTE, set, isLast: false });
    uploads.push({ id: 0, timeMs, set, isLast: true });
    // Two fifths at least, so that four of them never fit.
    const chosen = 0.4 + 0.6 * (gapShares[index % gapShares.length] ?? 1);
    timeMs += Math.floor((chosen * gapMs) / 1000) * 1000;
    if (hasHole || timeMs < holeFromMs) continue;
    timeMs = Math.max(timeMs, Math.min(timeMs + holeGaps * gapMs, takeoverMs - 1000));
    hasHole = true;
  }
  return uploads.map((upload, index) => ({ ...upload, id: index + 1 }));
}

/** As when the mirror was away and the first listing gave the numbers. */
function numberedAnyhow(uploads: readonly Upload[]): readonly Upload[] {
  return uploads.map((upload) => ({ ...upload, id: 2 * FIRST_JUNK_ID - upload.id }));
}

function junkUploads(
  { junk, carpet, carpetMs, rule, timezone }: Draft,
  genuine: readonly Upload[],
  fromMs: number,
  takeoverMs: number,
  endMs: number,
): KeepEntry[] {
  const aimed = junk.map(({ place, aim, name, joins }) => {
    const anyMs = Math.round(fromMs + place * (endMs - fromMs));
    const target = genuine.findLast(({ timeMs }) => timeMs <= anyMs);
    const aims = {
      anywhere: anyMs,
      bucket:
        rule === 'last' || rule === 'within' ? anyMs : endOf(rule, anyMs, timezone) - Math.round(place * 1000) - 1,
      archive: (target?.timeMs ?? anyMs) - Math.round(place * 10 * MINUTE),
    };
    const nameTimeMs = name === null ? null : Math.round(fromMs + name * (endMs - fromMs));
    return { timeMs: Math.max(fromMs, aims[aim]), nameTimeMs, set: joins && target !== undefined ? target.set : null };
  });
  const steady = Array.from({ length: carpet }, (_, index) => ({
    timeMs: takeoverMs + index * carpetMs,
    nameTimeMs: null,
    set: null,
  }));
  return [...aimed, ...steady].map(({ timeMs, ...facts }, index) => verified(FIRST_JUNK_ID + index, timeMs, facts));
}
