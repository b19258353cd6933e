import type { KeepConfig } from '../config/config.ts';

/** One archive as the keep rules see it. Times are milliseconds since 1970 UTC. */
export interface KeepEntry {
  /** Given in the order in which archives became known. */
  readonly id: number;
  /** The vault's LastModified. */
  readonly timeMs: number;
  /** What the date in its key says, in the owner's timezone; null when it carries none. The uploader's claim. */
  readonly nameTimeMs: number | null;
  /** What archives of one multi-part set have in common (their key without `{part}`); null: it stands alone. */
  readonly set: string | null;
  readonly sizeBytes: number;
  /**
   * verified: on the disk and right. doubtful: on the disk, but damaged or suspect: neither counted nor removed. wanted: listed, and may be downloaded
   * ('wanted' and 'unwanted' in the catalog). blocked: listed, and cannot be had now (held, unavailable).
   */
  readonly state: 'verified' | 'doubtful' | 'wanted' | 'blocked';
  readonly pinned: boolean;
  /** Held by a freeze of its series. Means something only for what is on the disk. */
  readonly frozen: boolean;
  /** Parts of its set were removed and this one was not (a crash, a disk that refuses): what is left is no archive, counts for no rule, and may go. */
  readonly torn?: true;
  /** No backup of its time, so that it is not the newest of its series: see `whyUnsound`. It counts for the rules like any other. */
  readonly unsound?: true;
}

/**
 * The archives of one series: an array, or a table that holds a hundred thousand in less room and makes each entry when it is asked for. Their
 * position in here is what plans speak of.
 */
export interface KeepEntries extends Iterable<KeepEntry> {
  readonly length: number;
  at(position: number): KeepEntry | undefined;
}

export const KEEP_RULES = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;
export type KeepRule = (typeof KEEP_RULES)[number];

/** Which of the two opinions: by the vault's clock, or by the date in the key. */
export type Opinion = 'time' | 'name';

/**
 * Why an archive is kept. An archive has all the reasons that are true of it, but 'flood' only where the same rule does not keep it anyway, and
 * 'set', 'incomplete' only where there is no other. `bucket` is a label for people, `2026-11-20`, `2026-W47`.
 */
export type KeepReason =
  /** It is the newest of the `nth` newest bucket of a rule that keeps `count` (for 'last': the nth newest archive, `bucket` is null). */
  | {
      readonly kind: 'rule';
      readonly rule: KeepRule;
      readonly opinion: Opinion;
      readonly nth: number;
      readonly count: number;
      readonly bucket: string | null;
    }
  | { readonly kind: 'within'; readonly opinion: Opinion; readonly withinMs: number }
  /**
   * Beyond the plain rule, because many uploads must not push it out: it lies in the time `windowMs` that the rule is worth, and of this all are kept,
   * or the newest of each bucket, or some of the first at the end of each bucket (docs/keeping.md).
   */
  | {
      readonly kind: 'flood';
      readonly rule: KeepRule | 'within';
      readonly opinion: Opinion;
      readonly windowMs: number;
      readonly which: 'any' | 'newest' | 'end';
      readonly bucket: string | null;
    }
  /** The newest verified archive of those that are sound. */
  | { readonly kind: 'newest' }
  /** The newest verified archive of all, where that is not a sound one. */
  | { readonly kind: 'latest' }
  | { readonly kind: 'pinned' }
  | { readonly kind: 'frozen' }
  /** Damaged or suspect: never removed by a rule. */
  | { readonly kind: 'doubtful' }
  /** Listed, and cannot be had now: there is nothing to decide. */
  | { readonly kind: 'blocked' }
  /** Another part of its set is kept. */
  | { readonly kind: 'set' }
  /** Other parts of its set are not on the disk and right; such a set is neither counted nor removed. */
  | { readonly kind: 'incomplete' }
  /** Its series has no keep rules. */
  | { readonly kind: 'no-rules' };

/** What is decided about the archives of one series, by their positions in the question. */
export interface SeriesPlan {
  /** Why the archive is kept; null: it is in one of the two lists. Made when asked for: a hundred thousand archives may have several reasons each. */
  reasonsAt(position: number): readonly KeepReason[] | null;
  /** Verified archives that nothing keeps, oldest first. Parts of a set follow each other. */
  readonly remove: Uint32Array;
  /** Not on the disk, and would be removed at once; oldest first. */
  readonly notWanted: Uint32Array;
}

export interface PlanQuestion {
  /** All archives of one series that are not pruned, in any order. */
  readonly entries: KeepEntries;
  /** null: nothing is ever removed. */
  readonly keep: KeepConfig | null;
  readonly expectEveryMs: number | null;
  readonly timezone: string;
  /** Later times are taken for this one. */
  readonly trustedNowMs: number;
}
