import { asProblem } from '../core/as-problem.ts';
import { type AppError, type ErrorCode, isAppError } from '../core/errors.ts';
import type { ArchiveProblem } from '../core/pass-report.ts';

/** A vault that serves nothing right must not fill the memory with reports. */
const MAX_FAILURES = 1000;

/** A server may fail over one object for ever and serve the others. */
const ONE_OBJECTS_TROUBLE: ReadonlySet<ErrorCode> = new Set([
  'VAULT_BAD_ANSWER',
  'VAULT_SERVER_ERROR',
  'VAULT_UNSUPPORTED',
  'VAULT_BUSY',
]);
/** Too large for the room that is left, or something strange in the way of this one file. */
const ONE_FILES_TROUBLE: ReadonlySet<ErrorCode> = new Set(['STORE_FULL', 'STORE_SYMLINK', 'STORE_UNSUITABLE']);
/** So many archives in a row, each after all its retries, are the vault's own trouble. */
const OVERLOADED: ReadonlySet<ErrorCode> = new Set(['VAULT_SERVER_ERROR', 'VAULT_BUSY']);
const REFUSALS_OF_A_VAULT = 8;
/** So many writes in a row: there is no room, whatever the disk says that is free (a quota). */
const REFUSALS_OF_A_DISK = 8;

/**
 * What failed while many archives of one vault are worked on, and what follows: one archive's failure is noted and the next one goes on; what
 * concerns all of them (vault unreachable or denied, disk away, interruption) ends the work.
 */
export class FailureTally {
  readonly #failures: ArchiveProblem[] = [];
  #stop: AppError | null = null;
  #full: AppError | null = null;
  #defect: Error | null = null;
  /** Archives, one after the other, for which the vault had nothing but an error of its own. */
  #refusalsInARow = 0;
  #fullInARow = 0;

  /** At most MAX_FAILURES of them. */
  get failures(): readonly ArchiveProblem[] {
    return this.#failures;
  }

  /** Nothing more is to be begun. */
  get over(): boolean {
    return this.#stop !== null || this.#defect !== null || this.#fullInARow >= REFUSALS_OF_A_DISK;
  }

  /** What ended the work, or null. */
  get stop(): AppError | null {
    return this.#stop;
  }

  /** STORE_FULL when the disk had no room for what was being written, or null. */
  get full(): AppError | null {
    return this.#full;
  }

  succeeded(): void {
    this.#refusalsInARow = 0;
    this.#fullInARow = 0;
  }

  note(key: string, error: unknown): void {
    if (!isAppError(error)) {
      this.#defect ??= error instanceof Error ? error : new Error(String(error));
      return;
    }
    // Any other outcome shows that the server is there and answers.
    this.#refusalsInARow = OVERLOADED.has(error.code) ? this.#refusalsInARow + 1 : 0;
    if (concernsAll(error) || this.#refusalsInARow >= REFUSALS_OF_A_VAULT) {
      this.#stop ??= error;
      return;
    }
    if (error.code === 'STORE_FULL') {
      this.#full ??= error;
      this.#fullInARow += 1;
      return;
    }
    if (this.#failures.length >= MAX_FAILURES) return;
    this.#failures.push({ key, ...asProblem(error) });
  }

  /** A defect of ours that was noted is thrown when nothing is under way any more. */
  throwDefect(): void {
    if (this.#defect !== null) throw this.#defect;
  }
}

/** Did the vault answer, and fail over this object? */
export function isOneObjectsTrouble(error: unknown): boolean {
  return isAppError(error) && ONE_OBJECTS_TROUBLE.has(error.code);
}

/** Errors that the next archive would meet as well. */
function concernsAll(error: AppError): boolean {
  if (isOneObjectsTrouble(error) || ONE_FILES_TROUBLE.has(error.code)) return false;
  return (
    error.code.startsWith('STORE_') ||
    error.code.startsWith('VAULT_') ||
    error.code.startsWith('CATALOG_') ||
    error.code === 'INTERRUPTED'
  );
}
