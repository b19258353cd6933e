import { formatDuration } from '../duration.ts';
import { formatBytes } from '../size.ts';
import type { TrustedNow } from '../trusted-now.ts';
import { formatLocalDate } from '../zoned-time.ts';
import { type Arrivals, findBulk, isBulkOver } from './bulk-check.ts';
import type { Freeze, FreezeCause, Release } from './freeze.ts';
import { findOddSize, hasSizeLasted, lastingSpanMs, type SizedArchive } from './size-check.ts';

/** Archives of a series that each give a reason to freeze it. */
export interface Doubts {
  /** The one that does so since last, for a person. */
  readonly latest: string;
  /** The highest of their numbers. */
  readonly newestId: number;
  /** Since when each of them does, in any order; milliseconds since 1970 UTC. Never empty. */
  readonly sinceMs: readonly number[];
}

/** What the vault's last listing was. unknown: the vault could not be listed, or not to the end. */
export type ListingFinding =
  | { readonly state: 'whole' | 'unknown' }
  /** It missed archives that nobody expected to go, since then. */
  | { readonly state: 'shrunk'; readonly sinceMs: number };

/** What is known of one series. */
export interface FreezeFacts {
  readonly series: string;
  readonly vault: string;
  readonly timezone: string;
  readonly expectEveryMs: number | null;
  readonly sizeFactor: number;
  /** This machine's clock, and whether it can be relied on. */
  readonly localNowMs: number;
  readonly now: TrustedNow;
  /** The freezes of the series that hold now. */
  readonly open: readonly (Pick<Freeze, 'id' | 'cause'> & Extent)[];
  /** The owner's last release of each cause. */
  readonly releases: readonly Pick<Release, 'cause' | 'atMs' | 'throughId'>[];
  /** The newest archive by LastModified that is on the disk or failed verification; `failure`: what is wrong with it, or null. */
  readonly newest: { readonly id: number; readonly name: string; readonly failure: string | null } | null;
  /** Verified archives, newest first: as many as findOddSize needs, and while 'sizes' holds as many as hasSizeLasted does. */
  readonly sizes: readonly SizedArchive[];
  /** Conflicts and suspects without acknowledgement, and orphans that neither the owner nor an expiry explains. */
  readonly conflicts: Doubts | null;
  readonly suspects: Doubts | null;
  readonly orphans: Doubts | null;
  readonly listing: ListingFinding;
  readonly arrivals: Arrivals;
}

export interface FreezeChanges {
  /** Causes that hold from now on. The reason says what looks wrong and what ends it. */
  readonly begin: readonly { readonly cause: FreezeCause; readonly reason: string }[];
  readonly end: readonly { readonly id: number; readonly because: string }[];
  /** These hold all that exists now: there is newer evidence than what they began for. */
  readonly extend: readonly { readonly id: number; readonly reason: string }[];
}

/** What a freeze that holds was made for already. */
type Extent = Pick<Freeze, 'beganAtMs' | 'extendedAtMs' | 'throughId'>;

/** Why to freeze, and whether the evidence is newer than what a freeze that holds began or was extended for; 'end' with the words why not any more; null: nothing has changed, or it cannot be told now. */
type Verdict = { readonly freeze: string; readonly isNewer: boolean } | { readonly end: string } | null;
type Judge = (facts: FreezeFacts, release: Released, open: Extent | null) => Verdict;
type Released = Pick<Release, 'atMs' | 'throughId'>;

/** Which freezes of a series begin, hold more, and end. What the owner has released is not frozen again for what was known by then. */
export function evaluateFreezes(facts: FreezeFacts): FreezeChanges {
  const begin: { cause: FreezeCause; reason: string }[] = [];
  const end: { id: number; because: string }[] = [];
  const extend: { id: number; reason: string }[] = [];
  for (const [cause, judge] of Object.entries(JUDGES) as [keyof typeof JUDGES, Judge][]) {
    const open = facts.open.find((freeze) => freeze.cause === cause) ?? null;
    const verdict = judge(facts, releaseOf(facts, cause), open);
    if (verdict === null) continue;
    if ('end' in verdict) {
      if (open !== null) end.push({ id: open.id, because: verdict.end });
      continue;
    }
    const reason = `${verdict.freeze}, or with \`pullmirror release ${facts.series} --cause ${cause}\``;
    if (open === null) begin.push({ cause, reason });
    // Else a cheap doubt that is planted early would leave everything after it without protection.
    else if (verdict.isNewer) extend.push({ id: open.id, reason });
  }
  return { begin, end, extend };
}

function isLaterThan(open: Extent | null, atMs: number, localNowMs: number): boolean {
  // What a wrong clock has dated into the future would be newer in every pass.
  return open !== null && atMs <= localNowMs && atMs > (open.extendedAtMs ?? open.beganAtMs);
}

function isHeldBy(open: Extent | null, id: number): boolean {
  return open !== null && id <= open.throughId;
}

const NEVER: Released = { atMs: Number.NEGATIVE_INFINITY, throughId: 0 };

function releaseOf({ releases, localNowMs }: FreezeFacts, cause: FreezeCause): Released {
  const release = releases.find((one) => one.cause === cause) ?? NEVER;
  // A release from the future was dated by a wrong clock and would cover all that is still to come.
  return release.atMs > localNowMs ? { ...release, atMs: NEVER.atMs } : release;
}

/** The others begin and end by no evidence in the archives. */
const JUDGES: Record<Exclude<FreezeCause, 'owner' | 'rebuilt'>, Judge> = {
  failed({ newest }, { throughId }, open) {
    if (newest?.failure == null) {
      return { end: newest === null ? 'the archive is gone' : `the newest archive, ${newest.name}, is verified` };
    }
    if (newest.id <= throughId) return null;
    return {
      isNewer: !isHeldBy(open, newest.id),
      freeze: `the newest archive, ${newest.name}, ${newest.failure}; this ends when it is right again or a newer one is verified`,
    };
  },

  sizes({ sizes, sizeFactor: factor, expectEveryMs, timezone }, { throughId }, open) {
    if (hasSizeLasted(sizes, { factor, expectEveryMs })) {
      return { end: `the sizes have been alike for ${formatDuration(lastingSpanMs(expectEveryMs))}` };
    }
    const odd = findOddSize(sizes, { factor, releasedThroughId: throughId });
    if (odd === null) return null;
    const { newest, medianBytes, before, fromMs, toMs } = odd;
    const [size, usual] = [formatBytes(newest.sizeBytes), formatBytes(medianBytes)];
    const direction = newest.sizeBytes > medianBytes ? 'larger' : 'smaller';
    return {
      isNewer: !isHeldBy(open, newest.id),
      freeze:
        `the newest archive has ${size}, more than ${factor} times ${direction} than ${usual}, the median of the ${before} before it ` +
        `(${formatLocalDate(fromMs, timezone)} to ${formatLocalDate(toMs, timezone)}); series[].sizeFactor sets how much is too much; ` +
        `this ends when archives have been alike for ${formatDuration(lastingSpanMs(expectEveryMs))}`,
    };
  },

  conflict: ({ conflicts, localNowMs }, release, open) =>
    judgeDoubts(conflicts, release, {
      ...{ open, localNowMs },
      what: (names) => `${names}: the key was known with other content`,
      ended: 'every conflict is acknowledged',
    }),

  suspect: ({ suspects, localNowMs }, release, open) =>
    judgeDoubts(suspects, release, {
      ...{ open, localNowMs },
      what: (names) => `${names}: its content is not what the uploader said, or its time cannot be`,
      ended: 'every suspect is acknowledged',
    }),

  shrunk({ orphans, listing, vault, localNowMs }, release, open) {
    const judged = judgeDoubts(orphans, release, {
      ...{ open, localNowMs },
      what: (names) => `${names} left the vault, and no expiry explains that`,
      ended: 'what left the vault is acknowledged, and the listing is whole',
    });
    const isShrunk = listing.state === 'shrunk' && listing.sinceMs > release.atMs;
    const isNewer = isShrunk && isLaterThan(open, listing.sinceMs, localNowMs);
    if (judged !== null && 'freeze' in judged && (judged.isNewer || !isNewer)) return judged;
    if (isShrunk) {
      return {
        isNewer,
        freeze: `the listing of vault ${vault} lacked archives that were there; this ends with the next whole listing`,
      };
    }
    return listing.state === 'whole' ? judged : null;
  },

  bulk({ arrivals, expectEveryMs, now }, _release, open) {
    // An arrival is dated by this machine: with its clock in doubt there is nothing to count by.
    if (!now.trusted) return null;
    const { nowMs } = now;
    if (open !== null) {
      // What a flood brings after it was noticed is not held: it would fill the disk, and keep out what is genuine.
      return isBulkOver(arrivals, { beganAtMs: open.beganAtMs, expectEveryMs, nowMs })
        ? { end: 'for 7 days no more archives have come than expected' }
        : null;
    }
    const bulk = findBulk(arrivals, expectEveryMs, nowMs);
    if (bulk === null) return null;
    const window = formatDuration(bulk.windowMs);
    return {
      isNewer: false,
      freeze: `${bulk.count} archives came within ${window}, where about ${Math.ceil(bulk.expected)} were expected; this ends when for 7 days no more than expected have come`,
    };
  },
};

/** Archives that each need the owner's acknowledgement. What was released is no reason to begin, but no end either. */
function judgeDoubts(
  doubts: Doubts | null,
  { atMs }: Released,
  {
    open,
    localNowMs,
    ...words
  }: {
    readonly open: Extent | null;
    readonly localNowMs: number;
    readonly what: (names: string) => string;
    readonly ended: string;
  },
): Verdict {
  if (doubts === null) return { end: words.ended };
  let unreleased = 0;
  let isNewer = !isHeldBy(open, doubts.newestId);
  for (const sinceMs of doubts.sinceMs) {
    if (sinceMs <= atMs) continue;
    unreleased += 1;
    isNewer ||= isLaterThan(open, sinceMs, localNowMs);
  }
  if (unreleased === 0) return null;
  const names = unreleased === 1 ? doubts.latest : `${doubts.latest} and ${unreleased - 1} more`;
  return { isNewer, freeze: `${words.what(names)}; this ends when you acknowledge it with \`pullmirror resolve\`` };
}
