import type { AttentionMatter } from './attention.ts';
import type { Config } from './config/config.ts';
import type { Backfill, FullDisk, HeldForRoom } from './full-disk.ts';
import type { Crowded } from './keep/crowded.ts';
import type { Freeze } from './keep/freeze.ts';
import type { MirrorState } from './mirror-state.ts';
import type { Problem } from './pass-report.ts';
import type { SeriesCounts } from './series-counts.ts';
import type { StalePasses } from './stale-passes.ts';
import type { StatusJson } from './status-document.ts';

/** Everything `status` looks at. null: it could not be looked at; that is never taken for good. */
export interface StatusFacts {
  readonly nowMs: number;
  readonly config: Pick<Config, 'store' | 'series' | 'vaults' | 'retention'>;
  readonly disk: DiskFacts | null;
  /** Why the disk or its catalog could not be looked at, or null. */
  readonly diskProblem: Problem | null;
  readonly counts: readonly SeriesCounts[] | null;
  readonly attention: readonly AttentionMatter[];
  /** Those that hold now. */
  readonly freezes: readonly Freeze[];
  readonly crowded?: readonly Crowded[];
  readonly heldForRoom?: HeldForRoom;
  readonly backfill?: Backfill;
  readonly quarantine: StatusJson['quarantine'];
  /** A `rebuild` or `adopt` that has to go on, or null. */
  readonly unfinished?: Problem | null;
  /** Why the copy of the catalog is older than the catalog, or cannot be renewed, or null. */
  readonly copyProblem?: Problem | null;
  /** The series of the configuration are not those by which the archives were counted. */
  readonly seriesChanged?: boolean;
  /** The latest time that was ever trusted, or null. */
  readonly lastTrustedMs?: number | null;
  /** What this machine remembers of the last pass. */
  readonly state: Pick<MirrorState, 'lastPass' | 'vaults' | 'attention'>;
  /** Why that could not be read and is taken for empty, or null. */
  readonly stateProblem: string | null;
}

export interface DiskFacts {
  readonly storeId: string;
  readonly filesystem: string;
  readonly readOnly: boolean;
  /** When it became a store: milliseconds since 1970 UTC. */
  readonly madeAtMs?: number;
  readonly totalBytes: number;
  readonly freeBytes: number;
}

/** What follows from the facts, found once: the verdict and the sentence go by the same. */
export interface StatusFindings extends Pick<StatusJson, 'series' | 'attention' | 'lastPass'> {
  /** Why this machine's clock is in doubt, or null. */
  readonly clockDoubt: Problem | null;
  /** What waits for room on a full disk, or null. */
  readonly fullDisk: FullDisk | null;
  readonly stalePasses: StalePasses | null;
}
