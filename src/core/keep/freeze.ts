/**
 * Why retention is held for a series. owner: `pullmirror freeze`. rebuilt: its freezes and pins were lost with the catalog; only the owner ends it. failed: its newest archive failed verification or is damaged. sizes: far off the
 * series' history. conflict, suspect: an archive waits for acknowledgement. shrunk: archives left the vault unexpectedly. bulk: far more archives
 * arrived than expected.
 */
export const FREEZE_CAUSES = ['owner', 'rebuilt', 'failed', 'sizes', 'conflict', 'suspect', 'shrunk', 'bulk'] as const;
export type FreezeCause = (typeof FREEZE_CAUSES)[number];

/** What archives need the owner for, and freezes their series until he has decided; see `AttentionCause`. */
export type DoubtCause = 'conflict' | 'suspect' | 'orphan';

/** The cause of the freeze that a doubt makes. */
export const FREEZE_OF_DOUBT = { conflict: 'conflict', suspect: 'suspect', orphan: 'shrunk' } as const;

/** The doubts that make a freeze of this cause, or null. */
export function doubtOf(cause: FreezeCause): DoubtCause | null {
  const found = Object.entries(FREEZE_OF_DOUBT).find(([, freeze]) => freeze === cause);
  return (found?.[0] as DoubtCause | undefined) ?? null;
}

/** Retention held for a series. Times are milliseconds since 1970 UTC. */
export interface Freeze {
  readonly id: number;
  readonly vault: string;
  readonly series: string;
  readonly cause: FreezeCause;
  /** What looks wrong and what ends the freeze, for a person. */
  readonly reason: string;
  readonly beganAtMs: number;
  /** It holds the archives up to this number: those that existed when it began, or was extended. */
  readonly throughId: number;
  /** When it was last made to hold all that existed then, for a newer reason of the same cause; null: never. */
  readonly extendedAtMs: number | null;
  /** The number of the newest event in the history when it began or was extended: what is told up to it is no newer reason. */
  readonly knownEvent: number;
  /** An archive that it is for is not there any more, or not as it was, and not by the owner's word: only his release ends it. */
  readonly awaitsRelease: boolean;
}

/** The owner's word that a cause is no reason any more to hold what was known by then. */
export interface Release {
  readonly vault: string;
  readonly series: string;
  readonly cause: FreezeCause;
  /** The highest number of an archive then. */
  readonly throughId: number;
  /** The highest number of an event then. */
  readonly knownEvent: number;
}
