import type { DecisionKind } from './decision.ts';

/** What a sweep found and did. */
export interface SweepReport {
  /** Versions in the inbox, delete markers not counted. */
  readonly listed: number;
  /** How many of them came to which end. One that was finished because its archive was met (`rememberOwners`) is counted twice. */
  readonly decisions: Readonly<Partial<Record<DecisionKind, number>>>;
  /** Versions that stay for the owner to look at: every `warn` and `error`; those that wait are not among them. */
  readonly left: number;
  /** LastModified of the oldest of them. */
  readonly oldestLeftAtMs: number | null;
  /** A few of them, by kind and key. */
  readonly examples: readonly {
    readonly kind: DecisionKind;
    readonly key: string | null;
    readonly versionId: string;
  }[];
  /** Versions that could not be dealt with; each has its line in the log. */
  readonly failed: number;
  /** False when time ran out, the inbox could not be listed to its end, or there was more than one sweep takes: the next one goes on. */
  readonly complete: boolean;
}
