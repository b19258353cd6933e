import { formatDuration } from '../duration.ts';
import { formatBytes } from '../size.ts';
import type { TrustedNow } from '../trusted-now.ts';
import { formatLocalDate } from '../zoned-time.ts';
import { type Arrivals, findBulk, isBulkOver } from './bulk-check.ts';
import type { Freeze, FreezeCause, Release } from './freeze.ts';
import { findOddSize, hasSizeLasted, lastingSpanMs, type SizedArchive } from './size-check.ts';

/** Archives of a series that each give a reason to freeze it. */
export interface Doubts {
  /** How many; not 0. */
  readonly count: number;
  /** Those for which the series has neither been frozen nor released yet, with the newest of them, for a person; null: none. */
  readonly fresh: { readonly count: number; readonly latest: string } | null;
}

/** What the vault's last listing was. unknown: the vault could not be listed, or not to the end. */
export type ListingFinding =
  | { readonly state: 'whole' | 'unknown' }
  /** It missed archives that nobody expected to go; the number of the event that told so. */
  | { readonly state: 'shrunk'; readonly event: number };

/** What is known of one series. */
export interface FreezeFacts {
  readonly series: string;
  readonly vault: string;
  readonly timezone: string;
  readonly expectEveryMs: number | null;
  readonly sizeFactor: number;
  readonly now: TrustedNow;
  /** The freezes of the series that hold now. */
  readonly open: readonly (Pick<Freeze, 'id' | 'cause'> & Extent)[];
  /** What the owner's releases of each cause cover. */
  readonly releases: readonly Pick<Release, 'cause' | 'knownEvent' | 'throughId'>[];
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
  readonly extend: readonly { readonly id: number; readonly cause: FreezeCause; readonly reason: string }[];
}

/** What a freeze that holds was made for already. */
type Extent = Pick<Freeze, 'beganAtMs' | 'throughId' | 'knownEvent' | 'awaitsRelease'>;

interface Reason {
  /** What looks wrong. */
  readonly freeze: string;
  /** What ends it besides the owner's release; null: nothing. */
  readonly until: string | null;
  /** Is the evidence newer than what a freeze that holds began or was extended for? */
  readonly isNewer: boolean;
}

/** Why to freeze; 'end' with the words why not any more; null: nothing has changed, or it cannot be told now. */
type Verdict = Reason | { readonly end: string } | null;
type Judge = (facts: FreezeFacts, release: Released, open: Extent | null) => Verdict;
type Released = Pick<Release, 'knownEvent' | 'throughId'>;

/** Which freezes of a series begin, hold more, and end. What the owner has released is not frozen again for what was known by then. */
export function evaluateFreezes(facts: FreezeFacts): FreezeChanges {
  const begin: { cause: FreezeCause; reason: string }[] = [];
  const end: { id: number; because: string }[] = [];
  const extend: { id: number; cause: FreezeCause; reason: string }[] = [];
  for (const [cause, judge] of Object.entries(JUDGES) as [keyof typeof JUDGES, Judge][]) {
    const open = facts.open.find((freeze) => freeze.cause === cause) ?? null;
    const release = facts.releases.find((one) => one.cause === cause) ?? NEVER;
    const verdict = judge(facts, release, open);
    if (verdict === null) continue;
    if ('end' in verdict) {
      if (open !== null && !open.awaitsRelease) end.push({ id: open.id, because: verdict.end });
      continue;
    }
    const until = verdict.until === null || open?.awaitsRelease === true ? '' : `${verdict.until}, or `;
    const reason = `${verdict.freeze}; this ends ${until}with ${releaseCommand(facts.series, cause)}`;
    if (open === null) begin.push({ cause, reason });
    // Else a cheap doubt that is planted early would leave everything after it without protection.
    else if (verdict.isNewer) extend.push({ id: open.id, cause, reason });
  }
  return { begin, end, extend };
}

/** As the owner types it. */
export function releaseCommand(series: string, cause: FreezeCause): string {
  return `\`pullmirror release ${series} --cause ${cause}\``;
}

function isHeldBy(open: Extent | null, id: number): boolean {
  return open !== null && id <= open.throughId;
}

const NEVER: Released = { knownEvent: 0, throughId: 0 };

/** The others begin and end by no evidence in the archives. */
const JUDGES: Record<Exclude<FreezeCause, 'owner' | 'rebuilt'>, Judge> = {
  failed({ newest }, { throughId }, open) {
    if (newest?.failure == null) {
      return { end: newest === null ? 'the archive is gone' : `the newest archive, ${newest.name}, is verified` };
    }
    if (newest.id <= throughId) return null;
    return {
      isNewer: !isHeldBy(open, newest.id),
      freeze: `the newest archive, ${newest.name}, ${newest.failure}`,
      until: 'when it is right again or a newer one is verified',
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
        `(${formatLocalDate(fromMs, timezone)} to ${formatLocalDate(toMs, timezone)}); series[].sizeFactor sets how much is too much`,
      until: `when archives have been alike for ${formatDuration(lastingSpanMs(expectEveryMs))}`,
    };
  },

  conflict: ({ conflicts }, _release, open) =>
    judgeDoubts(conflicts, open, {
      what: (names) => `${names}: the key was known with other content`,
      ended: 'no conflict waits for you any more',
    }),

  suspect: ({ suspects }, _release, open) =>
    judgeDoubts(suspects, open, {
      what: (names) => `${names}: its content is not what the uploader said, or its time cannot be`,
      ended: 'every suspect is acknowledged',
    }),

  shrunk({ orphans, listing, vault }, release, open) {
    const judged = judgeDoubts(orphans, open, {
      what: (names) => `${names} left the vault, and no expiry explains that`,
      ended: 'what left the vault is acknowledged, and the listing is whole',
    });
    if (judged !== null && 'freeze' in judged) return judged;
    if (listing.state === 'shrunk' && listing.event > release.knownEvent) {
      return {
        isNewer: open !== null && listing.event > open.knownEvent,
        freeze: `the listing of vault ${vault} lacked archives that were there`,
        until: 'with the next whole listing',
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
      freeze: `${bulk.count} archives came within ${window}, where about ${Math.ceil(bulk.expected)} were expected`,
      until: 'when for 7 days no more than expected have come',
    };
  },
};

/** Archives that each need the owner's acknowledgement. What was frozen for or released is no reason to begin, but no end either. */
function judgeDoubts(
  doubts: Doubts | null,
  open: Extent | null,
  words: { readonly what: (names: string) => string; readonly ended: string },
): Verdict {
  if (doubts === null) return { end: words.ended };
  if (doubts.fresh === null) return null;
  const { latest } = doubts.fresh;
  const count = open === null ? doubts.fresh.count : doubts.count;
  const names = count === 1 ? latest : `${latest} and ${count - 1} more`;
  return { isNewer: true, freeze: words.what(names), until: 'when you acknowledge it with `pullmirror resolve`' };
}
