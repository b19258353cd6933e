import { DECISION_LEVELS, type DecisionKind } from './decision.ts';
import type { ListedUpload } from './promoter-storage.ts';
import type { SweepReport } from './sweep-report.ts';

/** What is counted of an upload. */
export type CountedUpload = Pick<ListedUpload, 'key' | 'versionId' | 'lastModifiedMs'>;

const MAX_EXAMPLES = 20;

/** Counts what a sweep meets. */
export class SweepTally {
  #listed = 0;
  #failed = 0;
  #left = 0;
  #oldestLeftAtMs: number | null = null;
  #isComplete = true;
  readonly #decisions: Partial<Record<DecisionKind, number>> = {};
  readonly #examples: SweepReport['examples'][number][] = [];

  countListed(): void {
    this.#listed += 1;
  }

  countFailure(): void {
    this.#failed += 1;
  }

  /** Something has to be done by another sweep. */
  leaveUnfinished(): void {
    this.#isComplete = false;
  }

  decide(kind: DecisionKind, { key, versionId, lastModifiedMs }: CountedUpload): void {
    this.#decisions[kind] = (this.#decisions[kind] ?? 0) + 1;
    if (DECISION_LEVELS[kind] === 'info') return;
    this.#left += 1;
    if (this.#oldestLeftAtMs === null || lastModifiedMs < this.#oldestLeftAtMs) this.#oldestLeftAtMs = lastModifiedMs;
    if (this.#examples.length < MAX_EXAMPLES) this.#examples.push({ kind, key, versionId });
  }

  report(): SweepReport {
    return {
      listed: this.#listed,
      decisions: this.#decisions,
      left: this.#left,
      oldestLeftAtMs: this.#oldestLeftAtMs,
      examples: this.#examples,
      failed: this.#failed,
      complete: this.#isComplete,
    };
  }
}
