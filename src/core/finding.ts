import { ERROR_KINDS, type ErrorCode, EXIT, type ExitStatus } from './errors.ts';

/** One thing that `doctor` looked at. 'unknown': it could not be looked at, which is never taken for good. */
export interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'warn' | 'bad' | 'unknown';
  /** What was found. */
  readonly words: string;
  /** The next step, or null where none is needed. */
  readonly next: string | null;
  /** What it contributes to the exit status. */
  readonly exit: ExitStatus;
}

export function ok(check: string, words: string): Finding {
  return { check, state: 'ok', words, next: null, exit: EXIT.done };
}

export function warn(check: string, words: string, next: string): Finding {
  return { check, state: 'warn', words, next, exit: EXIT.done };
}

/** Bad, with the exit status of an error code and, unless a better one is known, its hint. */
export function bad(check: string, code: ErrorCode, words: string, next?: string): Finding {
  const kind = ERROR_KINDS[code];
  return { check, state: 'bad', words, next: next ?? kind.hint, exit: kind.exit };
}

export function unknown(check: string, words: string): Finding {
  return { check, state: 'unknown', words, next: null, exit: EXIT.done };
}
