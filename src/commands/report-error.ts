import { AppError, ERROR_KINDS, type ErrorCode, type ExitStatus } from '../core/errors.ts';
import { printable, printableJson } from '../core/printable.ts';
import type { TextStream } from './output.ts';

export interface ErrorReport {
  readonly error: unknown;
  readonly verbose: boolean;
  /** Where the JSON form goes, or null for words. */
  readonly json: TextStream | null;
  readonly stderr: TextStream;
}

/** Tells the person, or the program, what went wrong and what to do next; the exit status that goes with it. */
export function reportError({ error, verbose, json, stderr }: ErrorReport): ExitStatus {
  const { code, message, hint, why } = describe(error);
  if (json === null) {
    const [first = '', ...more] = messageLines(code, message);
    stderr.write(`pullmirror: ${first}\n`);
    for (const line of more) stderr.write(`    ${line}\n`);
    if (why !== null) stderr.write(`  why: ${printable(why)}\n`);
    stderr.write(`  next: ${printable(hint)}\n`);
  } else {
    json.write(`${printableJson({ v: 1, error: { code, message, hint } })}\n`);
  }
  if (verbose) stderr.write(stackLines(error));
  return ERROR_KINDS[code].exit;
}

interface Described {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  /** The cause's own words, where the message does not hold them already. */
  readonly why: string | null;
}

function describe(error: unknown): Described {
  if (error instanceof AppError) {
    const cause = error.cause instanceof Error ? error.cause.message : null;
    const why = cause === null || cause === '' || error.message.includes(cause) ? null : cause;
    return { code: error.code, message: error.message, hint: error.hint, why };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'INTERNAL', message: `unexpected: ${message}`, hint: ERROR_KINDS.INTERNAL.hint, why: null };
}

/** Only mistakes in the configuration, which the owner wrote, come in several lines; a line break in anything else is shown escaped. */
function messageLines(code: ErrorCode, message: string): string[] {
  const lines = code === 'CONFIG_INVALID' ? message.split('\n') : [message];
  return lines.map((line) => printable(line).trim());
}

function stackLines(error: unknown): string {
  const lines: string[] = [];
  for (let current = error; current instanceof Error; current = current.cause) {
    lines.push(...(current.stack ?? current.message).split('\n'));
  }
  return lines.map((line) => `  ${printable(line)}\n`).join('');
}
