import type { DecisionKind } from '../../promoter/decision.ts';
import type { S3Key } from '../s3-key.ts';
import type { Stage } from '../scene.ts';

/** An attack under way. */
export interface Raid {
  readonly stage: Stage;
  /** The stolen key. */
  readonly key: S3Key;
  /** An archive that somebody would like to be rid of. */
  readonly victim: { readonly key: string; readonly versionId: string };
  /** An upload of the attacker's own that waits in the inbox. */
  readonly foothold: { readonly key: string; readonly versionId: string };
}

/** How an attempt ended. */
export interface Outcome {
  /** True if it failed, or achieved just what it may by design. */
  readonly asDesigned: boolean;
  /** What stopped it, or what it achieved, in few words. */
  readonly words: string;
  /** Archives that came into the vault by it: SHA-256 by key. Everything else there has to be as before. */
  readonly arrived?: ReadonlyMap<string, string>;
}

/** One thing that an attacker tries. */
export interface Attempt {
  readonly what: string;
  /** Whether it may leave something in the inbox. */
  readonly mayFillInbox: boolean;
  readonly make: (raid: Raid) => Promise<Outcome>;
}

export interface AttemptGroup {
  readonly title: string;
  readonly attempts: readonly Attempt[];
}

/** What the promoter made of one or many uploads. */
export function promoterWords(decision: { readonly kind: DecisionKind }, count = 1): string {
  return `promoter: ${decision.kind}${count === 1 ? '' : `, ${count} times`}`;
}
