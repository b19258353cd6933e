import type { ErrorCode } from './errors.ts';

/** What one pass did, for state.json, `sync --json` and the page. Times are milliseconds since 1970 UTC. */
export interface PassReport {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly vaults: readonly VaultReport[];
  /** What stopped the pass as a whole (disk away, disk full, interrupted), or null. */
  readonly stopped: Problem | null;
}

export interface VaultReport {
  readonly vault: string;
  readonly requests: number;
  /** 'full' walked the whole vault; 'ordinary' only where new archives can appear. */
  readonly listing: 'full' | 'ordinary' | 'failed';
  readonly listed: number;
  readonly newArchives: number;
  readonly downloaded: number;
  readonly downloadedBytes: number;
  /** Files found in the store that turned out to be wanted archives: no download needed. */
  readonly adopted: number;
  /** Damaged archives that are right again. */
  readonly repaired: number;
  /** How many of them left a bad file in quarantine. */
  readonly quarantined: number;
  /** Archives that could not be fetched in this pass and stay wanted, or damaged. */
  readonly failures: readonly ArchiveProblem[];
  /** What kept the vault from being listed or served (unreachable, denied, listing empty or shrunk), or null. */
  readonly problem: Problem | null;
  /** S3's clock minus this machine's, or null when not seen. */
  readonly clockOffsetMs: number | null;
}

export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

export interface ArchiveProblem extends Problem {
  readonly key: string;
}
